"""Where the large test data lies, when it is on this machine.

Recordings and price lists too large for this repository live in a folder named `shared` beside it. `MUXER_SHARED` names another place.
A test that needs them asks `shared_path`, which skips with the reason; the suite passes without them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPO_ROOT = Path(__file__).resolve().parents[2]


def shared_dir() -> Path | None:
    """The folder of large test data, or None when this machine has none."""
    named = os.environ.get("MUXER_SHARED")
    folder = Path(named) if named else REPO_ROOT.parent / "shared"
    return folder if folder.is_dir() else None


def shared_path(*parts: str) -> Path:
    """A file or folder of the large test data; skips the asking test when it is not here."""
    folder = shared_dir()
    if folder is None:
        pytest.skip(
            "the large test data is not on this machine: no folder `shared` beside the repository, and MUXER_SHARED is unset"
        )
    path = folder.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the large test data on this machine has no {'/'.join(parts)}")
    return path
