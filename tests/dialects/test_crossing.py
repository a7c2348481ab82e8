"""Law 8: crossing dialects, every field is carried, encoded, dropped with a named warning, or refused, as the field tables say."""

from __future__ import annotations

from itertools import permutations

import msgspec
import pytest
from hypothesis import event, given, settings

from muxer_core.dialects.canonical_fields import canonical_fields
from muxer_core.dialects.registry import SERVER_DIALECTS
from muxer_core.testing.conversations import conversations
from muxer_core.values.messages import Message, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from muxer_core.values.request import ChatRequest
from tests.dialects.crossings import TABLES, fates, hear, lost, refusal, speak, there_and_back

SERVERS = sorted(SERVER_DIALECTS)
PAIRS = [pytest.param(*pair, id="-".join(pair)) for pair in permutations(SERVERS, 2)]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_field_of_ours_is_in_every_table(name: str) -> None:
    spoken_of = set(fates(TABLES[name]))
    assert [field for field in canonical_fields() if field not in spoken_of] == []
    assert sorted(spoken_of - set(canonical_fields())) == []


@pytest.mark.parametrize("name", SERVERS)
@settings(max_examples=40)
@given(request=conversations())
def test_a_dialect_reads_back_what_it_wrote(name: str, request: ChatRequest) -> None:
    refused = refusal(name, request)
    if refused is not None:
        event("refused")
        assert refused.field
        return
    written = speak(name, request)
    read = hear(name, written).request
    again = speak(name, read)
    assert msgspec.json.decode(again.request.body) == msgspec.json.decode(written.request.body)
    assert again.request.url == written.request.url


@pytest.mark.parametrize(("home", "away"), PAIRS)
@settings(max_examples=25)
@given(request=conversations())
def test_there_and_back_loses_nothing_that_the_table_keeps(home: str, away: str, request: ChatRequest) -> None:
    if refusal(home, request) is not None:
        event("refused at home")
        return
    refused = refusal(away, hear(home, speak(home, request)).request)
    if refused is not None:
        event("refused")
        assert refused.field
        return
    event("crossed")
    journey = there_and_back(home, away, request)
    assert list(lost(journey, TABLES[away])) == []


@pytest.mark.parametrize(("home", "away"), PAIRS)
@settings(max_examples=10)
@given(request=conversations(media=False, thinking=False, settings=False, cache=False))
def test_plain_talk_with_tools_is_never_refused(home: str, away: str, request: ChatRequest) -> None:
    journey = there_and_back(home, away, request)
    assert list(lost(journey, TABLES[away])) == []


SEALED = ChatRequest(
    model="m",
    max_tokens=64,
    messages=(
        Message("user", (TextPart("Weather?"),)),
        Message(
            "assistant",
            (
                ReasoningPart("needed", signature="c2VhbA==", vendor="anthropic"),
                ToolCallPart("call_a", "weather", "{}"),
            ),
        ),
        Message("tool", (ToolResultPart("call_a", (TextPart("sunny"),)),)),
    ),
)


@pytest.mark.parametrize("name", SERVERS)
def test_a_seal_is_carried_or_refused(name: str) -> None:
    refused = refusal(name, SEALED)
    if refused is not None:
        assert name in str(refused)
        return
    read = hear(name, speak(name, SEALED)).request
    seals = [part for message in read.messages for part in message.parts if isinstance(part, ReasoningPart)]
    assert [(part.text, part.signature, part.vendor) for part in seals] == [("needed", "c2VhbA==", "anthropic")]
