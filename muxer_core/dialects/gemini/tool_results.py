"""Results of tools: our `ToolResultPart` <-> `functionResponse`.

`response` is an object. The vendor's rule: "Use "output" key to specify function output and "error" key to specify error details (if any).
If "output" and "error" keys are not specified, then whole "response" is treated as function output" (google-genai 3.6.1,
`FunctionResponse.response`, November 2026).

| our parts | `response` | note in `form` |
| --- | --- | --- |
| one text | `{"output": text}` | `output` |
| several texts | `{"output": [texts]}` | `output` |
| an error | `{"error": text}` | `error` |
| one text that is compact JSON of an object without these keys | the object | `object` |
| no text | `{}` | none |
| read only: `{"result": text}`, as many clients write it | | `result` |

Images, audio and files are `parts` beside it. Anything else that a response holds is one text, the JSON of the whole object.

A call and its response are linked by `id`; where the vendor gave none, by `name` and order. `name` is needed: it is the part's, or that of
the call with that id earlier in the conversation.
"""

from __future__ import annotations

import json

import msgspec

from muxer_core.dialects.field_table import refuse_field
from muxer_core.dialects.gemini.media import decode_media, encode_media
from muxer_core.dialects.gemini.names import NAME, Fields, JsonObject, merged, spelled
from muxer_core.dialects.gemini.parts import json_text
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.messages import (
    AudioPart,
    FilePart,
    Form,
    ImagePart,
    ProviderPart,
    TextPart,
    ToolResultPart,
)

ResultPart = TextPart | ImagePart | AudioPart | FilePart | ProviderPart

_WRAPPERS = ("output", "result", "error")
MAX_TEXTS = 1_000


def decode_result(fields: Fields, called: dict[str, list[str]], made_id: str) -> ToolResultPart:
    """The result in a part that holds a `functionResponse`.

    `called` are the ids of calls by name that have no response yet; the one answered is taken out of it. `made_id` is used where there is
    no such call. Raises `InvalidRequest`.
    """
    told = fields.inner("functionResponse")
    if told is None:
        raise fields.wrong("functionResponse", "an object", None)
    name = told.text("name")
    call_id = told.text("id")
    note: list[str] = []
    waiting = called.get(name or "", [])
    if call_id is None:
        note.append("noid")
        call_id = waiting.pop(0) if waiting else made_id
    elif call_id in waiting:
        waiting.remove(call_id)
    response = told.take("response")
    if response is not None and not is_object(response):
        raise told.wrong("response", "an object", response)
    parts: list[ResultPart] = []
    failed = False
    if response is None:
        note.append("noresponse")
    else:
        texts, failed, how = _texts_of(response)
        parts += [TextPart(text) for text in texts]
        note += how
    own = Fields(told.rest, told.where, told.form)
    entries = own.objects("parts", "parts:object")
    if entries is not None and not entries:
        own.rest["parts"] = []
    parts += [_decode_entry(entry, f"{told.where}.parts[{at}]") for at, entry in enumerate(entries or ())]
    told.rest = own.rest
    fields.leave("functionResponse", told)
    return ToolResultPart(call_id, tuple(parts), failed, fields.rest, name, form=(*fields.form, *note))


def _texts_of(response: JsonObject) -> tuple[list[str], bool, list[str]]:
    if not response:
        return [], False, []
    if len(response) == 1:
        ((key, value),) = response.items()
        if key in _WRAPPERS and isinstance(value, str):
            return [value], key == "error", [key]
        if (
            key == "output"
            and is_list(value)
            and 1 < len(value) <= MAX_TEXTS
            and all(isinstance(one, str) for one in value)
        ):
            return list(value), False, [key]
    return [json_text(response)], "error" in response and "output" not in response, ["object"]


def _decode_entry(entry: JsonObject, where: str) -> ResultPart:
    fields = Fields(entry, where)
    media = decode_media(fields, None)
    return ProviderPart(entry) if media is None else media


def encode_result(
    part: ToolResultPart,
    where: str,
    warnings: list[str],
    names: dict[str, str],
    *,
    own: bool,
) -> JsonObject:
    """The part that holds the result. `names` are the names of calls so far by id; `own` says that extras and form are in our words."""
    form: Form = part.form if own else ()
    extras: JsonObject = part.extras if own else {}
    name = part.name or names.get(part.tool_call_id)
    if name is None:
        raise refuse_field(
            f"{where}.name", NAME, f"it needs the tool's name, and no call before has the id {part.tool_call_id!r}"
        )
    told: JsonObject = {"name": name}
    if part.tool_call_id and "noid" not in form:
        told["id"] = part.tool_call_id
    texts = [one.text for one in part.parts if isinstance(one, TextPart)]
    if "noresponse" not in form or texts:
        told["response"] = _response(texts, form, failed=part.is_error)
    media: list[JsonObject] = []
    for position, one in enumerate(part.parts):
        place = f"{where}.parts[{position}]"
        match one:
            case TextPart():
                if not own and one.extras:
                    warnings.append(f"{place}.extras: left out, because they are in the words of another dialect")
            case ProviderPart():
                if not own:
                    raise refuse_field(place, NAME, "the part is in the form of another dialect")
                media.append(dict(one.spec))
            case _:
                shaped = one if own else msgspec.structs.replace(one, form=())
                media.append(encode_media(shaped, place, foreign=not own, extras=one.extras if own else {}))
    if media:
        told["parts"] = media[0] if "parts:object" in form and len(media) == 1 else media
    key = spelled(form, "functionResponse")
    inner = extras.get("functionResponse")
    if is_object(inner):
        told = merged(told, inner)
        extras = {one: value for one, value in extras.items() if one != "functionResponse"}
    return merged({key: told}, extras)


def _response(texts: list[str], form: Form, *, failed: bool) -> JsonObject:
    if not texts:
        return {"error": ""} if failed and "object" not in form else {}
    if len(texts) > 1:
        return {"output": texts} if not failed else {"error": "\n".join(texts)}
    text = texts[0]
    noted = next((one for one in form if one in (*_WRAPPERS, "object")), None)
    if noted in _WRAPPERS and (noted == "error") == failed:
        return {str(noted): text}
    value = _object_of(text)
    if value is not None and (noted == "object" or not (failed or value.keys() & {*_WRAPPERS})):
        return value
    return {"error" if failed else "output": text}


def _object_of(text: str) -> JsonObject | None:
    """The object whose compact JSON this text is; None where it is none, so that the text comes back as it was."""
    if not text.startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if is_object(value) and value and json_text(value) == text else None
