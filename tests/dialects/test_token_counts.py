"""Counts of tokens, in the forms of every vendor that counts."""

from __future__ import annotations

from muxer_core.dialects.openai_chat.failures import failure_from_reply
from muxer_core.dialects.protocol import ReplyDecoder
from muxer_core.dialects.token_counts import count_decoder
from muxer_core.values.items import ExtrasReported, FailureReported, Item, TokensCounted
from muxer_core.wire.limits import Limits


def counted(body: bytes) -> list[Item]:
    decoder: ReplyDecoder = count_decoder(Limits(), dialect="d", failure=failure_from_reply)
    return decoder.receive_data(body) + decoder.receive_eof()


def test_counts_of_every_form() -> None:
    assert counted(b'{"input_tokens":7}')[1] == TokensCounted(7)
    assert counted(b'{"totalTokens":7,"cachedContentTokenCount":3,"x":1}')[1:3] == [
        TokensCounted(7, 3),
        ExtrasReported({"x": 1}),
    ]
    assert counted(b'{"inputTokens":0}')[1] == TokensCounted(0)
    for bad in (
        b"[]",
        b"{}",
        b'{"input_tokens":-1}',
        b'{"input_tokens":1.5}',
        b'{"totalTokens":7,"cachedContentTokenCount":"x"}',
    ):
        (failed,) = counted(bad)
        assert isinstance(failed, FailureReported)
        assert failed.failure.kind == "malformed"
