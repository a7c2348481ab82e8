"""Bytes: heads of requests and replies, server-sent events, lenient JSON, dates and limits. No dialect is known here."""

from muxer_core.wire.dates import LONGEST_WAIT, parse_http_date, parse_wait, retry_after
from muxer_core.wire.heads import Headers, ResponseHead, WireRequest
from muxer_core.wire.json import Unreadable
from muxer_core.wire.json import decode as decode_json
from muxer_core.wire.limits import LimitExceeded, Limits
from muxer_core.wire.sse import SseDecoder, SseEvent

__all__ = [
    "LONGEST_WAIT",
    "Headers",
    "LimitExceeded",
    "Limits",
    "ResponseHead",
    "SseDecoder",
    "SseEvent",
    "Unreadable",
    "WireRequest",
    "decode_json",
    "parse_http_date",
    "parse_wait",
    "retry_after",
]
