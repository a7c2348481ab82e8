"""Builds the source archive and from it the wheel, installs the wheel into an empty environment, and looks at what a user then has.

Checked there: msgspec is the only other package; every module of the core imports; every `py.typed` and data file arrived and nothing else
did; a user's program type-checks against it; and the command answers once its extra is installed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints" / "development.txt"

IMPORT_ALL = """
import importlib, pkgutil
import muxer_core
names = [module.name for module in pkgutil.walk_packages(muxer_core.__path__, "muxer_core.")]
names = [name for name in names if not name.startswith("muxer_core.testing")]
for name in names:
    importlib.import_module(name)
print(len(names), "modules of the core import with msgspec alone, from", muxer_core.__path__[0])
"""

USER_PROGRAM = """
from muxer_core.values.request import ChatRequest
from muxer_core.values.messages import Message, TextPart

request = ChatRequest(model="gpt-4o", messages=(Message("user", (TextPart("Hello"),)),))
reveal_type(request.model)
"""


class Unfit(Exception):
    """The wheel is not what a user should get."""


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command and give what it printed; what it said is part of the error when it fails."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unfit(f"{' '.join(str(part) for part in command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def expected_files() -> set[str]:
    """What the wheel must hold: every file that git knows under the packages, by its path from the import root."""
    listed = run(
        "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "muxer_core", "transports", cwd=ROOT
    )
    return {name.removeprefix("transports/") for name in listed.split("\0") if name and (ROOT / name).is_file()}


def check(folder: Path) -> None:
    """Build, install, look."""
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
        (metadata_name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = archive.read(metadata_name).decode()
        licences = [name for name in archive.namelist() if name.endswith(("/licenses/LICENSE", "/licenses/NOTICE"))]
    if found != expected_files():
        raise Unfit(
            f"missing from the wheel: {sorted(expected_files() - found)}; too much in it: {sorted(found - expected_files())}"
        )
    required = [line for line in metadata.splitlines() if line.startswith("Requires-Dist:") and "extra ==" not in line]
    if len(required) != 1 or "msgspec" not in required[0]:
        raise Unfit(f"the core may require msgspec alone, but requires {required}")
    if len(licences) != 2:
        raise Unfit(f"LICENSE and NOTICE must be in the wheel, found {licences}")
    print(f"{wheel.name}: {len(found)} files, {wheel.stat().st_size // 1024} KiB, requires msgspec alone")

    environment = folder / "clean"
    run(sys.executable, "-m", "venv", environment, cwd=folder)
    python = environment / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "-c", CONSTRAINTS, wheel, cwd=folder)
    installed = {line.split("==")[0] for line in run(python, "-m", "pip", "freeze", cwd=folder).splitlines()}
    if {name.split(" ")[0] for name in installed} != {"msgspec", "muxer-core"}:
        raise Unfit(f"installed with the core: {sorted(installed)}")
    print(run(python, "-I", "-c", IMPORT_ALL, cwd=folder).strip())

    program = folder / "user_program.py"
    program.write_text(USER_PROGRAM, encoding="utf-8")
    said = run(
        sys.executable, "-m", "mypy", "--strict", "--python-executable", python, "--no-incremental", program, cwd=folder
    )
    if '"str"' not in said:
        raise Unfit(f"a user's type checker does not see our types: {said}")
    print("A user's program type-checks against it, strictly.")

    run(python, "-m", "pip", "install", "--quiet", "-c", CONSTRAINTS, f"{wheel}[cli,httpx]", cwd=folder)
    for command in ("modelmuxer", "muxer"):
        said = run(environment / "bin" / command, "--help", cwd=folder)
        print(f"{command} --help: {said.strip().splitlines()[0]}")


def main() -> int:
    """Print what was found; 1 when the wheel is unfit."""
    with tempfile.TemporaryDirectory(prefix="muxer-wheel-") as name:
        try:
            check(Path(name))
        except Unfit as problem:
            print(problem, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
