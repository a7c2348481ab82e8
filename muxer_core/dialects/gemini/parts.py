"""Parts of contents: our values <-> the form of the Gemini API, in both directions, but for results of tools (`tool_results`).

* A key that is not known here stays in the part's `extras` under the vendor's own name, and is written back at the same place.
* `form` notes which names came in `snake_case`, and what was not there: `notext` (a seal or a thought without text), `noid` and `noargs`
  (of a call).
* A part of a kind that is not known here is a `ProviderPart`, whole.

Source: google-genai 3.6.1, `Part` and what it holds, November 2026.
"""

from __future__ import annotations

import json

import msgspec

from muxer_core.dialects.field_table import refuse_field
from muxer_core.dialects.gemini.media import decode_media, encode_media
from muxer_core.dialects.gemini.names import NAME, VENDOR, Fields, JsonObject, merged, spelled
from muxer_core.dialects.gemini.seals import Seal, close_seal, open_seal
from muxer_core.dialects.gemini.server_tools import server_tool_part
from muxer_core.dialects.json_text import is_object
from muxer_core.values.messages import (
    AudioPart,
    FilePart,
    Form,
    ImagePart,
    Part,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    ServerToolCallPart,
    ServerToolResultPart,
    TextPart,
    ToolCallPart,
)


def json_text(value: object) -> str:
    """A JSON value as compact text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def decode_part(part: JsonObject, where: str, *, made_id: str) -> Part:
    """One part, but for a function's response. `made_id` is the id of a call that has none. Raises `InvalidRequest`."""
    tool = server_tool_part(part, None)
    if tool is not None:
        return msgspec.structs.replace(tool, signature=Fields(part, where).text("thoughtSignature"))
    fields = Fields(part, where)
    signature = fields.text("thoughtSignature")
    seal = None if signature is None else open_seal(signature)
    call = fields.inner("functionCall")
    if call is not None:
        return _decode_call(fields, call, signature, made_id)
    if fields.key("text") is not None:
        return _decode_text(fields, fields.text("text") or "", seal, signature, ())
    media = decode_media(fields, signature)
    if media is not None:
        return media
    if seal is not None and not fields.rest.keys() - {"thought"}:
        return _decode_text(fields, "", seal, signature, ("notext",))
    return ProviderPart(dict(part))


def _decode_text(fields: Fields, text: str, seal: Seal | None, signature: str | None, note: Form) -> Part:
    form = (*fields.form, *note)
    if fields.rest.get("thought") is True:
        del fields.rest["thought"]
        if seal is None:
            return ReasoningPart(text, extras=fields.rest, vendor=VENDOR, form=form)
        return ReasoningPart(text, seal.signature, seal.encrypted, fields.rest, seal.vendor, seal.id, form)
    return TextPart(text, fields.rest, signature=signature, form=form)


def _decode_call(fields: Fields, call: Fields, signature: str | None, made_id: str) -> ToolCallPart:
    name = call.text("name")
    if name is None:
        raise fields.wrong("functionCall.name", "text", name)
    call_id = call.text("id")
    arguments = call.take("args")
    if arguments is not None and not is_object(arguments):
        raise fields.wrong("functionCall.args", "an object", arguments)
    note = (("noid",) if call_id is None else ()) + (("noargs",) if arguments is None else ())
    fields.leave("functionCall", call)
    return ToolCallPart(
        made_id if call_id is None else call_id,
        name,
        json_text(arguments or {}),
        "function",
        fields.rest,
        signature=signature,
        form=(*fields.form, *note),
    )


# --- encoding -----------------------------------------------------------------------------------------------------------------------


def encode_part(
    part: Part, where: str, warnings: list[str], *, extras: JsonObject, form: Form, foreign: bool
) -> JsonObject | None:
    """The part in the vendor's form; None where it is left out, with a warning.

    `extras` and `form` are the part's own where they are in this dialect's words, else empty. Raises `InvalidRequest`.
    """
    match part:
        case TextPart():
            wire: JsonObject = {} if "notext" in form else {"text": part.text}
            return _sealed(wire, part.signature, form, extras, where)
        case ReasoningPart():
            return _encode_thought(part, where, form, extras, foreign=foreign)
        case RefusalPart():
            warnings.append(f"{where}: the refusal is written as text, because the dialect {NAME} has no refusals")
            return {"text": part.text}
        case ImagePart() | AudioPart() | FilePart():
            if isinstance(part, ImagePart) and part.detail is not None:
                warnings.append(f"{where}.detail: left out, because the dialect {NAME} says it by mediaResolution")
            if isinstance(part, FilePart) and part.text is not None:
                warnings.append(
                    f"{where}.text: written as data of text/plain, because the dialect {NAME} has no text documents"
                )
            shaped = part if form == part.form else msgspec.structs.replace(part, form=form)
            media = encode_media(shaped, where, foreign=foreign, extras=extras)
            return _sealed(media, None if isinstance(part, AudioPart) else part.signature, form, {}, where)
        case ToolCallPart():
            return _encode_call(part, where, form, extras)
        case ServerToolCallPart() | ServerToolResultPart():
            if foreign or not part.native:
                raise refuse_field(where, NAME, "the part of a tool that a provider ran is in another dialect's form")
            return dict(part.native)
        case ProviderPart():
            if foreign:
                raise refuse_field(where, NAME, "the part is in the form of another dialect")
            return dict(part.spec)
        case _:
            raise refuse_field(where, NAME, "the results of tools stand in turns of their own")


def _sealed(wire: JsonObject, signature: str | None, form: Form, extras: JsonObject, where: str = "") -> JsonObject:
    if signature is not None:
        vendor = open_seal(signature).vendor
        if vendor != VENDOR:
            raise refuse_field(f"{where}.signature", NAME, f"the part is sealed by {vendor or 'another vendor'}")
        wire[spelled(form, "thoughtSignature")] = signature
    return merged(wire, extras)


def _encode_thought(part: ReasoningPart, where: str, form: Form, extras: JsonObject, *, foreign: bool) -> JsonObject:
    signature = part.signature
    if part.signature is not None or part.encrypted is not None:
        vendor = part.vendor or (None if foreign else VENDOR)
        if vendor != VENDOR or part.encrypted is not None:
            field = "encrypted" if part.encrypted is not None else "signature"
            raise refuse_field(f"{where}.{field}", NAME, f"the thought is sealed by {vendor or 'another vendor'}")
        signature = close_seal(Seal(part.signature, None, VENDOR, part.id))
    wire: JsonObject = {"thought": True} if "notext" in form else {"text": part.text, "thought": True}
    return _sealed(wire, signature, form, extras)


def _encode_call(part: ToolCallPart, where: str, form: Form, extras: JsonObject) -> JsonObject:
    if part.kind == "custom":
        raise refuse_field(f"{where}.kind", NAME, "its functions take an object, not free text")
    call: JsonObject = {"name": part.name}
    if part.id and "noid" not in form:
        call["id"] = part.id
    if "noargs" not in form:
        call["args"] = _arguments(part.arguments, where)
    key = spelled(form, "functionCall")
    own = extras if key == "functionCall" or "functionCall" not in extras else _moved(extras, "functionCall", key)
    return _sealed({key: call}, part.signature, form, own, where)


def _moved(extras: JsonObject, name: str, key: str) -> JsonObject:
    return {(key if one == name else one): value for one, value in extras.items()}


def _no_constant(word: str) -> object:
    raise ValueError(word)


def _arguments(text: str, where: str) -> JsonObject:
    try:
        value = json.loads(text or "{}", parse_constant=_no_constant)
    except (ValueError, RecursionError):
        value = None
    if not is_object(value):
        raise refuse_field(f"{where}.arguments", NAME, "a call's arguments must be the JSON text of an object")
    return value
