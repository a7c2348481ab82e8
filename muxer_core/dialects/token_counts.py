"""The reply of an API that counts the tokens of a request without running it, whoever sent it.

| field | who |
| --- | --- |
| `input_tokens` | Anthropic (`/v1/messages/count_tokens`), OpenAI (`/v1/responses/input_tokens`) |
| `totalTokens`, and `cachedContentTokenCount` of them from a cache | Gemini, Vertex (`:countTokens`) |
| `inputTokens` | Bedrock (`/model/{id}/count-tokens`) |

Further fields (`totalBillableCharacters`, `promptTokensDetails`, …) are extras.
"""

from __future__ import annotations

from typing import Any

from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.whole_body import ErrorReader, Malformed, WholeBodyDecoder
from muxer_core.values.items import ExtrasReported, Item, ReplyStarted, TokensCounted
from muxer_core.wire.limits import Limits

COUNTS = ("input_tokens", "totalTokens", "inputTokens")
"""Where the count stands; the first that is there counts."""

CACHED = "cachedContentTokenCount"

MAX_COUNT = 10**12
"""The largest believable count."""


def count_decoder(limits: Limits, *, dialect: str, failure: ErrorReader) -> WholeBodyDecoder:
    """A decoder to one `TokensCounted`. `failure` is how the dialect reads an `error`."""
    return WholeBodyDecoder(limits, lambda value: _read(value, dialect), what="the count of tokens", failure=failure)


def _read(value: Any, dialect: str) -> list[Item]:
    if not is_object(value):
        raise Malformed("it is no object")
    name = next((name for name in COUNTS if value.get(name) is not None), None)
    if name is None:
        raise Malformed("it holds no count")
    cached = 0 if value.get(CACHED) is None else _count(value, CACHED)
    items: list[Item] = [ReplyStarted(dialect=dialect), TokensCounted(_count(value, name), cached)]
    extras = {
        key: content for key, content in value.items() if key not in (name, CACHED, "object") and content is not None
    }
    if extras:
        items.append(ExtrasReported(extras))
    return items


def _count(value: dict[str, Any], name: str) -> int:
    count = value[name]
    if type(count) is not int or not 0 <= count <= MAX_COUNT:
        raise Malformed(f"{name} is no count")
    return count
