"""For users' own tests: strategies, a referee, a state machine, virtual time and scripted transports. Needs Hypothesis; touches nothing.

The names below are the ones to begin with; `docs/guides/testing.md` shows them at work. Strategies for the values of one room are in the
module of that room's name.
"""

from muxer_core.simulation.clock import VirtualClock
from muxer_core.simulation.run import Run, simulate
from muxer_core.simulation.script import Break, Data, End, Hang, Head, Script, Wait, answer
from muxer_core.testing.calls import Scenario, reply_chunks, scenarios
from muxer_core.testing.courses import Course, courses, run_course
from muxer_core.testing.machine import CallMachine
from muxer_core.testing.referee import LawBroken, Referee
from muxer_core.testing.transports import AsyncScriptedTransport, SyncScriptedTransport

__all__ = [
    "AsyncScriptedTransport",
    "Break",
    "CallMachine",
    "Course",
    "Data",
    "End",
    "Hang",
    "Head",
    "LawBroken",
    "Referee",
    "Run",
    "Scenario",
    "Script",
    "SyncScriptedTransport",
    "VirtualClock",
    "Wait",
    "answer",
    "courses",
    "reply_chunks",
    "run_course",
    "scenarios",
    "simulate",
]
