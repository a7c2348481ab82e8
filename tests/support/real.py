"""What a test marked `real` says when the real thing is missing.

`make test` runs anywhere, so a missing model or proxy skips with a reason. Where everything was installed on purpose,
`MUXER_REQUIRE_REAL=1` turns every such skip into a failure (see `tests/conftest.py`): a run that was meant to prove something cannot
pass by not running.
"""

from __future__ import annotations

import os


def real_is_required() -> bool:
    """Whether this run must meet the real servers."""
    return os.environ.get("MUXER_REQUIRE_REAL", "") not in {"", "0"}
