"""Draws `docs/reference/presets.md` from the table of presets. `--check` fails when the page is out of date."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from muxer_core.config.known_providers import KNOWN_PROVIDERS
from muxer_core.config.presets import Preset

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "presets.md"

HEAD = """\
# Presets of providers

<!-- Drawn by scripts/draw_presets.py from muxer_core/config/known_providers.py; do not edit it here. -->

A provider that is called by one of these names, or that names one with `preset`, needs no more than what differs from account to account.
Words in braces are filled in from the provider's `settings`. What a provider's own table says goes before its preset: see
[configuration](../guides/configuration.md), and [credentials](../guides/credentials.md) for what a credential's name can be.
"""

TAIL = """\
Options are set where the vendor's page or a recorded exchange says so; what is not named is the dialect's usual way. Notes and pages:
"""


def _credential(preset: Preset) -> str:
    name = preset.usual_credential
    if name is None:
        return "none"
    shown = ", ".join(f"`{one}`" for one in preset.variables) or f"`{name}`"
    return f"{shown}, as `{preset.credential_scheme}`" if preset.variables else shown


def _options(preset: Preset) -> str:
    return ", ".join(
        f"`{key} = {json.dumps(value)}`" for key, value in (*preset.options.items(), *preset.headers.items())
    )


def drawn() -> str:
    """The whole page."""
    rows = [
        f"| `{name}` | `{preset.base_url}` | `{preset.dialect}` | {_credential(preset)} | {_options(preset)} |"
        for name, preset in KNOWN_PROVIDERS.items()
    ]
    notes = [
        f"* `{name}`: {preset.note + '. ' if preset.note else ''}<{preset.page}>, read {preset.date}."
        for name, preset in KNOWN_PROVIDERS.items()
    ]
    table = ["| preset | address | dialect | key | options |", "| --- | --- | --- | --- | --- |", *rows]
    return "\n".join((HEAD, *table, "", TAIL, *notes, ""))


def main(arguments: list[str]) -> int:
    """Draw, or check; returns the exit status."""
    fresh = drawn()
    if "--check" in arguments:
        if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != fresh:
            print(f"{PAGE.name} is not what the table of presets makes of it; run `make docs`", file=sys.stderr)
            return 1
        return 0
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
