"""How things are timed: CPU time of this process, the median of several repetitions, after one that is not counted."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable


def cpu_seconds(work: Callable[[], object], repetitions: int) -> float:
    """Median CPU seconds of one call of `work`, with the collector off."""
    work()
    taken: list[float] = []
    gc.collect()
    gc.disable()
    try:
        for _ in range(repetitions):
            begun = time.process_time()
            work()
            taken.append(time.process_time() - begun)
    finally:
        gc.enable()
    return statistics.median(taken)


def microseconds_each(work: Callable[[], object], times: int, repetitions: int) -> float:
    """Median CPU microseconds of one of the `times` things that `work` does."""
    return cpu_seconds(work, repetitions) / times * 1e6
