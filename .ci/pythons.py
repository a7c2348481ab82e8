"""Which CPythons are on this machine: one line each, `3.12 <path>`, the newest patch of every minor version, oldest first.

`--from 3.12` leaves out what is older; `--exactly 3.12` prints that one's path alone, or nothing. Looked at: PATH and pyenv's versions.
Pre-releases and interpreters without `venv` are left out.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path

ASK = """
import platform, sys
import ensurepip, venv
if platform.python_implementation() == "CPython" and sys.version_info.releaselevel == "final":
    print(*sys.version_info[:3], sys.executable)
"""


def candidates() -> list[Path]:
    """Files that may be interpreters."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [Path(name) for name in os.environ.get("PATH", "").split(os.pathsep) if name]
    folders += sorted(pyenv.glob("versions/*/bin"))
    return [
        path
        for folder in folders
        for path in sorted(folder.glob("python3*"))
        if path.name[7:].replace(".", "").isdigit()
    ]


def installed() -> dict[tuple[int, int], Path]:
    """The newest patch of each minor version that answers."""
    newest: dict[tuple[int, int], tuple[int, Path]] = {}
    for candidate in candidates():
        try:
            run = subprocess.run([candidate, "-I", "-c", ASK], capture_output=True, text=True, timeout=20, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if run.returncode == 0 and run.stdout.strip():
            major, minor, micro, path = run.stdout.strip().split(" ", 3)
            key = (int(major), int(minor))
            if key not in newest or int(micro) > newest[key][0]:
                newest[key] = (int(micro), Path(path))
    return {key: path for key, (_, path) in sorted(newest.items())}


def version(text: str) -> tuple[int, int]:
    """`3.12` as a pair."""
    major, minor = text.split(".")
    return int(major), int(minor)


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="oldest", type=version, default=(3, 0))
    parser.add_argument("--exactly", type=version)
    asked = parser.parse_args()
    for (major, minor), path in installed().items():
        if asked.exactly is not None:
            if (major, minor) == asked.exactly:
                print(path)
        elif (major, minor) >= asked.oldest:
            print(f"{major}.{minor}", path)


if __name__ == "__main__":
    main()
