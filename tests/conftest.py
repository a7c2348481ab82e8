"""Rules for the whole suite: how hard Hypothesis searches, where real servers run, and that a required real server cannot be skipped."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator

import hypothesis
import pytest

from tests.support.real import real_is_required

# No deadlines: two busy cores make one slow example, not a bug. The global timeout of a test still holds.
hypothesis.settings.register_profile("default", deadline=None)
# A gate must say the same twice, so the examples follow from the test alone; whoever hunts for bugs runs the other two.
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
# The same on another CPython asks only whether anything differs there.
hypothesis.settings.register_profile("brief", deadline=None, derandomize=True, print_blob=True, max_examples=20)
hypothesis.settings.register_profile("hunt", deadline=None, max_examples=2_000, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "default"))

# A shell that starts a job in the background has it ignore interrupts, and children inherit that. Tests that interrupt need the usual way.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `real` run in one process, so that each real server is started once however many processes share the suite."""
    for item in items:
        if item.get_closest_marker("real"):
            item.add_marker(pytest.mark.xdist_group("real"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under MUXER_REQUIRE_REAL=1, a test marked `real` that was skipped has failed."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and real_is_required() and item.get_closest_marker("real"):
        report.outcome = "failed"
        report.longrepr = f"MUXER_REQUIRE_REAL is set, but this test was skipped: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole module of `tests/real` that skips itself while it is being collected."""
    report = yield
    if report.skipped and real_is_required() and "real" in collector.path.parts:
        report.outcome = "failed"
        report.longrepr = f"MUXER_REQUIRE_REAL is set, but {collector.path.name} was skipped: {report.longrepr}"
    return report
