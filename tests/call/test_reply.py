"""A reply is put together from its items, however they were cut, and the next turn finds in it what it needs."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.asking import chat_request
from muxer_core.call.outcome import AttemptRecord, CallFailed, Outcome
from muxer_core.call.reply import Reply
from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.catalog.cards import ModelCard
from muxer_core.catalog.catalog import Catalog
from muxer_core.catalog.deployments import Deployment, Provider
from muxer_core.config.schema import Config
from muxer_core.dialects.json_text import is_list
from muxer_core.dialects.openai_chat.messages import encode_messages
from muxer_core.muxer import Muxer
from muxer_core.routing.decision import Decision
from muxer_core.values.amount import Usd
from muxer_core.values.errors import LocalProtocolError
from muxer_core.values.failure import Failure
from muxer_core.values.items import (
    Acknowledged,
    AudioDelta,
    ChoiceFinished,
    CitationsReported,
    ExtrasReported,
    ImageDelta,
    Item,
    LogprobsReported,
    ModelsListed,
    ReasoningDelta,
    RefusalDelta,
    ReplyEnded,
    ReplyStarted,
    TextDelta,
    ToolCallDelta,
)
from muxer_core.values.messages import (
    AudioPart,
    Citation,
    ImagePart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
)
from muxer_core.values.moment import Moment
from muxer_core.values.usage import Usage

OUTCOME = Outcome(
    call_id="c",
    status="complete",
    attempts=(AttemptRecord(number=0, where="here", cause="first", status="complete", ended=1.0),),
    usage=Usage(input_tokens=3, output_tokens=4),
    cost=Usd(5),
    warnings=("said so",),
)


def reply_of(*items: Item) -> Reply:
    builder = ReplyBuilder()
    builder.add(items)
    return builder.build(OUTCOME)


def test_the_short_properties_speak_of_the_first_answer_and_of_the_outcome() -> None:
    reply = reply_of(
        ReplyStarted("id", "model", 7),
        TextDelta("a"),
        TextDelta("b"),
        ChoiceFinished("stop", "stop"),
        ReplyEnded("[DONE]"),
    )
    assert (reply.id, reply.model, reply.created) == ("id", "model", 7)
    assert (reply.text, reply.finish_reason, reply.answer.native_finish_reason) == ("ab", "stop", "stop")
    assert (reply.usage, reply.cost, reply.warnings) == (OUTCOME.usage, OUTCOME.cost, ("said so",))
    assert reply.tool_calls == ()


def test_a_reply_tells_its_decision_or_says_that_there_is_none() -> None:
    """Not optional, so that `reply.decision.reason` passes a strict type checker: a chat reply always has one."""
    provider = Provider(name="here", base_url="http://here.test/v1")
    deployment = Deployment(name="here/m", card=ModelCard(name="m"), provider=provider, upstream_model="m")
    muxer = Muxer(Config(catalog=Catalog([deployment])))
    decision = muxer.explain(chat_request("Hello", "m", {}), Moment(0.0, 0.0))
    assert isinstance(decision, Decision)
    builder = ReplyBuilder()
    builder.add([TextDelta("a")])
    assert builder.build(msgspec.structs.replace(OUTCOME, decision=decision)).decision is decision
    with pytest.raises(LocalProtocolError, match="decision: there is none, because this call was not routed"):
        _ = reply_of().decision


def test_a_reply_without_items_is_an_empty_answer() -> None:
    assert reply_of().text == ""
    assert reply_of(Acknowledged(200)).message.parts == ()


def test_answers_are_kept_apart_by_their_index() -> None:
    reply = reply_of(TextDelta("b", 1), TextDelta("a"), TextDelta("B", 1), ChoiceFinished("length", "length", 1))
    assert [answer.text for answer in reply.answers] == ["a", "bB"]
    assert [answer.finish_reason for answer in reply.answers] == [None, "length"]


def test_tool_calls_keep_their_ids_and_order() -> None:
    reply = reply_of(
        ToolCallDelta(0, id="call_1", name="now", kind="function"),
        ToolCallDelta(1, id="call_2", name="sing", kind="custom", arguments="la"),
        ToolCallDelta(0, arguments='{"zone":'),
        ToolCallDelta(1, arguments=" la"),
        ToolCallDelta(0, arguments='"utc"}'),
    )
    assert reply.tool_calls == (
        ToolCallPart("call_1", "now", '{"zone":"utc"}'),
        ToolCallPart("call_2", "sing", "la la", "custom"),
    )


def test_the_next_turn_finds_what_it_needs() -> None:
    reply = reply_of(
        ReasoningDelta("let me "),
        ReasoningDelta("think", signature="sig"),
        ReasoningDelta(encrypted="secret"),
        ReasoningDelta("unsigned"),
        TextDelta("yes"),
        RefusalDelta("no"),
        AudioDelta("AA", "ye", "audio_1"),
        AudioDelta("BB", "s", expires_at=9),
        ImageDelta("https://example.org/x.png"),
        ToolCallDelta(0, id="call_1", name="now", arguments="{}"),
    )
    assert reply.message.role == "assistant"
    assert reply.message.parts == (
        ReasoningPart("let me think", "sig"),
        ReasoningPart("", None, "secret"),
        ReasoningPart("unsigned"),
        TextPart("yes"),
        RefusalPart("no"),
        AudioPart(id="audio_1"),
        ImagePart(url="https://example.org/x.png"),
        ToolCallPart("call_1", "now", "{}"),
    )
    assert reply.answer.audio == AudioDelta("AABB", "yes", "audio_1", 9)


def test_what_a_provider_told_of_calls_and_thoughts_goes_back_with_them() -> None:
    reply = reply_of(
        ReasoningDelta("think "),
        ReasoningDelta("hard", signature="sig"),
        ExtrasReported(
            {"message": {"reasoning_details": [{"type": "reasoning.text", "id": "r1", "signature": "sig"}]}}, 0
        ),
        ReasoningDelta(encrypted="blob"),
        ExtrasReported(
            {"message": {"reasoning_details": [{"type": "reasoning.encrypted", "id": "r2", "data": "blob"}]}}, 0
        ),
        ToolCallDelta(0, id="call_1", name="now", arguments="{}"),
        ExtrasReported(
            {"message": {"tool_calls": [{"index": 0, "extra_content": {"google": {"thought_signature": "t"}}}]}}, 0
        ),
    )
    first, second = reply.answer.reasoning
    assert first.extras == {
        "reasoning_details": [{"type": "reasoning.text", "id": "r1", "signature": "sig", "text": "think hard"}]
    }
    assert second.extras == {"reasoning_details": [{"type": "reasoning.encrypted", "id": "r2", "data": "blob"}]}
    assert reply.tool_calls[0].extras == {"extra_content": {"google": {"thought_signature": "t"}}}
    sent, warnings = encode_messages((reply.message,))
    assert warnings == []
    assert sent[0]["reasoning_details"] == [
        {"type": "reasoning.text", "id": "r1", "signature": "sig", "text": "think hard"},
        {"type": "reasoning.encrypted", "id": "r2", "data": "blob"},
    ]
    assert sent[0]["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "t"}}


def test_what_was_told_of_one_tool_call_in_several_pieces_is_all_kept() -> None:
    reply = reply_of(
        ToolCallDelta(0, id="call_1", name="now", arguments="{}"),
        ExtrasReported(
            {"message": {"tool_calls": [{"index": 0, "extra_content": {"google": {"thought_signature": "t"}}}]}}, 0
        ),
        ExtrasReported({"message": {"tool_calls": [{"index": 0, "note": 1}]}}, 0),
    )
    assert reply.tool_calls[0].extras == {"extra_content": {"google": {"thought_signature": "t"}}, "note": 1}


def test_two_thoughts_that_are_sealed_alike_keep_their_own_ids() -> None:
    details = [{"type": "reasoning.encrypted", "id": name, "data": "blob"} for name in ("tool_a", "tool_b")]
    reply = reply_of(
        ReasoningDelta(encrypted="blob"),
        ReasoningDelta(encrypted="blob"),
        ExtrasReported({"message": {"reasoning_details": details}}, 0),
    )
    sent, _ = encode_messages((reply.message,))
    assert sent[0]["reasoning_details"] == details


def test_thinking_blocks_go_back_with_their_signatures() -> None:
    def piece(**fields: object) -> ExtrasReported:
        return ExtrasReported({"message": {"thinking_blocks": [fields]}}, 0)

    reply = reply_of(
        ReasoningDelta("let me "),
        piece(type="thinking", thinking="let me "),
        ReasoningDelta("think"),
        piece(type="thinking", thinking="think"),
        piece(type="thinking", thinking="", signature="sig"),
        piece(type="redacted_thinking", data="blob"),
        piece(type="thinking", thinking="unsigned"),
        TextDelta("yes"),
    )
    assert [(part.text, part.signature, part.encrypted) for part in reply.answer.reasoning] == [
        ("let me think", "sig", None),
        ("", None, "blob"),
        ("unsigned", None, None),
    ]
    sent, _ = encode_messages((reply.message,))
    assert sent[0]["thinking_blocks"] == [
        {"type": "thinking", "thinking": "let me think", "signature": "sig"},
        {"type": "redacted_thinking", "data": "blob"},
    ]


def test_a_thinking_block_that_tells_only_its_signature_takes_the_text_that_was_told() -> None:
    reply = reply_of(
        ReasoningDelta("think"),
        ExtrasReported({"message": {"thinking_blocks": [{"type": "thinking", "signature": "sig"}]}}, 0),
    )
    sent, _ = encode_messages((reply.message,))
    assert sent[0]["thinking_blocks"] == [{"type": "thinking", "thinking": "think", "signature": "sig"}]


def test_a_thought_takes_its_own_detail_and_not_the_first() -> None:
    details = [{"id": "r1", "data": "one"}, {"id": "r2", "data": "two"}]
    reply = reply_of(ReasoningDelta(encrypted="two"), ExtrasReported({"message": {"reasoning_details": details}}, 0))
    assert reply.answer.reasoning[0].extras == {"reasoning_details": [{"id": "r2", "data": "two"}]}


FIELDS = st.integers() | st.lists(st.integers()) | st.dictionaries(st.just("c"), st.integers())


@given(st.lists(st.dictionaries(st.sampled_from("ab"), FIELDS)))
def test_later_extras_add_to_earlier_ones(reports: list[dict[str, object]]) -> None:
    extras = reply_of(*map(ExtrasReported, reports)).extras
    for name in "ab":
        values = [report[name] for report in reports if name in report]
        if not values:
            assert name not in extras
        elif all(is_list(value) for value in values):
            assert extras[name] == [one for value in values if is_list(value) for one in value]
        else:
            assert extras[name] == values[-1] or isinstance(values[-1], list | dict)


def test_reports_are_not_changed_by_what_is_collected_from_them() -> None:
    first, second = (ExtrasReported({"a": {"b": [number]}, "c": [number]}, 0) for number in (1, 2))
    reply = reply_of(first, second)
    assert reply.answer.extras == {"a": {"b": [1, 2]}, "c": [1, 2]}
    assert (first.fields, second.fields) == ({"a": {"b": [1]}, "c": [1]}, {"a": {"b": [2]}, "c": [2]})


def test_what_is_not_understood_is_kept() -> None:
    reply = reply_of(
        ExtrasReported({"provider": "x"}),
        ExtrasReported({"flags": 1}, 0),
        CitationsReported([Citation("url", url="u")]),
        LogprobsReported([{"token": "a"}]),
        LogprobsReported([{"token": "b"}], [{"token": "r"}]),
        ModelsListed([{"id": "m"}]),
    )
    assert reply.extras == {"provider": "x"}
    assert reply.answer.extras == {"flags": 1}
    assert reply.answer.citations == (Citation("url", url="u"),)
    assert reply.answer.logprobs == LogprobsReported([{"token": "a"}, {"token": "b"}], [{"token": "r"}])
    assert reply.models == ({"id": "m"},)


@given(st.text(), st.lists(st.integers(0, 40), max_size=5))
def test_text_is_the_same_under_any_cut(text: str, cuts: list[int]) -> None:
    edges = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    pieces = [text[start:end] for start, end in pairwise(edges)]
    assert reply_of(*map(TextDelta, pieces)).text == text


def test_a_failed_call_says_what_where_and_what_next() -> None:
    failure = Failure(kind="auth", message="Incorrect API key", status=401, where="openai/gpt-4o")
    error = CallFailed(Outcome(call_id="c", status="failed", attempts=(), failure=failure))
    assert (
        str(error) == "auth at openai/gpt-4o (HTTP 401): Incorrect API key. Next: check the API key of this provider."
    )
    assert str(CallFailed(Outcome(call_id="c", status="cancelled", attempts=()))) == "the call ended as cancelled"
