"""Runs every case in fresh processes, interleaved, and prints each row's median with its spread, and the target where there is one.

No row is a test: this machine may be busy. `--quick` runs each case once, to see that it still runs.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.cases import CASES

ROOT = Path(__file__).resolve().parent.parent

TARGETS: dict[str, float] = {
    "import muxer_core, ms": 40,
    "import muxer_core, MiB": 10,
    "parse, one chunk a read": 2.5,
    "parse, 64 KiB reads": 1.5,
    "machine and driver on top, one chunk a read": 4,
    "machine and driver on top, 64 KiB reads": 0.5,
    "cost from usage": 1,
    "cost from the usage's bytes": 2,
    "route, 1000 deployments": 6,
    "decode openai_chat": 2.5,
    "decode anthropic_messages": 2.5,
    "decode gemini": 6,
    "decode openai_responses": 6,
    "translate openai_chat to anthropic_messages": 6,
    "translate anthropic_messages to openai_chat": 6,
    "pass through openai_chat": 2.5,
    "pass through anthropic_messages": 2.5,
}
"""The issues' numbers, in CPU microseconds unless the name says otherwise."""


def run(case: str, repetitions: int) -> dict[str, float]:
    """One case in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.cases", case, str(repetitions)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the case {case} failed:\n{done.stderr}")
    rows: dict[str, float] = json.loads(done.stdout)
    return rows


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--rounds", type=int, default=7, help="fresh processes a case (default 7)")
    parser.add_argument("cases", nargs="*", help=f"some of: {', '.join(CASES)}")
    options = parser.parse_args(arguments)
    rounds, repetitions = (1, 3) if options.quick else (options.rounds, 15)
    cases = options.cases or list(CASES)
    measured: dict[str, list[float]] = {}
    for _ in range(rounds):
        for case in cases:
            for name, value in run(case, repetitions).items():
                measured.setdefault(name, []).append(value)
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {rounds} rounds; CPU microseconds a thing unless named"
    )
    print(f"{'':52} {'median':>9} {'least':>9} {'most':>9} {'target':>8}")
    for name, values in measured.items():
        target = f"{TARGETS[name]:8g}" if name in TARGETS else ""
        print(f"{name:52} {statistics.median(values):9.2f} {min(values):9.2f} {max(values):9.2f} {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
