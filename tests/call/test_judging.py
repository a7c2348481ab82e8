"""The judge where none was given: one rule for clients and simulations."""

from __future__ import annotations

import inspect

import pytest

from muxer_core.call.judging import accept_every_answer
from muxer_core.call.policies import CascadePolicy, Policies
from muxer_core.simulation.run import simulate
from muxer_core.simulation.script import answer
from muxer_core.testing.calls import DONE, FINISH, ROLE, USAGE
from muxer_core.values.items import ChoiceFinished, Item, ReplyEnded, ReplyStarted, TextDelta, ToolCallDelta
from muxer_drivers.desk import Desk
from tests.call.test_machine import GOOD, outcome_of, play, text_of

END = ReplyEnded("[DONE]")
STOP = ChoiceFinished("stop", "stop")


@pytest.mark.parametrize(
    ("items", "good"),
    [
        ((), False),
        ((ReplyStarted("id", "model", 7), STOP, END), False),
        ((TextDelta("Yes."), STOP, END), True),
        ((ToolCallDelta(0, "{}"), STOP, END), True),
    ],
    ids=["nothing", "no content", "text", "a tool call"],
)
def test_a_reply_without_content_is_no_answer(items: tuple[Item, ...], good: bool) -> None:
    assert accept_every_answer(items) is good


def test_clients_and_simulations_judge_alike() -> None:
    for made in (Desk.__init__, simulate):
        assert inspect.signature(made).parameters["judge"].default is accept_every_answer


def test_without_a_judge_a_reply_without_content_is_asked_of_the_next_place() -> None:
    empty = answer([ROLE, FINISH, USAGE, DONE])
    run = play([empty, GOOD], policies=Policies(cascade=CascadePolicy()), judge=accept_every_answer)
    assert text_of(run) == "Because of Rayleigh."
    assert [one.status for one in outcome_of(run).attempts] == ["rejected_by_judge", "complete"]
