"""What a call does, scenario by scenario, in virtual time: one upstream script an attempt, and the trace that follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf

import msgspec
import pytest

from muxer_core.call.capabilities import DriverCapabilities
from muxer_core.call.commands import CloseAttempt, Deliver, Finish, OpenAttempt, ReadMore, Reserve, Settle
from muxer_core.call.events import (
    BodyEnded,
    CancelRequested,
    Connected,
    DataReceived,
    ReservationDecided,
    ResponseStarted,
    SettlementRecorded,
)
from muxer_core.call.machine import LARGEST_ERROR_BODY, Call
from muxer_core.call.operation import ListModels, Operation, Probe
from muxer_core.call.outcome import Outcome
from muxer_core.call.plan import Place, Plan
from muxer_core.call.policies import CascadePolicy, HedgePolicy, Policies, RetryPolicy, Timeouts
from muxer_core.dialects.protocol import Encoded, ReplyDecoder, Target
from muxer_core.money import PriceCard
from muxer_core.simulation.clock import VirtualClock
from muxer_core.simulation.run import Run, simulate
from muxer_core.simulation.script import REFUSED_CONNECTION, Break, Data, End, Hang, Head, Script, Wait, answer
from muxer_core.testing.calls import (
    DIALECT,
    DONE,
    ERROR_BODIES,
    FINISH,
    IN_STREAM_ERROR,
    ROLE,
    USAGE,
    ListedChoices,
    chat,
    chunk,
    place,
    text_chunk,
)
from muxer_core.values.amount import Usd
from muxer_core.values.errors import InvalidRequest, LocalProtocolError
from muxer_core.values.failure import Failure
from muxer_core.values.items import ImageDelta, Item, ModelsListed, ReplyEnded, TextDelta, UsageReported
from muxer_core.values.moment import Moment
from muxer_core.values.request import ChatRequest
from muxer_core.values.usage import Usage
from muxer_core.wire.heads import Headers, ResponseHead
from muxer_core.wire.limits import Limits

WHOLE = [ROLE, text_chunk("Because"), text_chunk(" of Rayleigh."), FINISH, USAGE, DONE]
GOOD = answer(WHOLE)


def refusal(status: int) -> Script:
    return (Head(status, ()), Data(ERROR_BODIES[status]), End())


def play(
    scripts: Sequence[Script],
    *,
    places: Sequence[Place] | None = None,
    policies: Policies = Policies(),
    operation: Operation | None = None,
    max_cost: Usd | None = None,
    limits: Limits = Limits(),
    capabilities: DriverCapabilities = DriverCapabilities(),
    cancel_at: float = inf,
    consumer_pause: float = 0.0,
    judge: Callable[[tuple[Item, ...]], bool] = lambda _: True,
) -> Run:
    """Run one call; script k is played to attempt k."""
    rows = tuple(places if places is not None else (place(0), place(1)))
    plan = Plan(
        choices=ListedChoices(tuple(range(len(rows)))), places=rows, policies=policies, limits=limits, max_cost=max_cost
    )
    clock = VirtualClock()
    call = Call(operation or chat(), plan, call_id="c", seed=7, moment=clock(), capabilities=capabilities)
    return simulate(
        call,
        lambda command: scripts[command.attempt],
        clock,
        cancel_at=cancel_at,
        consumer_pause=consumer_pause,
        judge=judge,
    )


def outcome_of(run: Run) -> Outcome:
    assert run.outcome is not None
    return run.outcome


def text_of(run: Run) -> str:
    return "".join(item.text for item in run.items if isinstance(item, TextDelta))


def ways(run: Run) -> list[tuple[str, str, str]]:
    """Each attempt: where, why, how it ended."""
    return [(one.where, one.cause, one.status) for one in outcome_of(run).attempts]


def moments(run: Run, kind: type[object]) -> list[float]:
    return [moment.mono for moment, step in run.trace if type(step) is kind]


# -- one attempt ------------------------------------------------------------------------------------------------------------------------


def test_a_good_reply_is_delivered_priced_and_settled() -> None:
    run = play([GOOD])
    outcome = outcome_of(run)
    assert text_of(run) == "Because of Rayleigh."
    assert isinstance(run.items[-1], ReplyEnded)
    assert (outcome.status, outcome.finish_reason, outcome.exact) == ("complete", "stop", True)
    assert outcome.cost == Usd(12 * 1_000_000 + 7 * 4_000_000)
    assert [type(step).__name__ for _, step in run.trace][-4:] == [
        "CloseAttempt",
        "Settle",
        "SettlementRecorded",
        "Finish",
    ]
    assert run.commands(CloseAttempt) == [CloseAttempt(0, clean=True)]


def test_nothing_is_delivered_before_content() -> None:
    run = play([answer([ROLE, text_chunk("a"), FINISH, DONE], gap=1.0)])
    assert moments(run, Deliver)[0] == 1.0


def test_a_reply_without_text_is_delivered_at_its_end() -> None:
    run = play([answer([ROLE, FINISH, USAGE, DONE])])
    assert outcome_of(run).status == "complete"
    assert len(run.commands(Deliver)) == 1


def test_a_plain_reply_goes_the_same_way() -> None:
    body = b'{"id":"x","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}'
    run = play(
        [(Head(200, ()), Wait(300.0), Data(body), End())],
        operation=chat(streamed=False),
        policies=Policies(timeouts=Timeouts(stall=400)),
    )
    assert text_of(run) == "hi"
    assert outcome_of(run).exact is False, "no usage was reported"
    assert any("is an estimate" in warning for warning in outcome_of(run).warnings)


def test_a_stream_that_ends_without_evidence_is_never_complete() -> None:
    run = play([answer([ROLE, text_chunk("half")])])
    outcome = outcome_of(run)
    assert outcome.status == "failed"
    assert outcome.failure is not None
    assert outcome.failure.kind == "truncated"
    assert outcome.finish_reason is None
    assert text_of(run) == "half"


def test_what_follows_the_end_is_ignored() -> None:
    run = play([answer([*WHOLE, text_chunk("more")])])
    assert text_of(run) == "Because of Rayleigh."


# -- retries and fallbacks --------------------------------------------------------------------------------------------------------------


def test_a_broken_connection_is_tried_again_and_then_elsewhere() -> None:
    run = play([REFUSED_CONNECTION, REFUSED_CONNECTION, REFUSED_CONNECTION, GOOD])
    assert ways(run) == [
        ("place-0", "first", "failed"),
        ("place-0", "retry", "failed"),
        ("place-0", "retry", "failed"),
        ("place-1", "fallback", "complete"),
    ]
    assert text_of(run) == "Because of Rayleigh."


def test_another_place_of_the_same_model_is_tried_at_once() -> None:
    run = play([REFUSED_CONNECTION, GOOD], places=(place(0, card="m"), place(1, card="m")))
    assert ways(run) == [("place-0", "first", "failed"), ("place-1", "fallback", "complete")]
    assert moments(run, OpenAttempt) == [0.0, 0.0]


@pytest.mark.parametrize(("status", "kind"), [(401, "auth"), (404, "model_not_found"), (400, "context_too_long")])
def test_what_a_retry_cannot_cure_goes_elsewhere_at_once(status: int, kind: str) -> None:
    windows = (place(0, context_window=100), place(1, context_window=200))
    run = play([refusal(status), GOOD], places=windows)
    assert ways(run) == [("place-0", "first", "failed"), ("place-1", "fallback", "complete")]
    failure = outcome_of(run).attempts[0].failure
    assert failure is not None
    assert (failure.kind, failure.status, failure.where) == (kind, status, "place-0")


def test_a_context_that_was_too_long_needs_a_larger_window() -> None:
    windows = (place(0, context_window=100), place(1, context_window=100), place(2, context_window=101))
    run = play([refusal(400), GOOD], places=windows)
    assert ways(run)[1][0] == "place-2"


def test_a_refused_key_needs_another_provider() -> None:
    same = msgspec.structs.replace(place(1), provider="provider-0")
    run = play([refusal(401)], places=(place(0), same))
    assert ways(run) == [("place-0", "first", "failed")]


def test_retry_after_is_waited_for_and_bounds_the_wait() -> None:
    limited = (Head(429, (("retry-after", "3"),)), Data(ERROR_BODIES[429]), End())
    run = play([limited, GOOD])
    assert ways(run)[1] == ("place-0", "retry", "complete")
    assert moments(run, OpenAttempt) == [0.0, 3.0]
    long = (Head(429, (("retry-after", "3000"),)), Data(ERROR_BODIES[429]), End())
    assert ways(play([long, GOOD]))[1] == ("place-1", "fallback", "complete")


def test_the_servers_word_against_a_retry_counts() -> None:
    firm = (Head(500, (("x-should-retry", "false"),)), Data(ERROR_BODIES[500]), End())
    assert ways(play([firm, GOOD])) == [("place-0", "first", "failed"), ("place-1", "fallback", "complete")]


def test_the_number_of_attempts_is_bounded() -> None:
    policies = Policies(retry=RetryPolicy(max_retries=5, max_attempts=3))
    run = play([REFUSED_CONNECTION] * 3, policies=policies)
    assert len(ways(run)) == 3
    assert outcome_of(run).status == "failed"


def test_fallbacks_can_be_switched_off() -> None:
    policies = Policies(retry=RetryPolicy(max_retries=0), fallbacks=False)
    assert ways(play([REFUSED_CONNECTION], policies=policies)) == [("place-0", "first", "failed")]


def test_after_the_commit_there_is_no_second_attempt() -> None:
    run = play([(Head(), Data(ROLE), Data(text_chunk("half")), Break()), GOOD])
    outcome = outcome_of(run)
    assert ways(run) == [("place-0", "first", "failed")]
    assert outcome.failure is not None
    assert outcome.failure.kind == "connection_lost"
    assert text_of(run) == "half"
    assert run.commands(CloseAttempt) == [CloseAttempt(0, clean=False)]


def test_an_error_in_the_stream_before_content_is_followed_by_another_attempt() -> None:
    run = play([answer([ROLE, IN_STREAM_ERROR]), GOOD], places=(place(0, card="m"), place(1, card="m")))
    assert ways(run) == [("place-0", "first", "failed"), ("place-1", "fallback", "complete")]


def test_an_error_in_the_stream_after_content_ends_the_call_with_the_servers_words() -> None:
    run = play([answer([ROLE, text_chunk("half"), IN_STREAM_ERROR])])
    failure = outcome_of(run).failure
    assert failure is not None
    assert (failure.kind, failure.message) == ("server_error", "The server had an error")
    assert not any(type(item).__name__ == "FailureReported" for item in run.items)


def test_a_long_error_page_is_not_read_to_its_end() -> None:
    page: Script = (Head(500, ()), Data(b"x" * (LARGEST_ERROR_BODY + 1)), Hang())
    run = play([page, GOOD], places=(place(0, card="m"), place(1, card="m")))
    assert ways(run)[1] == ("place-1", "fallback", "complete")


def test_a_refusal_whose_body_breaks_off_is_still_a_refusal() -> None:
    failure = outcome_of(play([(Head(401, ()), Break())], places=(place(0),))).failure
    assert failure is not None
    assert failure.kind == "auth"


# -- time -------------------------------------------------------------------------------------------------------------------------------

CLOCKS = Timeouts(connect=5, first_chunk=20, stall=10, attempt=50, call=300)
ONCE = Policies(timeouts=CLOCKS, retry=RetryPolicy(max_attempts=1))


@pytest.mark.parametrize(
    ("script", "kind", "when"),
    [
        ((Hang(),), "first_chunk_timeout", 20.0),
        ((Head(), Hang()), "first_chunk_timeout", 20.0),
        ((Head(), Data(b": keep-alive\n\n"), Hang()), "first_chunk_timeout", 20.0),
        ((Head(), Data(ROLE), Hang()), "stall_timeout", 10.0),
        ((Head(), Data(text_chunk("a")), Hang()), "stall_timeout", 10.0),
        ((Head(500, ()), Hang()), "server_error", 10.0),
        ((Head(), *(Wait(9.0), Data(text_chunk("a"))) * 9), "attempt_timeout", 50.0),
    ],
)
def test_each_silence_has_its_name_and_its_time(script: Script, kind: str, when: float) -> None:
    run = play([script], policies=ONCE)
    failure = outcome_of(run).failure
    assert failure is not None
    assert failure.kind == kind
    assert moments(run, Finish) == [when]


def test_a_connection_that_does_not_come_is_timed_where_the_driver_reports_it() -> None:
    run = play([(Hang(),)], policies=ONCE, capabilities=DriverCapabilities(reports_connected=True))
    failure = outcome_of(run).failure
    assert failure is not None
    assert (failure.kind, failure.message) == ("connect_timeout", "no connection within 5 seconds")


def test_once_connected_the_connect_timer_is_gone() -> None:
    clock = VirtualClock()
    plan = Plan(choices=ListedChoices((0,)), places=(place(0),), policies=ONCE)
    call = Call(
        chat(), plan, call_id="c", seed=1, moment=clock(), capabilities=DriverCapabilities(reports_connected=True)
    )
    assert isinstance(call.next_command(clock()), Reserve)
    call.handle_event(ReservationDecided(0, granted=True), clock())
    assert isinstance(call.next_command(clock()), OpenAttempt)
    assert (call.wake_at(), call.wake_reason()) == (5.0, "connect_timeout of attempt 0")
    call.handle_event(Connected(0), clock())
    assert (call.wake_at(), call.wake_reason()) == (20.0, "first_chunk_timeout of attempt 0")


def test_the_call_as_a_whole_has_an_end() -> None:
    slow: Script = (Head(), *(Wait(9.0), Data(text_chunk("a"))) * 99)
    policies = Policies(timeouts=Timeouts(stall=10, call=100))
    run = play([slow], policies=policies)
    failure = outcome_of(run).failure
    assert failure is not None
    assert failure.kind == "call_timeout"
    assert moments(run, Finish) == [100.0]


def test_without_limits_a_call_waits_for_ever() -> None:
    policies = Policies(timeouts=Timeouts(call=None, first_chunk=1e9))
    run = play([(Wait(1e6), *GOOD)], policies=policies)
    assert outcome_of(run).status == "complete"


def test_a_slow_consumer_is_no_stalled_provider() -> None:
    run = play([answer([ROLE, text_chunk("a"), text_chunk("b"), FINISH, DONE])], policies=ONCE, consumer_pause=11.0)
    assert outcome_of(run).status == "complete"


def test_a_backoff_is_a_wait_that_the_call_names() -> None:
    clock = VirtualClock()
    plan = Plan(choices=ListedChoices((0,)), places=(place(0),))
    call = Call(chat(), plan, call_id="c", seed=7, moment=clock())
    run = simulate(call, lambda _: REFUSED_CONNECTION, clock, cancel_at=0.01)
    assert outcome_of(run).status == "cancelled"
    assert ways(run) == [("place-0", "first", "failed"), ("place-0", "retry", "cancelled")]
    assert call.wake_reason() == "nothing"


# -- races ------------------------------------------------------------------------------------------------------------------------------

HEDGED = Policies(hedge=HedgePolicy(after=2.0))
TWO = DriverCapabilities(max_parallel=2)


def test_a_hedge_overtakes_a_slow_first_attempt() -> None:
    run = play([(Wait(60.0), *GOOD), GOOD], policies=HEDGED, capabilities=TWO)
    assert ways(run) == [("place-0", "first", "lost_race"), ("place-1", "hedge", "complete")]
    assert moments(run, OpenAttempt) == [0.0, 2.0]
    assert outcome_of(run).exact is False, "what the loser cost is not known exactly"


def test_a_first_attempt_can_win_against_its_hedge() -> None:
    run = play([(Wait(3.0), *GOOD), (Hang(),)], policies=HEDGED, capabilities=TWO)
    assert ways(run) == [("place-0", "first", "complete"), ("place-1", "hedge", "lost_race")]


def test_a_failed_first_attempt_leaves_the_race_to_its_hedge() -> None:
    run = play([(Wait(3.0), Break()), (Wait(5.0), *GOOD)], policies=HEDGED, capabilities=TWO)
    assert ways(run) == [("place-0", "first", "failed"), ("place-1", "hedge", "complete")]


def test_a_hedge_is_one_of_the_calls_attempts() -> None:
    policies = Policies(hedge=HedgePolicy(after=2.0, max_hedges=5), retry=RetryPolicy(max_attempts=2))
    rows = tuple(place(number) for number in range(4))
    run = play([(Hang(),)] * 2, places=rows, policies=policies, capabilities=DriverCapabilities(max_parallel=9))
    assert len(run.commands(OpenAttempt)) == 2


def test_a_driver_that_runs_one_attempt_at_a_time_never_hedges() -> None:
    assert len(ways(play([(Wait(60.0), *GOOD)], policies=HEDGED))) == 1


def test_without_another_place_there_is_no_hedge() -> None:
    assert len(ways(play([(Wait(60.0), *GOOD)], places=(place(0),), policies=HEDGED, capabilities=TWO))) == 1


def test_a_hedge_is_named_while_it_is_waited_for() -> None:
    clock = VirtualClock()
    plan = Plan(choices=ListedChoices((0, 1)), places=(place(0), place(1)), policies=HEDGED)
    call = Call(chat(), plan, call_id="c", seed=1, moment=clock(), capabilities=TWO)
    assert call.wake_reason() == "call_timeout"
    call.next_command(clock())
    call.handle_event(ReservationDecided(0, granted=True), clock())
    call.next_command(clock())
    assert (call.wake_at(), call.wake_reason()) == (2.0, "hedge")


# -- cascades ---------------------------------------------------------------------------------------------------------------------------

CASCADE = Policies(cascade=CascadePolicy(steps=2))


def test_a_good_first_answer_ends_the_cascade() -> None:
    run = play([GOOD], policies=CASCADE)
    assert ways(run) == [("place-0", "first", "complete")]
    assert text_of(run) == "Because of Rayleigh."


def test_a_rejected_answer_is_paid_for_and_not_delivered() -> None:
    run = play(
        [answer([ROLE, text_chunk("dunno"), FINISH, USAGE, DONE]), GOOD], policies=CASCADE, judge=lambda _: False
    )
    assert ways(run) == [("place-0", "first", "rejected_by_judge"), ("place-1", "cascade", "complete")]
    assert text_of(run) == "Because of Rayleigh."
    assert all(one.cost for one in outcome_of(run).attempts)


def test_the_last_step_is_not_judged() -> None:
    run = play([GOOD], places=(place(0),), policies=CASCADE, judge=lambda _: False)
    assert outcome_of(run).status == "complete"


DUNNO = answer([ROLE, text_chunk("dunno"), FINISH, USAGE, DONE])
LATER_STEP_FAILS: dict[str, Script] = {
    "refused": refusal(400),
    "cut before content": answer([ROLE]),
    "silent": (Head(), Hang()),
}


@pytest.mark.parametrize("later", LATER_STEP_FAILS.values(), ids=list(LATER_STEP_FAILS))
def test_a_rejected_answer_is_delivered_when_no_later_step_brings_one(later: Script) -> None:
    """It is paid for, and the best there is. The outcome says what happened; the attempt stays rejected."""
    policies = msgspec.structs.replace(CASCADE, retry=RetryPolicy(max_retries=0), timeouts=Timeouts(first_chunk=2.0))
    run = play([DUNNO, later], policies=policies, judge=lambda _: False)
    outcome = outcome_of(run)
    assert text_of(run) == "dunno"
    assert isinstance(run.items[-1], ReplyEnded)
    assert (outcome.status, outcome.failure, outcome.finish_reason) == ("complete", None, "stop")
    assert ways(run) == [("place-0", "first", "rejected_by_judge"), ("place-1", "cascade", "failed")]
    assert outcome.usage == outcome.attempts[0].usage
    (warning,) = [one for one in outcome.warnings if one.startswith("cascade: ")]
    assert warning.startswith("cascade: place-0 answered, and was judged not good enough; delivered all the same")
    assert outcome.attempts[1].failure is not None
    assert warning.endswith(f"as no later step brought an answer: {outcome.attempts[1].failure.describe()}")


def test_a_rejected_answer_is_delivered_when_the_call_runs_out_of_time() -> None:
    policies = msgspec.structs.replace(CASCADE, timeouts=Timeouts(call=3.0))
    run = play([DUNNO, (Head(), Hang())], policies=policies, judge=lambda _: False)
    assert text_of(run) == "dunno"
    assert outcome_of(run).status == "complete"
    failure = outcome_of(run).attempts[1].failure
    assert failure is not None
    assert failure.kind == "call_timeout"


def test_the_last_rejected_answer_is_the_one_that_is_delivered() -> None:
    policies = Policies(cascade=CascadePolicy(steps=3), retry=RetryPolicy(max_retries=0))
    better = answer([ROLE, text_chunk("perhaps"), FINISH, USAGE, DONE])
    places = (place(0), place(1), place(2))
    run = play([DUNNO, better, refusal(400)], places=places, policies=policies, judge=lambda _: False)
    assert text_of(run) == "perhaps"


def test_a_rejected_answer_is_not_delivered_where_the_caller_wants_none() -> None:
    policies = Policies(cascade=CascadePolicy(deliver_rejected=False), retry=RetryPolicy(max_retries=0))
    run = play([DUNNO, refusal(400)], policies=policies, judge=lambda _: False)
    assert (text_of(run), outcome_of(run).status) == ("", "failed")


def test_a_rejected_answer_is_not_delivered_after_a_cancellation() -> None:
    run = play([DUNNO, (Head(), Hang())], policies=CASCADE, judge=lambda _: False, cancel_at=1.0)
    assert (text_of(run), outcome_of(run).status) == ("", "cancelled")


def test_what_was_begun_to_be_delivered_is_never_replaced_by_a_rejected_answer() -> None:
    run = play([DUNNO, answer([ROLE, text_chunk("Because")])], policies=CASCADE, judge=lambda _: False)
    assert (text_of(run), outcome_of(run).status) == ("Because", "failed")


def test_the_last_answer_that_can_be_had_is_delivered_and_said_to_be_rejected() -> None:
    """The other place is spent as a hedge that failed, so that nobody is left to ask when the judge says no."""
    policies = Policies(cascade=CascadePolicy(), hedge=HedgePolicy(after=1.0), retry=RetryPolicy(max_retries=0))
    slow: Script = (Wait(3.0), *DUNNO)
    run = play([slow, refusal(400)], policies=policies, capabilities=TWO, judge=lambda _: False)
    assert ways(run) == [("place-0", "first", "complete"), ("place-1", "hedge", "failed")]
    assert text_of(run) == "dunno"
    assert outcome_of(run).warnings[-1].endswith("as no later step brought an answer")


def test_the_last_place_is_not_judged() -> None:
    # The second place was spent as a fallback, so that nobody is left to ask.
    policies = Policies(cascade=CascadePolicy(steps=3), retry=RetryPolicy(max_retries=0))
    shared = (place(0, card="m"), place(1, card="m"), place(2, card="m"))
    run = play([GOOD, refusal(500), GOOD], places=shared, policies=policies, judge=lambda _: False)
    assert outcome_of(run).status == "complete"
    assert ways(run)[-1] == ("place-2", "fallback", "complete")


# -- cancellation -----------------------------------------------------------------------------------------------------------------------


def test_cancelling_in_mid_stream_closes_settles_and_finishes_at_once() -> None:
    slow = answer([ROLE, text_chunk("one"), text_chunk("two"), FINISH, DONE], gap=1.0)
    run = play([slow], cancel_at=1.5)
    outcome = outcome_of(run)
    assert outcome.status == "cancelled"
    assert text_of(run) == "one"
    assert moments(run, Finish) == [1.5]
    assert run.commands(CloseAttempt) == [CloseAttempt(0, clean=False)]
    assert outcome.exact is False
    assert outcome.cost is not None
    assert outcome.cost > Usd(0), "the prompt was read and something was said"


def test_cancelling_twice_or_after_the_end_changes_nothing() -> None:
    clock = VirtualClock()
    call = Call(chat(), Plan(choices=ListedChoices((0,)), places=(place(0),)), call_id="c", seed=1, moment=clock())
    simulate(call, lambda _: GOOD, clock)
    call.handle_event(CancelRequested(), clock())
    call.handle_timeout(clock())
    assert call.next_command(clock()) is None
    assert call.state == "finished"


def test_a_grant_that_comes_after_a_cancellation_is_settled() -> None:
    clock = VirtualClock()
    call = Call(chat(), Plan(choices=ListedChoices((0,)), places=(place(0),)), call_id="c", seed=1, moment=clock())
    call.next_command(clock())
    call.handle_event(CancelRequested(), clock())
    assert call.next_command(clock()) is None
    call.handle_event(ReservationDecided(0, granted=True), clock())
    settle = call.next_command(clock())
    assert isinstance(settle, Settle)
    assert settle.record.cost == Usd(0)
    call.handle_event(SettlementRecorded(0), clock())
    assert isinstance(call.next_command(clock()), Finish)


def test_a_refusal_that_comes_after_a_cancellation_ends_the_call() -> None:
    clock = VirtualClock()
    call = Call(chat(), Plan(choices=ListedChoices((0,)), places=(place(0),)), call_id="c", seed=1, moment=clock())
    call.next_command(clock())
    call.handle_event(CancelRequested(), clock())
    call.handle_event(ReservationDecided(0, granted=False), clock())
    finish = call.next_command(clock())
    assert isinstance(finish, Finish)
    assert finish.outcome.attempts[0].status == "cancelled"


# -- misuse -----------------------------------------------------------------------------------------------------------------------------


def test_an_event_that_answers_nothing_is_misuse_and_names_the_state() -> None:
    clock = VirtualClock()
    call = Call(chat(), Plan(choices=ListedChoices((0,)), places=(place(0),)), call_id="c", seed=1, moment=clock())
    with pytest.raises(LocalProtocolError, match="there is no attempt 3"):
        call.handle_event(DataReceived(3, b""), clock())
    with pytest.raises(LocalProtocolError, match="ReservationDecided: attempt 0 is reserving and waits for nothing"):
        call.handle_event(ReservationDecided(0, granted=True), clock())
    call.next_command(clock())
    with pytest.raises(LocalProtocolError, match="ResponseStarted: attempt 0 is reserving and waits for reservation"):
        call.handle_event(ResponseStarted(0, ResponseHead(200, Headers())), clock())


def test_a_request_that_cannot_be_encoded_raises_before_anything_is_sent() -> None:
    operation = chat()
    broken = msgspec.structs.replace(
        operation, request=msgspec.structs.replace(operation.request, extras={"model": "twice"})
    )
    with pytest.raises(InvalidRequest, match="extras"):
        play([], operation=broken)


def test_a_first_item_limit_is_a_failure_with_a_name() -> None:
    run = play(
        [GOOD],
        limits=Limits(held_items=1),
        policies=Policies(cascade=CascadePolicy(), retry=RetryPolicy(max_attempts=1)),
    )
    failure = outcome_of(run).failure
    assert failure is not None
    assert failure.kind == "limit_exceeded"


def test_reads_are_one_at_a_time() -> None:
    run = play([GOOD])
    assert len(run.commands(ReadMore)) == len(WHOLE)
    assert BodyEnded not in {type(step) for _, step in run.trace}, "the end mark is evidence enough"


# -- other operations and other dialects ------------------------------------------------------------------------------------------------

PROBING = Policies(retry=RetryPolicy(max_retries=2, max_attempts=3, backoff=0.0))


def urls(run: Run) -> list[str]:
    return [command.request.url for command in run.commands(OpenAttempt)]


def test_a_list_of_models_costs_nothing_and_is_delivered() -> None:
    run = play([(Head(200, ()), Data(b'{"data": [{"id": "m"}]}'), End())], places=(place(0),), operation=ListModels())
    assert run.items[0] == ModelsListed([{"id": "m"}])
    assert (ListModels().name, outcome_of(run).cost, outcome_of(run).warnings) == ("models", Usd(0), ())
    failed = outcome_of(play([refusal(401)], places=(place(0),), operation=ListModels()))
    assert failed.failure is not None
    assert failed.failure.kind == "auth"


def test_a_probe_goes_down_its_list_until_one_is_answered() -> None:
    alive = (Head(200, ()), Data(b"{}"), End())
    run = play([refusal(404), refusal(401), alive], places=(place(0),), operation=Probe(), policies=PROBING)
    assert outcome_of(run).status == "complete"
    assert [url.rsplit("/", 1)[-1] for url in urls(run)] == ["liveliness", "readiness", "models"]
    assert (Probe().name, chat().name) == ("probe", "chat")
    assert len(ways(play([refusal(404)] * 3, places=(place(0),), operation=Probe(), policies=PROBING))) == 3


class Particular(msgspec.Struct, frozen=True):
    """A dialect that cannot say what the request asks for, and whose decoder never says how a reply ended."""

    name: str = "particular"
    encodes: bool = True

    def encode_chat(self, request: ChatRequest, target: Target, *, max_tokens: int | None, stream: bool) -> Encoded:
        if not self.encodes:
            raise InvalidRequest("audio", "cannot be said in this dialect")
        return DIALECT.encode_chat(request, target, max_tokens=max_tokens, stream=stream)

    def chat_decoder(
        self, head: ResponseHead, *, stream: bool, limits: Limits, keep_source: bool, answers: int = 1
    ) -> ReplyDecoder:
        return Speechless()

    def encode_models(self, target: Target) -> Encoded:
        return DIALECT.encode_models(target)

    def models_decoder(self, head: ResponseHead, *, limits: Limits) -> ReplyDecoder:
        return Speechless()

    def failure(self, head: ResponseHead, body: bytes, *, where: str, moment: Moment) -> Failure:
        return DIALECT.failure(head, body, where=where, moment=moment)


class Speechless:
    """A decoder of no items."""

    def receive_data(self, data: bytes) -> list[Item]:
        return [ImageDelta("data:,")] if data else []

    def receive_eof(self) -> list[Item]:
        return [UsageReported(Usage(input_tokens=1))]


def test_a_place_that_cannot_say_it_is_passed_over() -> None:
    dumb = msgspec.structs.replace(place(1), dialect=Particular(encodes=False))
    run = play([refusal(500), refusal(500), refusal(500), GOOD, GOOD], places=(place(0), dumb, place(2)))
    assert ways(run)[-2:] == [("place-1", "fallback", "failed"), ("place-2", "fallback", "complete")]
    failure = outcome_of(run).attempts[-2].failure
    assert failure is not None
    assert (failure.kind, failure.message) == ("unsupported", "audio: cannot be said in this dialect")


def test_a_decoder_that_does_not_say_how_it_ended_is_not_believed() -> None:
    odd = msgspec.structs.replace(place(0), dialect=Particular())
    failure = outcome_of(play([answer([b"x"])], places=(odd,))).failure
    assert failure is not None
    assert failure.kind == "truncated"


def test_the_telling_failure_is_the_other_sides_not_our_refusal() -> None:
    poor = msgspec.structs.replace(place(1), price=None)
    run = play([refusal(500)] * 3, places=(place(0), poor), max_cost=Usd.parse("0.01"))
    assert [one.failure.kind for one in outcome_of(run).attempts if one.failure] == ["server_error"] * 3 + [
        "over_ceiling"
    ]
    failure = outcome_of(run).failure
    assert failure is not None
    assert failure.kind == "server_error"


def test_a_call_that_no_place_can_afford_says_so() -> None:
    failure = outcome_of(play([], max_cost=Usd(1))).failure
    assert failure is not None
    assert failure.kind == "over_ceiling"


def test_a_call_shows_its_plan() -> None:
    clock = VirtualClock()
    plan = Plan(choices=ListedChoices((0,)), places=(place(0),))
    assert Call(chat(), plan, call_id="c", seed=1, moment=clock()).plan is plan


def test_late_events_of_an_ended_attempt_are_ignored() -> None:
    clock = VirtualClock()
    call = Call(chat(), Plan(choices=ListedChoices((0,)), places=(place(0),)), call_id="c", seed=1, moment=clock())
    call.next_command(clock())
    call.handle_event(ReservationDecided(0, granted=True), clock())
    call.next_command(clock())
    call.handle_event(CancelRequested(), clock())
    call.handle_event(ResponseStarted(0, ResponseHead(200)), clock())
    call.handle_event(DataReceived(0, DONE), clock())
    assert [type(call.next_command(clock())) for _ in range(3)] == [CloseAttempt, Settle, type(None)]


def test_a_head_beyond_its_limits_is_a_failure_with_a_name() -> None:
    crowd: Script = (Head(200, tuple((f"x-{number}", "y") for number in range(5))), *answer(WHOLE)[1:])
    run = play([crowd, GOOD], limits=Limits(head_fields=4), places=(place(0, card="m"), place(1, card="m")))
    failure = outcome_of(run).attempts[0].failure
    assert failure is not None
    assert failure.kind == "limit_exceeded"
    assert "head_fields" in failure.message
    assert outcome_of(run).status == "complete"


def test_after_a_bill_above_its_bound_nothing_further_opens() -> None:
    greedy = answer(
        [
            ROLE,
            text_chunk("dunno"),
            FINISH,
            chunk(choices=[], usage={"prompt_tokens": 12, "completion_tokens": 900}),
            DONE,
        ]
    )
    free = place(1, price=PriceCard.per_million(input=0, output=0))
    run = play(
        [greedy, GOOD],
        places=(place(0), free),
        operation=chat(max_tokens=50),
        max_cost=Usd.parse("1"),
        policies=CASCADE,
        judge=lambda _: False,
    )
    outcome = outcome_of(run)
    assert len(run.commands(OpenAttempt)) == 1
    assert (outcome.status, outcome.over_ceiling) == ("complete", True), "the answer that was paid for is delivered"
    assert outcome.cost == Usd(12 * 10**6 + 900 * 4 * 10**6)
