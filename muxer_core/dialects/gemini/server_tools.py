"""Parts of tools that the vendor runs itself: `executableCode`, `codeExecutionResult`, `toolCall`, `toolResponse`.

They must go back as they came, so that `native` is the whole part; name, input and output are for reading. A part without an id has an
empty one: the vendor pairs call and result by their order.
"""

from __future__ import annotations

from muxer_core.dialects.gemini.names import Fields, JsonObject
from muxer_core.dialects.json_text import is_object
from muxer_core.values.messages import ServerToolCallPart, ServerToolResultPart

CODE_EXECUTION = "code_execution"
"""The name that we give to the vendor's code execution, which names no tool in its parts."""

KINDS = ("executableCode", "codeExecutionResult", "toolCall", "toolResponse")


def server_tool_part(part: JsonObject, signature: str | None) -> ServerToolCallPart | ServerToolResultPart | None:
    """The part as ours; None where it is of no such kind. `part` is kept as it is.

    >>> server_tool_part({"executableCode": {"language": "PYTHON", "code": "1"}}, None).name
    'code_execution'
    """
    fields = Fields(part, "")
    kind = next((name for name in KINDS if is_object(fields.look(name))), None)
    if kind is None:
        return None
    inner = Fields(fields.look(kind), "")
    told = inner.look("id")
    call_id = told if isinstance(told, str) else ""
    if kind == "executableCode":
        given = {name: value for name, value in inner.rest.items() if name != "id"}
        return ServerToolCallPart(call_id, CODE_EXECUTION, given, part, signature)
    if kind == "codeExecutionResult":
        failed = inner.look("outcome") not in (None, "OUTCOME_OK", "OUTCOME_UNSPECIFIED", 0, 1)
        return ServerToolResultPart(call_id, CODE_EXECUTION, inner.look("output"), failed, part, signature)
    tool = inner.look("toolType")
    name = tool if isinstance(tool, str) else ""
    if kind == "toolCall":
        return ServerToolCallPart(call_id, name, inner.look("args"), part, signature)
    return ServerToolResultPart(call_id, name, inner.look("response"), is_error=False, native=part, signature=signature)
