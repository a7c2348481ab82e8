"""The `modelmuxer` command (alias `muxer`), and the edge that reads configuration files and the environment (`load`)."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status (0 well, 1 a call failed, 2 usage or configuration, 130 interrupted)."""
    try:
        from muxer_cli.command import run  # noqa: PLC0415 `muxer_cli.local_model` and `.load` are used without the command

        return run(argv)
    except KeyboardInterrupt:  # while the command is loaded, too
        print("interrupted", file=sys.stderr)
        return 130
