"""`modelmuxer route`: where a request would go and why, without making a call."""

from __future__ import annotations

import argparse
from typing import Any

from muxer_cli.asking import add_request_arguments, messages_of, options_of
from muxer_cli.load import Settings
from muxer_cli.open_client import config_for
from muxer_cli.report import failure_fields
from muxer_cli.screen import Screen, dollars
from muxer_core.asking import chat_request
from muxer_core.muxer import Muxer
from muxer_core.routing.decision import Decision
from muxer_core.values.context import CallContext
from muxer_core.values.failure import Failure
from muxer_drivers.world import system_clock

HELP = "say where a request would go and why; no call is made"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add_request_arguments(parser)
    parser.add_argument(
        "--explain", action="store_true", help="list every candidate, and every rejection with its rule"
    )


def run(arguments: argparse.Namespace, settings: Settings, screen: Screen) -> int:
    """Decide, and say how."""
    request = chat_request(messages_of(arguments), arguments.model, options_of(arguments))
    muxer = Muxer(config_for(settings, arguments.model))
    decision = muxer.explain(request, system_clock(), context=CallContext(tags=tuple(arguments.tag)))
    if isinstance(decision, Failure):
        if screen.as_json:
            screen.json({"error": failure_fields(decision)})
        else:
            screen.trouble(f"modelmuxer: {decision.describe()}")
        return 1
    if screen.as_json:
        screen.json(decision_fields(decision))
        return 0
    screen.fact("decision", decision.reason)
    if arguments.explain:
        _explain(decision, screen)
    return 0


def decision_fields(decision: Decision) -> dict[str, Any]:
    """The decision as JSON, candidates and rejections included."""
    candidates = [
        {
            "where": one.name,
            "expected_cost_usd": dollars(one.cost),
            "in_flight": one.in_flight,
            "first_chunk": one.first_chunk,
        }
        for one in decision.candidates()
    ]
    rejections = [{"where": one.name, "rule": one.rule, "why": decision.why_not(one)} for one in decision.rejections()]
    return {**decision.record(), "candidates": candidates, "rejections": rejections}


def _explain(decision: Decision, screen: Screen) -> None:
    screen.line()
    rows = [
        (one.name, "unknown" if one.cost is None else str(one.cost), "chosen" if one.name == decision.where else "")
        for one in decision.candidates()
    ]
    screen.table(("candidate", "expected cost", ""), rows)
    rejections = decision.rejections()
    if rejections:
        screen.line()
        screen.table(("rejected", "why"), [(one.name, decision.why_not(one)) for one in rejections])
