"""Reads coverage's JSON report, lists every miss, and fails when a room is below its floor.

The floor is 100 % of lines and branches in the rooms where a wrong turn loses money or data, and 95 % everywhere else.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

WHOLE = ("muxer_core/call", "muxer_core/wire", "muxer_core/money", "muxer_core/routing")
ELSEWHERE = 95.0


def room_of(path: str) -> str:
    """`muxer_core/call/machine.py` is in `muxer_core/call`; `muxer_core/money.py` is a room of its own."""
    parts = Path(path).with_suffix("").parts
    return "/".join(parts[:2])


def misses_of(report: dict[str, Any]) -> str:
    """The lines that never ran, then the branches never taken, each as `from->to` (a negative line means: out of the function)."""
    lines = ", ".join(str(line) for line in report["missing_lines"])
    missing = set(report["missing_lines"])
    branches = ", ".join(f"{start}->{end}" for start, end in report.get("missing_branches", []) if start not in missing)
    return "; ".join(
        part for part in (f"lines {lines}" if lines else "", f"branches {branches}" if branches else "") if part
    )


def main(path: str) -> int:
    """Print the misses and the table of rooms; 1 when a floor is broken."""
    files: dict[str, dict[str, Any]] = json.loads(Path(path).read_text(encoding="utf-8"))["files"]
    reached: dict[str, int] = defaultdict(int)
    total: dict[str, int] = defaultdict(int)
    for name, report in sorted(files.items()):
        summary = report["summary"]
        room = room_of(name)
        reached[room] += summary["covered_lines"] + summary.get("covered_branches", 0)
        total[room] += summary["num_statements"] + summary.get("num_branches", 0)
        misses = misses_of(report)
        if misses:
            print(f"{name}: {misses}")
    print()
    broken: list[str] = []
    for room in sorted(total):
        percent = 100.0 * reached[room] / total[room] if total[room] else 100.0
        floor = 100.0 if room in WHOLE else ELSEWHERE
        enough = reached[room] == total[room] if room in WHOLE else percent >= floor
        if not enough:
            broken.append(room)
        print(
            f"{'' if enough else 'BELOW ':6}{room:32} {reached[room]:6} of {total[room]:6}  {percent:6.2f} %  (floor {floor:g} %)"
        )
    absent = [room for room in WHOLE if room not in total]
    if absent:
        print(f"No coverage was measured in {', '.join(absent)}")
    return 1 if broken or absent else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
