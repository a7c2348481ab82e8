"""Items of the assistant's side that are no message: calls of tools, the provider's own tools, images <-> our parts. Thinking is in
`reasoning`.

| item | part |
| --- | --- |
| `function_call`, `custom_tool_call` | `ToolCallPart`; its `id` is the `call_id`, the item's own `id` stays in `extras` |
| `image_generation_call` with a `result` | `ImagePart` with a `data:` URL, noted `image_generation_call` |
| `mcp_list_tools`, `program_output`, other `…_output` | `ServerToolResultPart` with the item as `native` |
| any other `…_call`, `mcp_approval_request`, `program` | `ServerToolCallPart` with the item as `native` |
| what is none of these (`compaction`, an item that is not known yet) | `ProviderPart` |

The parts of the provider's own tools go back as they came. Those of another dialect are left out with a warning: the API takes no result
of a tool that it did not run. A function call is written with its fields and its extras; its signature (Gemini) is refused.
"""

from __future__ import annotations

from typing import Literal

from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.openai_responses.content_parts import JsonObject, PartWriter, take_text
from muxer_core.dialects.openai_responses.options import NAME, SIGNATURE
from muxer_core.dialects.openai_responses.reasoning import decode_reasoning
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import (
    ImagePart,
    ProviderPart,
    ReasoningPart,
    ServerToolCallPart,
    ServerToolResultPart,
    ToolCallPart,
)

IMAGE = "image_generation_call"

CALLS: dict[str, tuple[Literal["function", "custom"], str]] = {
    "function_call": ("function", "arguments"),
    "custom_tool_call": ("custom", "input"),
}
"""Items that ask the client for a result, and where the model's own text stands in them."""

_INPUTS = ("action", "arguments", "queries", "code", "operation", "input")
_OUTPUTS = ("output", "result", "tools")

ItemPart = ToolCallPart | ReasoningPart | ImagePart | ServerToolCallPart | ServerToolResultPart | ProviderPart


def decode_item(item: JsonObject, where: str) -> ItemPart:
    """The part that an item of the assistant's side is. Raises `InvalidRequest`."""
    kind = item.get("type")
    if kind == "reasoning":
        return decode_reasoning(item)
    if kind in CALLS:
        return decode_call(item, where)
    if kind == IMAGE and isinstance(item.get("result"), str) and item["result"]:
        return decode_image(item)
    return server_tool(item)


def decode_call(item: JsonObject, where: str) -> ToolCallPart:
    """A call. Raises `InvalidRequest`."""
    rest = dict(item)
    kind, field = CALLS[rest.pop("type")]
    taken: dict[str, str] = {}
    for name in ("call_id", "name", field):
        value = rest.pop(name, None)
        if not isinstance(value, str):
            raise InvalidRequest(f"{where}.{name}", f"must be a text, got {type(value).__name__}")
        taken[name] = value
    seal = take_text(rest, SIGNATURE)
    return ToolCallPart(taken["call_id"], taken["name"], taken[field], kind, rest, signature=seal)


def decode_image(item: JsonObject) -> ImagePart:
    """A generated image, whose item holds it."""
    url = image_url(item)
    return ImagePart(url=url, extras=image_extras(item), form=(IMAGE,))


def image_url(item: JsonObject) -> str:
    """The image of an item as a `data:` URL."""
    form = item.get("output_format")
    return f"data:image/{form if isinstance(form, str) and form else 'png'};base64,{item['result']}"


def image_extras(item: JsonObject) -> JsonObject:
    """What else the item of an image holds."""
    return {name: value for name, value in item.items() if name not in ("type", "result")}


def server_tool(item: JsonObject) -> ServerToolCallPart | ServerToolResultPart | ProviderPart:
    """The use of a provider's own tool, or what it brought. Never raises."""
    kind = item.get("type")
    word = kind if isinstance(kind, str) else ""
    name = item.get("call_id") or item.get("id")
    call_id = name if isinstance(name, str) else ""
    if word.endswith("_output") or word == "mcp_list_tools":
        output = next((item[field] for field in _OUTPUTS if item.get(field) is not None), None)
        tool = word.removesuffix("_output").removesuffix("_call")
        return ServerToolResultPart(call_id, tool, output, bool(item.get("error")), item)
    if not word.endswith("_call") and word not in ("mcp_approval_request", "program"):
        return ProviderPart(item)
    given = next((item[field] for field in _INPUTS if item.get(field) is not None), None)
    return ServerToolCallPart(call_id, word.removesuffix("_call"), given, item)


def encode_call(part: ToolCallPart, where: str, writer: PartWriter) -> JsonObject:
    """The item of a call. Raises `InvalidRequest`."""
    if part.signature is not None:
        raise refuse_field(f"{where}.signature", NAME, "a call has no seal here, and it must not be lost")
    writer.unmarked(part.cache, where)
    if not part.id:
        raise refuse_field(f"{where}.id", NAME, "a call needs an id that its result can name")
    kind = "custom_tool_call" if part.kind == "custom" else "function_call"
    text = "input" if part.kind == "custom" else "arguments"
    wire: JsonObject = {"type": kind, "call_id": part.id, "name": part.name, text: part.arguments}
    return {**wire, **writer.own(part.extras, where)}


def encode_image(part: ImagePart, where: str, writer: PartWriter) -> JsonObject:
    """The item of an image that the assistant made. Raises `InvalidRequest`."""
    if IMAGE not in writer.form(part) or part.url is None:
        raise refuse_field(where, NAME, "an image of the assistant goes back only to where it was generated")
    return {"type": IMAGE, "result": part.url.partition(";base64,")[2], **writer.own(part.extras, where)}


def encode_server_tool(
    part: ServerToolCallPart | ServerToolResultPart, where: str, writer: PartWriter
) -> JsonObject | None:
    """The item as it came; None, with a warning, for one of another dialect."""
    if part.signature is not None:
        raise refuse_field(f"{where}.signature", NAME, "the use of a provider's tool has no seal here")
    if writer.dialect not in (None, NAME) or not isinstance(part.native.get("type"), str):
        why = f"it is a tool that {writer.dialect or 'another provider'} ran itself"
        writer.warnings.append(left_out(where, NAME, why))
        return None
    return part.native
