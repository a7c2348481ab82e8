"""Server role, bad input: whatever items come, in whatever order, an encoder never raises and writes what our client role can read."""

from __future__ import annotations

from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from muxer_core.dialects.server import Answering, Asked
from muxer_core.values.failure import Failure
from muxer_core.values.items import (
    AudioDelta,
    ChoiceFinished,
    CitationsReported,
    CostReported,
    EmbeddingsReported,
    ExtrasReported,
    FailureReported,
    FinishReason,
    ImageDelta,
    Item,
    LogprobsReported,
    PartEnded,
    ReasoningDelta,
    RefusalDelta,
    ReplyEnded,
    ReplyStarted,
    SafetyReported,
    SafetyResult,
    SignatureReported,
    SourceEvent,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from muxer_core.values.messages import Citation
from muxer_core.values.usage import ReportedCost, Usage
from tests.dialects.openai_chat.answered import DIALECT, REQUEST
from tests.dialects.openai_chat.exchanges import Exchange, decode

texts = st.sampled_from(["", "x", "\ud83d", '"', "é\n"])
maybe = st.none() | texts
choices = st.integers(0, 2)
calls = st.integers(0, 2)
names = st.sampled_from(
    ["message", "tool_calls", "usage", "content", "index", "reasoning_details", "choices", "id", "audio"]
)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers() | texts | st.just(float("nan")),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=5,
)
objects = st.dictionaries(names, values, max_size=3)
dialects = st.sampled_from([None, "openai_chat", "anthropic_messages"])
reasons: st.SearchStrategy[FinishReason] = st.sampled_from(get_args(FinishReason))

items: st.SearchStrategy[Item] = st.one_of(
    st.builds(ReplyStarted, maybe, maybe, st.none() | st.integers(0, 9), dialects),
    st.builds(TextDelta, texts, choices),
    st.builds(RefusalDelta, texts, choices),
    st.builds(ReasoningDelta, texts, choices, maybe, maybe, st.sampled_from([None, "anthropic", "x"]), maybe),
    st.builds(ToolCallDelta, calls, texts, maybe, maybe, st.sampled_from([None, "function", "custom"]), choices),
    st.builds(AudioDelta, texts, texts, maybe, st.none() | st.integers(0, 9), choices),
    st.builds(ImageDelta, texts, choices),
    st.builds(LogprobsReported, st.lists(values, max_size=2), st.lists(values, max_size=2), choices),
    st.builds(
        CitationsReported,
        st.lists(st.builds(Citation, st.just("url"), maybe, native=objects, dialect=dialects), max_size=2),
        choices,
    ),
    st.builds(SignatureReported, texts, choices, st.none() | calls),
    st.builds(PartEnded, choices, st.none() | calls, objects),
    st.builds(
        SafetyReported,
        st.lists(st.builds(SafetyResult, texts, maybe, st.none() | st.booleans()), max_size=2).map(tuple),
        st.none() | choices,
        values,
    ),
    st.builds(ChoiceFinished, reasons, texts, choices, maybe),
    st.builds(UsageReported, st.builds(Usage, st.integers(0, 9), st.integers(0, 9), service_tier=maybe)),
    st.builds(CostReported, st.builds(ReportedCost, st.integers(0, 10**15), st.just("s"))),
    st.builds(ExtrasReported, objects, st.none() | choices),
    st.builds(EmbeddingsReported, st.just([[1.0]])),
    st.builds(
        SourceEvent, st.sampled_from([b"", b"{", b"[DONE]", b'{"model":"m"}', b'{"choices":[{"message":{}}]}']), texts
    ),
)
ends: st.SearchStrategy[Item] = st.sampled_from(
    [ReplyEnded("x"), FailureReported(Failure(kind="connect", message="\ud83d"))]
)


@given(st.lists(items, max_size=12), ends, st.booleans(), st.booleans(), dialects, maybe)
def test_an_encoder_never_raises(
    drawn: list[Item], end: Item, stream: bool, usage: bool, source: str | None, model: str | None
) -> None:
    asked = Asked(REQUEST, stream=stream, wants_usage=usage)
    encoder = DIALECT.reply_encoder(asked, Answering("abc", 7, model, source=source))
    written = b"".join(encoder.receive_items([item]) for item in [*drawn, end])
    written.decode("utf-8")
    assert written
    assert encoder.receive_items(drawn) == b""
    assert all(isinstance(warning, str) for warning in encoder.warnings)
    decode(Exchange("", encoder.head, written, stream))
