"""Which async library runs the current task. Decided at each call, so that one client class serves both."""

from __future__ import annotations

import sys

from muxer_drivers.asyncio_driver import AsyncioRuntime
from muxer_drivers.runtime import Runtime


def runtime_here() -> Runtime:
    """A runtime for the library that runs the current task."""
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_task():
        from muxer_drivers.trio_driver import TrioRuntime  # noqa: PLC0415 - trio is optional

        return TrioRuntime()
    return AsyncioRuntime()
