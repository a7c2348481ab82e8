"""Usage and costs in OpenAI's words: what `usage` reads, written again. Totals hold their parts, as ours do.

What OpenAI has no word for goes under the name of those who have one: writes to a cache for an hour (`cache_creation`, Anthropic's, as
thin proxies send it), searches (`server_tool_use_details`, OpenRouter's) and a cost (`cost`, OpenRouter's, in US dollars).
"""

from __future__ import annotations

import msgspec

from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.openai_chat.costs import PICO_PER_DOLLAR
from muxer_core.dialects.openai_chat.forms import cannot_say
from muxer_core.values.items import UsageReported
from muxer_core.values.usage import JsonValue, ReportedCost


def usage_fields(
    report: UsageReported, cost: ReportedCost | None, extras: dict[str, JsonValue], warnings: list[str]
) -> dict[str, JsonValue]:
    """The `usage` object. `extras` are the fields of one that the reply came with, if it came in this dialect.

    >>> from muxer_core.values.usage import Usage
    >>> usage_fields(UsageReported(Usage(10, 2, cached_input_tokens=4)), None, {}, [])["prompt_tokens_details"]
    {'cached_tokens': 4, 'audio_tokens': 0}
    """
    usage = report.usage
    prompt: dict[str, JsonValue] = {
        "cached_tokens": usage.cached_input_tokens,
        "audio_tokens": usage.audio_input_tokens,
    }
    completion: dict[str, JsonValue] = {
        "reasoning_tokens": usage.reasoning_tokens,
        "audio_tokens": usage.audio_output_tokens,
    }
    for details, name, count in (
        (prompt, "cache_write_tokens", usage.cache_write_tokens),
        (prompt, "image_tokens", usage.image_input_tokens),
        (completion, "image_tokens", usage.image_output_tokens),
    ):
        if count:
            details[name] = count
    wire: dict[str, JsonValue] = {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": prompt,
        "completion_tokens_details": completion,
    }
    if usage.cache_write_1h_tokens:
        short = max(usage.cache_write_tokens - usage.cache_write_1h_tokens, 0)
        wire["cache_creation"] = {
            "ephemeral_5m_input_tokens": short,
            "ephemeral_1h_input_tokens": usage.cache_write_1h_tokens,
        }
    for name, value in extras.items():
        known = wire.get(name)
        wire[name] = {**value, **known} if is_object(known) and is_object(value) else value
    for unit, quantity in report.fees:
        if unit != "search":
            warnings.append(cannot_say(f"UsageReported.fees.{unit}", "it has no word for what is billed beside tokens"))
        elif not extras:
            wire["server_tool_use_details"] = {"web_search_requests": quantity}
    if report.billed is not None:
        warnings.append(cannot_say("UsageReported.billed", "it has one count, and tells what was used"))
    if cost is not None:
        wire["cost"] = msgspec.Raw(_dollars(cost.pico_usd).encode("ascii"))
    return wire


def _dollars(pico: int) -> str:
    """Dollars as a decimal number, exactly."""
    whole, fraction = divmod(pico, PICO_PER_DOLLAR)
    return f"{whole}.{fraction:012}".rstrip("0").removesuffix(".") if fraction else str(whole)
