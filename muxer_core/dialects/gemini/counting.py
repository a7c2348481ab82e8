"""The answer to countTokens, in the server role. Source: google-genai 3.6.1, `CountTokensResponse`, November 2026."""

from __future__ import annotations

import msgspec

from muxer_core.dialects.gemini.names import JsonObject
from muxer_core.dialects.server import Answered
from muxer_core.wire.heads import Headers, ResponseHead


def answer_count(input_tokens: int, cached_input_tokens: int) -> Answered:
    """The answer to a client that asked for a count.

    >>> answer_count(7, 0).body
    b'{"totalTokens":7}'
    """
    told: JsonObject = {"totalTokens": input_tokens}
    if cached_input_tokens:
        told["cachedContentTokenCount"] = cached_input_tokens
    head = ResponseHead(200, Headers((("content-type", "application/json; charset=UTF-8"),)))
    return Answered(head, msgspec.json.encode(told))
