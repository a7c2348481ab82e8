"""Hypothesis strategies for bytes on the wire: event streams, good and damaged, cut into reads; JSON texts; heads.

Random bytes alone hardly ever reach the interesting places of a decoder. The strategies here begin with what is well formed, change a byte
or two, and cut at the edges of events: that is what told a wrong decoder from a right one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import strategies as st

from muxer_core.wire.heads import Headers, ResponseHead

_SEED_BYTES = b"\n\r: d\x00\xef"
_LINE_ENDS = (b"\n", b"\r\n", b"\r")
_TEXTS = st.sampled_from(
    (b"", b"x", b" x", b"[DONE]", b'{"a":1}', b": y", b"data: z", "…".encode(), b"\xff", b"\0", b"a\rb")
)
_TOKENS = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_!#$", min_size=1, max_size=20)
_VALUES = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=40)


def cut(data: bytes, positions: Sequence[int]) -> list[bytes]:
    """The bytes, cut at these positions.

    >>> cut(b"abcd", [3, 1])
    [b'a', b'bc', b'd']
    """
    edges = [0, *sorted(position for position in positions if 0 <= position <= len(data)), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@st.composite
def sse_lines(draw: st.DrawFn) -> bytes:
    """One line of an event, without its end: mostly data, sometimes another field, a comment, or nonsense."""
    kind = draw(st.integers(0, 11))
    space = b" " if draw(st.booleans()) else b""
    text = draw(_TEXTS)
    if kind <= 5:
        return b"data: " + text
    named = {6: b"data:" + space, 7: b"event:" + space, 8: b"id:" + space, 10: b":", 11: b""}
    if kind == 9:
        return (
            b"retry:" + space + draw(st.sampled_from((b"3000", b"0", b"-1", b"1_0", b"", b"9" * 12, b"9" * 13, b"3x")))
        )
    return named[kind] + text


@st.composite
def sse_streams(draw: st.DrawFn, *, plain: bool = False) -> bytes:
    """A stream of events, each with its blank line. `plain` streams hold one `data: ` line an event and end lines with LF."""
    if plain:
        texts = draw(st.lists(_TEXTS, min_size=1, max_size=8))
        return b"".join(b"data: " + text + b"\n\n" for text in texts)
    mixed = draw(st.booleans())
    usual = draw(st.sampled_from(_LINE_ENDS))
    stream = bytearray(b"\xef\xbb\xbf" if draw(st.integers(0, 7)) == 0 else b"")
    for lines in draw(st.lists(st.lists(sse_lines(), max_size=4), max_size=5)):
        for line in (*lines, b""):
            stream += line + (draw(st.sampled_from(_LINE_ENDS)) if mixed else usual)
    return bytes(stream)


@st.composite
def edited(draw: st.DrawFn, streams: st.SearchStrategy[bytes]) -> bytes:
    """A stream with none, one or two bytes put in, taken out or replaced."""
    stream = bytearray(draw(streams))
    for _ in range(draw(st.integers(0, 2))):
        position = draw(st.integers(0, len(stream)))
        removed = draw(st.integers(0, 1))
        stream[position : position + removed] = draw(st.sampled_from([b"", *(bytes([byte]) for byte in _SEED_BYTES)]))
    return bytes(stream)


@st.composite
def sse_reads(draw: st.DrawFn) -> list[bytes]:
    """An event stream as it might come out of a socket: any of the above, some ended too early; cut at the edges of events give or take a
    byte, or anywhere, or one event a read.
    """
    any_bytes = st.binary(max_size=40) | st.lists(st.sampled_from(_SEED_BYTES), max_size=24).map(bytes)
    stream = draw(st.one_of(edited(sse_streams(plain=True)), edited(sse_streams()), any_bytes))
    if draw(st.integers(0, 3)) == 0:
        stream = stream[: draw(st.integers(0, len(stream)))]
    if draw(st.booleans()):
        return cut(stream, [found.end() for found in re.finditer(b"\n\n", stream)])
    edges = [found.end() for found in re.finditer(b"[\r\n]", stream)]
    near = st.sampled_from(edges or [0]).flatmap(lambda edge: st.integers(edge - 1, edge + 1))
    return cut(stream, draw(st.lists(near | st.integers(0, len(stream)), max_size=6)))


def json_values() -> st.SearchStrategy[object]:
    """Values that strict JSON can carry, whole numbers of any size among them."""
    leaves = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=8)
    )
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
        max_leaves=12,
    )


@st.composite
def json_texts(draw: st.DrawFn) -> bytes:
    """JSON, well formed or with a byte or two changed: what a server sends, and what it sends on a bad day."""
    text = json.dumps(draw(json_values()), ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from((None, 1))))
    data = bytearray(text.encode())
    pieces = (
        b"",
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"\\ud83d",
        b"\\udE00",
        b"\\\\",
        b"\xff",
        b"\xef\xbb\xbf",
        b"[",
        b"}",
        b'"',
        b"\t",
        b"0",
    )
    for _ in range(draw(st.integers(0, 2))):
        position = draw(st.integers(0, len(data)))
        data[position : position + draw(st.integers(0, 1))] = draw(st.sampled_from(pieces))
    return bytes(data)


def headers() -> st.SearchStrategy[Headers]:
    """Header fields with repetitions and any case."""
    return st.lists(st.tuples(_TOKENS, _VALUES), max_size=6).map(Headers.of)


def response_heads() -> st.SearchStrategy[ResponseHead]:
    """Heads of replies with any status."""
    return st.builds(ResponseHead, st.integers(100, 599), headers())
