"""How a call went, in words and as JSON: decision, attempts, usage, cost. Used by `chat` and by the demo."""

from __future__ import annotations

from typing import Any

from muxer_cli.screen import Screen, dollars
from muxer_core.call.outcome import AttemptRecord, Outcome
from muxer_core.values.failure import Failure
from muxer_core.values.usage import Usage


def failure_fields(failure: Failure) -> dict[str, Any]:
    """A failure as JSON: what happened, where, and what to do next."""
    return {
        "kind": failure.kind,
        "message": failure.message,
        "where": failure.where,
        "status": failure.status,
        "code": failure.code,
        "retry_after": failure.retry_after,
        "next": failure.next_step,
    }


def outcome_fields(outcome: Outcome) -> dict[str, Any]:
    """An outcome as JSON. Costs are US dollars as text, exact; times are seconds since the call began."""
    return {
        "call_id": outcome.call_id,
        "status": outcome.status,
        "finish_reason": outcome.finish_reason,
        "decision": None if outcome.decision is None else outcome.decision.record(),
        "attempts": [_attempt_fields(one) for one in outcome.attempts],
        "usage": _usage_fields(outcome.usage),
        "cost_usd": dollars(outcome.cost),
        "exact": outcome.exact,
        "over_ceiling": outcome.over_ceiling,
        "warnings": list(outcome.warnings),
        "failure": None if outcome.failure is None else failure_fields(outcome.failure),
    }


def _usage_fields(usage: Usage | None) -> dict[str, Any] | None:
    return None if usage is None else {field: getattr(usage, field) for field in usage.__struct_fields__}


def _attempt_fields(attempt: AttemptRecord) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "where": attempt.where,
        "cause": attempt.cause,
        "status": attempt.status,
        "opened": attempt.opened,
        "first_chunk": attempt.first_chunk,
        "ended": attempt.ended,
        "failure": None if attempt.failure is None else failure_fields(attempt.failure),
        "cost_usd": dollars(attempt.cost),
        "exact": attempt.exact,
    }


def print_outcome(outcome: Outcome, screen: Screen) -> None:
    """The outcome, a fact a line."""
    if outcome.decision is not None:
        screen.fact("decision", outcome.decision.reason)
    if len(outcome.attempts) != 1 or outcome.status != "complete":
        for attempt in outcome.attempts:
            screen.fact(f"attempt {attempt.number + 1}", attempt_in_words(attempt))
    served = next((one for one in outcome.attempts if one.status == "complete"), None)
    if served is not None:
        screen.fact("served by", served.where)
    screen.fact("usage", usage_in_words(outcome.usage))
    screen.fact("cost", cost_in_words(outcome))
    for warning in outcome.warnings:
        screen.fact("warning", warning)


def attempt_in_words(attempt: AttemptRecord) -> str:
    """Where, why, how it ended and how long it took.

    >>> attempt_in_words(
    ...     AttemptRecord(
    ...         number=0, where="small", cause="first", status="complete", opened=0.0, first_chunk=0.25, ended=1.5
    ...     )
    ... )
    'small, first choice: complete after 1.50 s, first token after 0.25 s'
    """
    cause = "first choice" if attempt.cause == "first" else attempt.cause
    words = f"{attempt.where}, {cause}: {attempt.status} after {attempt.ended:.2f} s"
    if attempt.opened is None:
        words += ", nothing was sent"
    elif attempt.first_chunk is None:
        words += ", before its first token"
    else:
        words += f", first token after {attempt.first_chunk:.2f} s"
    return words if attempt.failure is None else f"{words}; {attempt.failure.kind}: {attempt.failure.message}"


def usage_in_words(usage: Usage | None) -> str:
    """The counts, and who counted.

    >>> usage_in_words(Usage(input_tokens=12, output_tokens=3, cached_input_tokens=8))
    '12 tokens in (8 of them cached), 3 out, counted by the provider'
    """
    if usage is None:
        return "not known"
    cached = f" ({usage.cached_input_tokens} of them cached)" if usage.cached_input_tokens else ""
    thinking = f" ({usage.reasoning_tokens} of them reasoning)" if usage.reasoning_tokens else ""
    who = "counted by the provider" if usage.exact else "estimated"
    return f"{usage.input_tokens} tokens in{cached}, {usage.output_tokens} out{thinking}, {who}"


def cost_in_words(outcome: Outcome) -> str:
    """The cost of all attempts, and how sure it is; beside it, what the provider or a proxy reported."""
    reported = [one.reported_cost for one in outcome.attempts if one.reported_cost is not None]
    beside = (
        f" ({reported[-1].source} said ${reported[-1].pico_usd / 10**12:.12f}".rstrip("0") + ")" if reported else ""
    )
    if outcome.cost is None:
        return f"unknown: no price is known for a model that was used{beside}"
    over = "; more than max_cost, as the provider billed above its bound" if outcome.over_ceiling else ""
    attempts = f" over {len(outcome.attempts)} attempts" if len(outcome.attempts) > 1 else ""
    sure = "exact" if outcome.exact else "estimated, since usage was not reported"
    return f"{outcome.cost}{attempts}, {sure}{over}{beside}"
