"""The event stream tests of the Web Platform Tests, and the examples of the standard, each under every cut in two and byte by byte.

Sources: web-platform-tests/wpt, folder `eventsource/` (3-clause BSD licence), files `format-*`, written out as the bytes that their server
sends (`resources/message.py` appends two LFs to a message and one more, or with `newline=none` only that one); and
https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.6 (examples), read 2026-11-24.
"""

from __future__ import annotations

import pytest

from muxer_core.testing.wire import cut
from muxer_core.wire.sse import SseDecoder
from tests.wire.sse_laws import bytewise, fed
from tests.wire.sse_reference import read

END = b"\n\n\n"
LONG = b"x" * 2048
COMMENTS = b"data:1\r:\0\n:\r\ndata:2\n:" + LONG + b"\rdata:3\n:data:fail\r:" + LONG + b"\ndata:4\n\n"

WPT: dict[str, tuple[bytes, list[tuple[str, str, str]]]] = {
    "format-bom": (
        b"\xef\xbb\xbfdata:1\n\n\xef\xbb\xbfdata:2\n\ndata:3" + END,
        [("1", "", ""), ("3", "", "")],
    ),
    "format-bom-2": (
        b"\xef\xbb\xbf\xef\xbb\xbfdata:1\n\ndata:2\n\ndata:3" + END,
        [("2", "", ""), ("3", "", "")],
    ),
    "format-comments": (COMMENTS, [("1\n2\n3\n4", "", "")]),
    "format-data-before-final-empty-line": (b"retry:1000\ndata:test1\n\nid:test\ndata:test2\n", [("test1", "", "")]),
    "format-field-data": (
        b"data:\n\ndata\ndata\n\ndata:test" + END,
        [("", "", ""), ("\n", "", ""), ("test", "", "")],
    ),
    "format-field-event": (b"event:test\ndata:x\n\ndata:x" + END, [("x", "test", ""), ("x", "", "")]),
    "format-field-event-empty": (b"event: \ndata:data" + END, [("data", "", "")]),
    "format-field-id": ("id:…\ndata:hello".encode() + END, [("hello", "", "…")]),
    "format-field-id-3, persists": (b"id: 1\ndata:1\n\ndata:2" + END, [("1", "", "1"), ("2", "", "1")]),
    "format-field-id-3, changes": (
        b"id: 1\ndata:1\n\nid: 2\ndata:2\n\ndata:3" + END,
        [("1", "", "1"), ("2", "", "2"), ("3", "", "2")],
    ),
    "format-field-id-3, resets": (
        b"id: 1\ndata:1\n\nid:\ndata:2\n\ndata:3" + END,
        [("1", "", "1"), ("2", "", ""), ("3", "", "")],
    ),
    "format-field-id-null": (b"id: \0\0\ndata:hello" + END, [("hello", "", "")]),
    "format-field-parsing": (
        b"data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n"
        + END,
        [("\0\n 2\n1\n3\n\n4", "", "")],
    ),
    "format-field-retry": (b"retry:03000\ndata:x" + END, [("x", "", "")]),
    "format-field-retry-bogus": (b"retry:2000\nretry:1000x\ndata:x" + END, [("x", "", "")]),
    "format-field-retry-empty": (b"retry\ndata:test" + END, [("test", "", "")]),
    "format-field-unknown": (
        b"data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test" + END,
        [("test\n\ntest", "", "")],
    ),
    "format-leading-space": (b"data:\ttest\rdata: \ndata:test" + END, [("\ttest\n\ntest", "", "")]),
    "format-newlines": (b"data:test\r\ndata\ndata:test\r\n\r\n", [("test\n\ntest", "", "")]),
    "format-null-character": (b"data:\0\n\n\n\n", [("\0", "", "")]),
    "format-utf-8": ("data:ok…".encode() + END, [("ok…", "", "")]),
}

STANDARD: dict[str, tuple[bytes, list[tuple[str, str, str]]]] = {
    "three lines of data": (b"data: YHOO\ndata: +2\ndata: 10\n\n", [("YHOO\n+2\n10", "", "")]),
    "four blocks": (
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
        [("first event", "", "1"), ("second event", "", "")],
    ),
    "four blocks, ended": (
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
        [("first event", "", "1"), ("second event", "", ""), (" third event", "", "")],
    ),
    "two events and half a one": (b"data\n\ndata\ndata\n\ndata:", [("", "", ""), ("\n", "", "")]),
    "two identical events": (b"data:test\n\ndata: test\n\n", [("test", "", ""), ("test", "", "")]),
    "named events": (
        b"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
        [("73857293", "add", ""), ("2153", "remove", ""), ("113411", "add", "")],
    ),
}


@pytest.mark.parametrize("case", [*WPT, *STANDARD])
def test_case(case: str) -> None:
    stream, expected = (WPT | STANDARD)[case]
    assert fed(SseDecoder(), bytewise(stream)) == expected
    for place in range(len(stream) + 1):
        assert fed(SseDecoder(), cut(stream, [place])) == expected
    assert read(stream).events == expected, "the reference agrees with the published tests too"


def test_the_reconnection_time_is_the_last_one_that_was_a_number() -> None:
    decoder = SseDecoder()
    decoder.receive_data(WPT["format-field-retry-bogus"][0])
    assert decoder.retry == 2000
    decoder.receive_data(WPT["format-field-retry"][0])
    assert decoder.retry == 3000


def test_the_id_of_an_event_that_was_cut_does_not_count() -> None:
    decoder = SseDecoder()
    decoder.receive_data(WPT["format-data-before-final-empty-line"][0])
    assert (decoder.last_id, decoder.pending) == ("", True)


@pytest.mark.parametrize(
    ("stream", "pending"),
    [
        (b"", False),
        (b"\xef\xbb\xbf", False),
        (b"data: x\n\n", False),
        (b"data: x\n\r", False),
        (b": keep-alive", False),
        (b": keep-alive\n", False),
        (b"data: x\n", True),
        (b"event: x\n", True),
        (b"d", True),
        (b"data: x\n\nd", True),
    ],
)
def test_a_body_that_ends_inside_an_event_says_so(stream: bytes, pending: bool) -> None:
    decoder = SseDecoder()
    decoder.receive_data(stream)
    assert decoder.pending is pending
