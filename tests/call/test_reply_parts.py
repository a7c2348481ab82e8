"""The parts of an answer stand in the order in which they came, each with what the next turn needs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from muxer_core.call.outcome import AttemptRecord, Outcome
from muxer_core.call.reply import Answer, Reply
from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.values.items import (
    AudioDelta,
    CitationsReported,
    EmbeddingsReported,
    ImageDelta,
    Item,
    PartEnded,
    ReasoningDelta,
    RefusalDelta,
    ReplyStarted,
    SafetyReported,
    SafetyResult,
    ServerToolReported,
    SignatureReported,
    TextDelta,
    TokensCounted,
    ToolCallDelta,
    WarningReported,
)
from muxer_core.values.messages import (
    AudioPart,
    Citation,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    RefusalPart,
    ServerToolCallPart,
    ServerToolResultPart,
    TextPart,
    ToolCallPart,
)

OUTCOME = Outcome(
    call_id="c",
    status="complete",
    attempts=(AttemptRecord(number=0, where="here", cause="first", status="complete", ended=1.0),),
)


def reply_of(*items: Item) -> Reply:
    builder = ReplyBuilder()
    builder.add([ReplyStarted(dialect="some"), *items])
    return builder.build(OUTCOME)


def parts_of(*items: Item) -> tuple[Part, ...]:
    return reply_of(*items).answer.parts


def test_interleaved_thinking_and_calls_keep_their_order() -> None:
    reply = reply_of(
        ReasoningDelta("first "),
        ReasoningDelta("thought"),
        ReasoningDelta(signature="s1", vendor="anthropic"),
        ToolCallDelta(0, "{", "id0", "f", "function"),
        ReasoningDelta("second thought", signature="s2", vendor="anthropic"),
        ToolCallDelta(0, "}"),
        ToolCallDelta(1, "{}", "id1", "g", "function"),
        TextDelta("done"),
    )
    assert reply.message == Message(
        "assistant",
        (
            ReasoningPart("first thought", "s1", vendor="anthropic"),
            ToolCallPart("id0", "f", "{}"),
            ReasoningPart("second thought", "s2", vendor="anthropic"),
            ToolCallPart("id1", "g", "{}"),
            TextPart("done"),
        ),
        dialect="some",
    )


def test_marked_parts_stay_apart_and_keep_their_fields() -> None:
    cited = Citation("url", url="https://example.org")
    assert parts_of(
        TextDelta("a"),
        CitationsReported([cited]),
        PartEnded(extras={"id": "m1"}, form=("item",)),
        TextDelta("b"),
        PartEnded(),
        RefusalDelta("no"),
        TextDelta("c"),
    ) == (
        TextPart("a", {"id": "m1"}, citations=(cited,), form=("item",)),
        TextPart("b"),
        RefusalPart("no"),
        TextPart("c"),
    )


def test_a_thought_takes_the_fields_of_its_part() -> None:
    assert parts_of(
        ReasoningDelta("a", id="rs_1"),
        PartEnded(extras={"status": "completed"}),
        ReasoningDelta(encrypted="xx", vendor="openai", id="rs_2"),
        PartEnded(extras={"summary": []}, form=("item",)),
    ) == (
        ReasoningPart("a", extras={"status": "completed"}, id="rs_1"),
        ReasoningPart("", None, "xx", {"summary": []}, "openai", "rs_2", ("item",)),
    )


def test_a_thought_of_which_only_the_fields_are_told_is_kept() -> None:
    assert parts_of(ReasoningDelta(), PartEnded(extras={"id": "rs"})) == (ReasoningPart(extras={"id": "rs"}),)


def test_a_call_takes_the_fields_of_its_part() -> None:
    assert parts_of(
        ToolCallDelta(0, "{}", "id", "f", "function"),
        ToolCallDelta(1, "{}", "id2", "f", "function"),
        PartEnded(call=0, extras={"id": "fc_1"}, form=("item",)),
        PartEnded(call=7, extras={"nobody": 1}),
        PartEnded(),
    ) == (
        ToolCallPart("id", "f", "{}", extras={"id": "fc_1"}, form=("item",)),
        ToolCallPart("id2", "f", "{}"),
    )


def test_a_seal_belongs_to_the_part_that_it_came_with() -> None:
    assert parts_of(
        TextDelta("sealed"),
        SignatureReported("t"),
        TextDelta("open"),
        ToolCallDelta(0, "{}", "id", "f", "function"),
        SignatureReported("c", call=0),
        SignatureReported("alone"),
        ImageDelta("data:image/png;base64,AA"),
        SignatureReported("i"),
        ReasoningDelta("thought"),
        SignatureReported("after a thought"),
        SignatureReported("no such call", call=9),
    ) == (
        TextPart("sealed", signature="t"),
        TextPart("open"),
        ToolCallPart("id", "f", "{}", signature="c"),
        TextPart("", signature="alone"),
        ImagePart(url="data:image/png;base64,AA", signature="i"),
        ReasoningPart("thought"),
        TextPart("", signature="after a thought"),
        TextPart("", signature="no such call"),
    )


def test_the_providers_own_tools_stand_where_they_were_used() -> None:
    call = ServerToolCallPart("s1", "web_search", {"query": "sky"})
    result = ServerToolResultPart("s1", "web_search", [])
    assert parts_of(TextDelta("a"), ServerToolReported(call), ServerToolReported(result), TextDelta("b")) == (
        TextPart("a"),
        call,
        result,
        TextPart("b"),
    )


def test_audio_stands_once_and_goes_back_by_its_id() -> None:
    spoken = reply_of(TextDelta("a"), AudioDelta("AA", "hi", "aud"), AudioDelta("BB", " you"), TextDelta("b")).answer
    assert spoken.parts == (TextPart("a"), AudioPart(id="aud"), TextPart("b"))
    assert spoken.audio == AudioDelta("AABB", "hi you", "aud")
    nameless = reply_of(AudioDelta("AA")).answer
    assert nameless.message.parts == ()


def test_a_citation_before_any_text_is_the_answers_alone() -> None:
    cited = Citation("url", url="https://example.org")
    answer = reply_of(CitationsReported([cited]), TextDelta("a")).answer
    assert answer.citations == (cited,)
    assert answer.parts == (TextPart("a"),)


def test_what_a_filter_found_is_kept_by_answer() -> None:
    of_prompt = SafetyReported((SafetyResult("hate", "low", blocked=False),))
    of_answer = SafetyReported((SafetyResult("hate"),), 1)
    reply = reply_of(of_prompt, of_answer, TextDelta("a"), WarningReported("so"))
    assert [answer.safety for answer in reply.answers] == [(of_prompt,), (of_answer,)]


def test_an_empty_text_is_not_sent_back_unless_it_is_sealed() -> None:
    parts: tuple[Part, ...] = (TextPart(""), TextPart("", signature="s"), TextPart("", {"id": 1}), TextPart("a"))
    assert Answer(parts=parts).message.parts == parts[1:]


def test_vectors_and_counts_are_of_the_reply() -> None:
    reply = reply_of(EmbeddingsReported([[1.0, 2.0], [3.0, 4.0]]), TokensCounted(7))
    assert reply.vectors == ([1.0, 2.0], [3.0, 4.0])
    assert reply.input_tokens == 7


_pieces = st.lists(
    st.one_of(
        st.builds(TextDelta, st.text(min_size=1, max_size=3)),
        st.builds(RefusalDelta, st.text(min_size=1, max_size=3)),
        st.builds(ReasoningDelta, st.text(min_size=1, max_size=3), signature=st.none() | st.just("s")),
        st.builds(ToolCallDelta, st.integers(0, 2), st.text(max_size=3), st.just("id"), st.just("f")),
        st.builds(ImageDelta, st.just("u")),
        st.builds(PartEnded),
        st.builds(SignatureReported, st.just("s")),
    ),
    max_size=12,
)


@given(_pieces)
def test_nothing_said_is_lost(items: list[Item]) -> None:
    answer = reply_of(*items).answer
    assert answer.text == "".join(item.text for item in items if isinstance(item, TextDelta))
    assert answer.refusal == "".join(item.text for item in items if isinstance(item, RefusalDelta))
    assert "".join(part.text for part in answer.reasoning) == "".join(
        item.text for item in items if isinstance(item, ReasoningDelta)
    )
    for number, call in enumerate(dict.fromkeys(item.call for item in items if isinstance(item, ToolCallDelta))):
        pieces = [item.arguments for item in items if isinstance(item, ToolCallDelta) and item.call == call]
        assert answer.tool_calls[number].arguments == "".join(pieces)
    assert len(answer.images) == sum(isinstance(item, ImageDelta) for item in items)
    seals = sum(isinstance(part, TextPart | ImagePart) and part.signature is not None for part in answer.parts)
    assert seals == sum(isinstance(item, SignatureReported) for item in items)
