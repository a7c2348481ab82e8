"""Draws the state diagrams of `docs/concepts/call.md` from the live transition tables. `--check` fails when the page is out of date."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from muxer_core.call.transitions import ATTEMPT, CALL

PAGE = Path(__file__).resolve().parent.parent / "docs" / "concepts" / "call.md"


def diagram(table: Mapping[tuple[str, str], frozenset[str]], first: str, last: str) -> str:
    """A Mermaid state diagram of one table; every line is one move."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}"]
    lines += [
        f"    {state} --> {target}: {fact}" for (state, fact), targets in table.items() for target in sorted(targets)
    ]
    return "\n".join([*lines, f"    {last} --> [*]", "```"])


def drawn(page: str) -> str:
    """The page, with both diagrams redrawn between their marks."""
    for name, text in (
        ("attempt", diagram(ATTEMPT, "planned", "closed")),
        ("call", diagram(CALL, "seeking", "finished")),
    ):
        start, end = f"<!-- {name}: drawn -->\n", f"\n<!-- {name}: end -->"
        before, _, rest = page.partition(start)
        _, _, after = rest.partition(end)
        page = f"{before}{start}{text}{end}{after}"
    return page


def main(arguments: list[str]) -> int:
    """Draw, or check."""
    page = PAGE.read_text(encoding="utf-8")
    fresh = drawn(page)
    if "--check" in arguments:
        if fresh != page:
            print(f"{PAGE.name}: the diagrams differ from the transition tables; run `make docs`", file=sys.stderr)
        return int(fresh != page)
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
