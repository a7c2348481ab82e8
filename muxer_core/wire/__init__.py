"""Bytes: heads, server-sent events, AWS event streams, JSON lines, lenient JSON, dates and limits. No dialect is known here."""

from muxer_core.wire.aws_event_stream import AwsEventStreamDecoder, EventFrame
from muxer_core.wire.dates import LONGEST_WAIT, parse_http_date, parse_wait, retry_after
from muxer_core.wire.heads import Headers, ResponseHead, WireRequest
from muxer_core.wire.json import Unreadable
from muxer_core.wire.json import decode as decode_json
from muxer_core.wire.limits import LimitExceeded, Limits
from muxer_core.wire.ndjson import NdjsonDecoder
from muxer_core.wire.sse import SseDecoder, SseEvent

__all__ = [
    "LONGEST_WAIT",
    "AwsEventStreamDecoder",
    "EventFrame",
    "Headers",
    "LimitExceeded",
    "Limits",
    "NdjsonDecoder",
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
