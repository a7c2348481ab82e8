"""Planted faults: each changes one place of `aws_event_stream.py`, and the laws must notice every one."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from random import Random
from types import ModuleType
from zlib import crc32

import pytest

import muxer_core.wire.aws_event_stream as original
from muxer_core.testing.aws_event_stream import encode_frame, event, frame_of, header_block
from muxer_core.testing.wire import cut
from muxer_core.wire.aws_event_stream import AwsEventStreamDecoder, EventFrame, FrameHeader
from muxer_core.wire.limits import Limits
from tests.wire.event_stream_laws import (
    Decoder,
    check_a_frame_appears_with_its_last_byte,
    check_says_what_the_format_says,
)

pytestmark = pytest.mark.mutants

SOURCE = Path(original.__file__).read_text("utf-8")
CASES = 400

HEADERS = (
    *(FrameHeader("t", "true", True), FrameHeader("f", "false", False), FrameHeader("b", "byte", -3)),
    *(FrameHeader("s", "short", -300), FrameHeader("i", "integer", 70_000), FrameHeader("l", "long", -(2**40))),
    *(FrameHeader("y", "bytes", b"\xff"), FrameHeader("x", "string", "text"), FrameHeader("", "string", "")),
    *(FrameHeader("d", "timestamp", 2**41), FrameHeader("u", "uuid", bytes(range(16)))),
)
NONSENSE = (
    *(b"\x01", b"\x01a", b"\x01a\x0a", b"\x01a\x07\x00", b"\x01a\x07\x00\x02x", b"\x01a\x05\x00", b"\x05ab\x00"),
    b"\x01a\x00\x01a\x01",
)

MUTANTS: dict[str, tuple[str, str]] = {
    "a wrong checksum of the lengths is believed": ("if crc32(data[begin : begin + _LENGTHS]) != checksum:", "if False:"),
    "a wrong checksum of the frame is believed": ("if crc32(data[begin:end]) != int.from_bytes(data[end : end + _CHECKSUM]):", "if False:"),
    "headers longer than the frame are waited for": ("elif payload < 0:", "elif False:"),
    "the headers know no bound": ("elif headers > MAX_HEADERS:", "elif False:"),
    "the headers end one byte early": ("elif headers > MAX_HEADERS:", "elif headers >= MAX_HEADERS:"),
    "a payload knows no bound": ("elif payload > self._limits.event:", "elif False:"),
    "a payload may be a byte longer": ("elif payload > self._limits.event:", "elif payload > self._limits.event + 1:"),
    "the crossed byte is that of the frame": ("self._offset + PRELUDE - 1)", "PRELUDE - 1)"),
    "the stream knows no bound": ("data if len(data) <= room else data[:room]", "data"),
    "the stream's end is not told": ("if len(data) > room and not self._stopped:", "if False:"),
    "a later fault replaces the first": ("if len(data) > room and not self._stopped:", "if len(data) > room:"),
    "decoding goes on after a fault": ("        if self._stopped:\n            return frames", ""),
    "a cut frame is taken": ("if end - begin < size:", "if False:"),
    "a frame waits for the next": ("if end - begin < size:", "if end - begin < size + 1:"),
    "lengths are read again and again": ("            self._lengths, self._wanted = None, PRELUDE\n", ""),
    "frames are counted from the read": ("            self._offset += size\n", ""),
    "what was read is read again": ("held += data[begin:]", "held += data"),
    "only the first frame of a read is told": ("            begin += size\n", "            begin += size\n            break\n"),
    "headers are those of the frame before": (
        "if headers != len(self._known_block) or not data.startswith(self._known_block, begin + PRELUDE):", "if not self._known_block:"
    ),
    "headers of one length are the same": (" or not data.startswith(self._known_block, begin + PRELUDE)", ""),
    "what begins alike is the same": ("headers != len(self._known_block) or ", ""),
    "a frame is waited for too long": ("if len(held) < self._wanted:", "if len(held) <= self._wanted:"),
    "a frame in pieces loses its beginning": ("            held += data\n", ""),
    "what is held is held twice": ("            held.clear()\n        begin", "        begin"),
    "a header may come twice": ("        if name in found:", "        if False:"),
    "a cut header is read": ("        if place > end:", "        if False:"),
    "a header without a type raises": ("        if after >= end:", "        if False:"),
    "an unknown type raises": ("if number >= len(HEADER_KINDS):", "if False:"),
    "numbers have no sign": ("signed=True", "signed=False"),
    "texts are bytes": ('if kind == "string":', "if False:"),
    "a bad byte in a text raises": ('return raw.decode("utf-8", "replace")', 'return raw.decode("utf-8")'),
    "a uuid is a number": ('_NO_NUMBER = frozenset({"bytes", "uuid"})', '_NO_NUMBER = frozenset({"bytes"})'),
    "everything without bytes is true": ('return kind == "true"', "return True"),
    "what was held stays held after a fault": ("        self._held.clear()\n", ""),
}  # fmt: skip


def broken(old: str, new: str) -> Decoder:
    """The decoder class of the source with one change."""
    assert SOURCE.count(old) == 1, f"the source holds {SOURCE.count(old)} times: {old}"
    module = ModuleType("mutant_of_aws_event_stream")
    sys.modules[module.__name__] = module  # msgspec looks annotations up there
    try:
        exec(compile(SOURCE.replace(old, new), "mutant.py", "exec"), module.__dict__)  # noqa: S102 our own source, changed in one place
    finally:
        del sys.modules[module.__name__]
    decoder: Decoder = module.AwsEventStreamDecoder
    return decoder


def some_frame(chance: Random) -> bytes:
    if chance.random() < 0.15:
        return frame_of(chance.choice(NONSENSE), b"x")
    if chance.random() < 0.1:
        return frame_of(header_block((FrameHeader("\x7f", "string", "ab"),)).replace(b"ab", b"\xff\xfe"), b"")
    if chance.random() < 0.3:
        return event("chunk", b"{}")
    count = chance.randint(0, 4)
    return encode_frame(EventFrame(tuple(chance.sample(HEADERS, count)), bytes(chance.randint(0, 9))))


@cache
def cases() -> list[tuple[list[bytes], Limits]]:
    chance = Random("a fixed seed: a gate must say the same twice")
    # Each header of bytes takes five more than its bytes: together they fill the bound exactly, and `wide` goes beyond it.
    exact = [FrameHeader(name, "bytes", bytes(size)) for name, size in (("n", 65_000), ("m", 65_000), ("l", 1_057))]
    wide = header_block([*exact, FrameHeader("", "true", True)])
    lengths = frame_of(b"", b"")[:8]
    made: list[tuple[list[bytes], Limits]] = [
        ([frame_of(wide[:131_072], b"")[:12]], Limits()),
        ([frame_of(wide, b"")[:12]], Limits()),
        ([lengths + bytes(4), frame_of(b"", b"")], Limits()),
    ]
    for _ in range(CASES):
        stream = bytearray(b"".join(some_frame(chance) for _ in range(chance.randint(1, 4))))
        if chance.random() < 0.3:
            stream[chance.randrange(len(stream))] ^= chance.randint(1, 255)
        if chance.random() < 0.3:
            # The lengths contradict each other under a right checksum.
            stream += frame_of(b"", b"")[:4] + b"\0\0\0\x09" + bytes.fromhex("00000000")
            stream[-4:] = crc32(bytes(stream[-12:-4])).to_bytes(4)
        if chance.random() < 0.3:
            del stream[chance.randrange(len(stream)) :]
        edges = [chance.randint(0, len(stream)) for _ in range(chance.randint(0, 4))]
        limits = Limits(event=chance.randint(1, 12), stream=chance.randint(1, 300))
        made.append((cut(bytes(stream), edges), limits if chance.random() < 0.5 else Limits()))
    return made


def survives(decoder: Decoder) -> bool:
    try:
        for number, (reads, limits) in enumerate(cases()):
            check_says_what_the_format_says(decoder, reads, limits)
            if number % 8 == 0:
                check_a_frame_appears_with_its_last_byte(decoder, b"".join(reads))
    except Exception:  # noqa: BLE001 a mutant may fail in any way
        return False
    return True


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_planted_fault_is_found(mutant: str) -> None:
    assert not survives(broken(*MUTANTS[mutant])), mutant


def test_the_unchanged_decoder_survives_the_same_effort() -> None:
    assert survives(AwsEventStreamDecoder)
