"""Mistral's own form of a request: what differs from OpenAI's, applied to a body in OpenAI's form (option `form`).

| OpenAI's | Mistral's |
| --- | --- |
| `seed` | `random_seed` |
| `tool_choice: "required"` | `"any"` |
| `max_completion_tokens` | `max_tokens` |
| `stream_options` | not sent: usage comes with the last chunk anyway, and the field is refused |
| fields of `LEFT_OUT` | left out with a warning: Mistral answers 422 for a field that it does not know |
| fields of `REFUSED`, and a choice limited to several tools | refused: the answer would be another |

`safe_prompt`, `prompt_mode`, `prediction`, `guardrails` and the like are Mistral's own and go into `extras`.

Source: docs.mistral.ai/api, "Chat Completion", November 2026; that unknown fields are refused (`extra_forbidden`): users' reports
(`stream_options`: github.com/openai/openai-agents-python/issues/442; `max_completion_tokens`:
github.com/editor-code-assistant/eca/issues/231).
"""

from __future__ import annotations

from typing import Any, Literal

from muxer_core.dialects.field_table import refuse_field
from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.openai_chat.forms import DIALECT, cannot_say

LEFT_OUT = ("user", "service_tier", "store", "verbosity", "safety_identifier", "top_k", "logit_bias")

REFUSED = ("modalities", "audio", "functions", "function_call")

_RENAMED = {"seed": "random_seed", "max_completion_tokens": "max_tokens"}


def in_form(form: Literal["openai", "mistral"], body: dict[str, Any], warnings: list[str]) -> dict[str, Any]:
    """The body, in OpenAI's form, as a server of this form takes it. Raises `InvalidRequest`, naming the field."""
    return body if form == "openai" else _as_mistral(body, warnings)


def _as_mistral(body: dict[str, Any], warnings: list[str]) -> dict[str, Any]:
    for name in REFUSED:
        if name in body:
            raise refuse_field(name, DIALECT, "Mistral has no such field")
    choice = body.get("tool_choice")
    if is_object(choice) and choice.get("type") != "function":
        raise refuse_field("tool_choice.allowed", DIALECT, "Mistral can be told one tool or all of them")
    written: dict[str, Any] = {}
    for name, value in body.items():
        if name in LEFT_OUT:
            warnings.append(cannot_say(name, "Mistral refuses the field"))
        elif name != "stream_options":
            written[_RENAMED.get(name, name)] = value
    if choice == "required":
        written["tool_choice"] = "any"
    return written
