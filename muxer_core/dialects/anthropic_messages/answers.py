"""What a client of the Messages API reads from us beside replies: failures, counts, lists of models; and usage in the API's words.

Source: platform.claude.com, "Errors", "List models", "Count tokens", and the types of anthropic-sdk-python 2.13.0, November 2026.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from muxer_core.dialects.anthropic_messages.failures import error_object
from muxer_core.dialects.anthropic_messages.marks import JsonObject
from muxer_core.dialects.server import Answered
from muxer_core.values.failure import Failure
from muxer_core.values.items import UsageReported
from muxer_core.values.usage import JsonValue
from muxer_core.wire.heads import Headers, ResponseHead

JSON = ("content-type", "application/json")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 253_402_300_799
_TIERS = ("standard", "priority", "batch")


def as_json(value: JsonValue) -> bytes:
    """A value as JSON. Never raises: what UTF-8 cannot say is escaped, and a whole number beyond 64 bits keeps its digits."""
    try:
        return msgspec.json.encode(value)
    except (UnicodeError, TypeError, ValueError, OverflowError, RecursionError):
        return json.dumps(value, default=_plain, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    return json.loads(bytes(value)) if isinstance(value, msgspec.Raw) else str(value)


def error_body(failure: Failure) -> bytes:
    """`{"type": "error", "error": …}` as JSON."""
    return as_json(error_object(failure))


def answer_failure(failure: Failure) -> Answered:
    """A failure before anything was answered: the status that its kind hints at, and how long to wait where the server said so.

    The client is told not to try again by itself (`x-should-retry`), for we did (law 6).
    """
    fields = [JSON, ("x-should-retry", "false")]
    if failure.retry_after is not None and math.isfinite(failure.retry_after):
        fields.append(("retry-after", str(max(math.ceil(failure.retry_after), 0))))
    status = 529 if failure.kind == "overloaded" else failure.status_hint
    return Answered(ResponseHead(status, Headers.of(fields)), error_body(failure))


def answer_count(input_tokens: int) -> Answered:
    """The reply to `count_tokens`."""
    return Answered(ResponseHead(200, Headers.of([JSON])), as_json({"input_tokens": input_tokens}))


def answer_models(models: Iterable[dict[str, JsonValue]]) -> Answered:
    """The list of models, as one page. A model of this API stays as it came; of another, its id and its time are told."""
    data = [model if model.get("type") == "model" else _model(model) for model in models]
    page: JsonObject = {
        "data": data,
        "has_more": False,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
    }
    return Answered(ResponseHead(200, Headers.of([JSON])), as_json(page))


def _model(model: dict[str, JsonValue]) -> JsonObject:
    created = model.get("created")
    seconds = created if type(created) is int and 0 <= created <= _LATEST else 0
    time = (_EPOCH + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
    name = model.get("display_name")
    shown = name if isinstance(name, str) else model["id"]
    return {"type": "model", "id": model["id"], "display_name": shown, "created_at": time}


def usage_fields(report: UsageReported | None, extras: JsonObject, *, whole: bool) -> JsonObject:
    """The `usage` object: what `usage` reads, written again. `extras` are further fields of one that the reply came with.

    `whole`: of a message, which tells the tier and how writes to the cache are split, as that of `message_delta` does not.

    >>> from muxer_core.values.usage import Usage
    >>> usage_fields(UsageReported(Usage(13, 5, cached_input_tokens=10)), {}, whole=False)["input_tokens"]
    3
    """
    if report is None:
        return {"input_tokens": 0, "output_tokens": 0}
    usage = report.usage
    wire: JsonObject = {
        "input_tokens": max(usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens, 0),
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cached_input_tokens,
        "output_tokens": usage.output_tokens,
    }
    if whole:
        long = min(usage.cache_write_1h_tokens, usage.cache_write_tokens)
        wire["cache_creation"] = {
            "ephemeral_5m_input_tokens": usage.cache_write_tokens - long,
            "ephemeral_1h_input_tokens": long,
        }
        if usage.service_tier in _TIERS:
            wire["service_tier"] = usage.service_tier
    if usage.reasoning_tokens:
        wire["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    searches = sum(quantity for unit, quantity in report.fees if unit == "search")
    if searches or "server_tool_use" in extras:
        wire["server_tool_use"] = {"web_search_requests": searches, "web_fetch_requests": 0}
    for name, value in extras.items():
        known = wire.get(name)
        wire[name] = {**known, **value} if isinstance(known, dict) and isinstance(value, dict) else value
    return wire
