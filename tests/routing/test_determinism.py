"""Law 9 for routing: equal inputs, equal decisions, whatever the hash seed of the process and whatever was decided before."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.routing.decide_once import lines
from tests.support.shared import REPO_ROOT


def said_under(hash_seed: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "tests.routing.decide_once"],
        cwd=REPO_ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_two_hash_seeds_say_the_same_as_this_process() -> None:
    expected = "\n".join(lines()) + "\n"
    assert said_under("1") == said_under("4711") == expected
    assert expected.count("by hybrid") > 3
    assert "over_ceiling" in expected
