"""What a response says was used and charged. The counting itself is that of `openai_chat.usage`, which finds the rules by arithmetic.

| rule | when | seen at |
| --- | --- | --- |
| `plain` | total = input + output; cached and cache writes inside input, reasoning inside output | OpenAI, Azure, xAI, DeepSeek |
| `part_clipped` | reasoning above output | one fixture in vLLM's form |
| no report | `usage` null or absent (failed, queued) | OpenAI |

Only the last event (or the whole reply) counts; `usage` of earlier events is null. `service_tier` is the response's own, which says what
was served. Beside tokens, `tool_usage.web_search.num_requests` are searches that OpenAI bills each (`fees`). Tokens of generated images
(`tool_usage.image_gen`) are counted and billed apart by the vendor; they stay in the reply's extras. Costs: xAI's `cost_in_usd_ticks` and
OpenRouter's `cost` inside `usage`; LiteLLM's header of a whole reply.
"""

from __future__ import annotations

from typing import Any

import msgspec

from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.openai_chat.chunks import json_text
from muxer_core.dialects.openai_chat.usage import MAX_COUNT, usage_from_bytes
from muxer_core.values.items import CostReported, ExtrasReported, Item, UsageReported, WarningReported
from muxer_core.values.usage import Unit


class _Response(msgspec.Struct, gc=False):
    usage: msgspec.Raw | None = None


class _Event(msgspec.Struct, gc=False):
    response: _Response | None = None


def add_usage(data: bytes, response: dict[str, Any], items: list[Item], *, whole: bool, depth: int) -> None:
    """Append what the response reports. `data` is the text it stands in, so that a cost is read from its own digits."""
    told = response.get("usage")
    if not is_object(told):
        return
    tier = response.get("service_tier")
    reading = usage_from_bytes(_text(data, told, whole=whole), tier if isinstance(tier, str) else None, depth=depth)
    if reading.usage is not None:
        items.append(UsageReported(reading.usage, fees=_fees(response.get("tool_usage"))))
    items.extend(CostReported(cost) for cost in reading.costs)
    if reading.warning is not None:
        items.append(WarningReported(reading.warning))
    if reading.extras:
        items.append(ExtrasReported({"usage": reading.extras}))


def _text(data: bytes, told: dict[str, Any], *, whole: bool) -> msgspec.Raw:
    """The text of `usage`, as it was sent where it can be cut out, else written anew."""
    try:
        found = msgspec.json.decode(data, type=_Response) if whole else msgspec.json.decode(data, type=_Event).response
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        found = None
    if found is None or found.usage is None:
        return msgspec.Raw(json_text(told).encode("utf-8", "replace"))
    return found.usage


def _fees(tool_usage: Any) -> tuple[tuple[Unit, int], ...]:
    search = tool_usage.get("web_search") if is_object(tool_usage) else None
    number = search.get("num_requests") if is_object(search) else None
    if isinstance(number, int) and not isinstance(number, bool) and 0 < number <= MAX_COUNT:
        return (("search", number),)
    return ()
