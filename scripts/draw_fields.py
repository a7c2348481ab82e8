"""Writes the pages of `docs/reference/fields` from the field tables of the dialects. `--check` fails when a page is out of date.

One page for each dialect: what each of its own fields becomes here and in every other dialect, and what it makes of ours.
"""

from __future__ import annotations

import sys
from pathlib import Path

from muxer_core.dialects.field_table import FieldTable, Row, crossing
from muxer_core.dialects.registry import FIELD_TABLES

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference" / "fields"
KEPT = {"-": "says nothing that is not said elsewhere", "=": "written by us"}


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _becomes(row: Row) -> str:
    if row.ours in KEPT:
        return KEPT[row.ours]
    return f"`{row.ours}`" if row.ours else "kept as its own"


def page(table: FieldTable, others: list[FieldTable]) -> str:
    """The page of one dialect."""
    lines = [
        f"# Fields of `{table.dialect}`",
        "",
        "Generated from the dialect's field table by `make docs`. *carried*: arrives as it was. *encoded*: arrives in another form and",
        "comes back as it was. *warned*: left out, and a warning names it. *refused*: the request is refused before money is spent.",
        "",
        f"Source of the fields: {table.source}",
        "",
        "## What its own fields become",
    ]
    for name, rows in table.objects.items():
        lines += [
            "",
            f"### `{name}`",
            "",
            "| field | here | " + " | ".join(f"in `{other.dialect}`" for other in others) + " | note |",
            "| --- | --- | " + "--- | " * len(others) + "--- |",
        ]
        for row in rows:
            fates = [crossing(row, other)[0] for other in others]
            lines.append(
                f"| `{_cell(row.name)}` | {_cell(_becomes(row))} | "
                + "".join(f"{fate} | " for fate in fates)
                + f"{_cell(row.note)} |"
            )
    lines += ["", "## What it makes of our fields", "", "| field | fate | how |", "| --- | --- | --- |"]
    lines += [f"| `{_cell(one.ours)}` | {one.fate} | {_cell(one.note)} |" for one in table.reach]
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """All pages, by file name."""
    known = {name: FIELD_TABLES[name]() for name in sorted(FIELD_TABLES)}
    return {
        f"{name}.md": page(table, [other for other in known.values() if other is not table])
        for name, table in known.items()
    }


def main(arguments: list[str]) -> int:
    """Write, or check."""
    stale = 0
    for name, text in pages().items():
        path = FOLDER / name
        if "--check" in arguments:
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                print(f"{path.name}: differs from the field table; run `make docs`", file=sys.stderr)
                stale = 1
        else:
            FOLDER.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
