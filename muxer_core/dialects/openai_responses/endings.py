"""How a response ended: its status -> our finish reason, or a failure.

| status | the reply |
| --- | --- |
| `completed` | complete; `tool_call` where it holds a `function_call` or a `custom_tool_call`, else `stop` |
| `incomplete` | complete as far as it goes; `incomplete_details.reason` says why (`INCOMPLETE`) |
| `failed`, `cancelled` | failure, with the words of `error` |
| `queued`, `in_progress` as the end of a whole reply | failure `unsupported`: the answer is made in the background |
| none, or another word | as `completed` (servers that know no status) |

Any status with an `error` is a failure. The native word is the reason of an incomplete response, else its status.
"""

from __future__ import annotations

from typing import Any

from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.openai_chat.failures import failure_from_reply
from muxer_core.values.failure import Failure
from muxer_core.values.items import ChoiceFinished, FinishReason

INCOMPLETE: dict[str, FinishReason] = {
    "max_output_tokens": "length",
    "max_tokens": "length",
    "max_messages": "length",
    "content_filter": "content_filter",
    "steered": "stop",
}
"""Why a response is incomplete. A word that is not here means `length`."""


def ending(response: dict[str, Any], *, calls: bool) -> ChoiceFinished | Failure:
    """How the response ended."""
    status = response.get("status")
    error = response.get("error")
    word = status if isinstance(status, str) and status else "completed"
    if error:
        return failure_from_reply(error)
    if word in ("failed", "cancelled"):
        return Failure(kind="server_error", message=f"the provider ended the response with status {word!r}", code=word)
    if word in ("queued", "in_progress"):
        message = f"the response has the status {word!r}: it is made in the background, and fetching it later is not done here"
        return Failure(kind="unsupported", message=message, code=word)
    details = response.get("incomplete_details")
    reason = details.get("reason") if is_object(details) else None
    if word == "incomplete":
        native = reason if isinstance(reason, str) and reason else word
        return ChoiceFinished(INCOMPLETE.get(native, "length"), native)
    return ChoiceFinished("tool_call" if calls else "stop", word)
