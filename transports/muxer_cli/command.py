"""The `modelmuxer` command: its arguments, and what becomes of errors.

Exit status: 0 well, 1 a call failed, 2 usage or configuration; `main` adds 130, interrupted. Errors are words on standard error (what,
where, what to do next), or with `--json` an object with the key `error` on standard output. Each sub-command is a module with
`add_arguments` and `run`.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from muxer_core.call.outcome import CallFailed
from muxer_core.config.problems import ConfigError
from muxer_core.values.errors import LocalProtocolError

WELL, FAILED, USAGE = 0, 1, 2

COMMANDS: dict[str, str] = {
    "chat": "muxer_cli.chat",
    "models": "muxer_cli.models",
    "cost": "muxer_cli.cost",
    "route": "muxer_cli.route",
    "health": "muxer_cli.health",
}
"""Commands that work with a configuration. Their modules are imported when the arguments are built."""

NEEDED = {"dotenv": "cli", "httpx": "cli", "rich": "cli", "yaml": "cli"}


def run(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit status."""
    _mend_streams()
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        if given[:1] == ["decode"]:
            return importlib.import_module("muxer_cli.decode").main(given[1:])  # type: ignore[no-any-return]  # a module by name
        arguments = _parser().parse_args(given)
        return _dispatch(arguments)
    except SystemExit as leaving:  # argparse has said what it had to say
        return leaving.code if isinstance(leaving.code, int) else USAGE
    except ModuleNotFoundError as error:
        if error.name not in NEEDED:
            raise
        print(
            f"modelmuxer: the package {error.name} is missing: pip install 'muxer-core[{NEEDED[error.name]}]'",
            file=sys.stderr,
        )
        return USAGE
    except OSError as error:  # what reads files and what calls servers answers for itself, so this is about the output
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still in its buffer goes nowhere
        if not isinstance(error, BrokenPipeError):  # a reader that has gone wants to hear no more
            print(f"modelmuxer: cannot write the output: {error.strerror or error}", file=sys.stderr)
        return FAILED


def _mend_streams() -> None:
    """A closed stream (`>&-`, as under cron) is an empty one; a terminal that cannot show a character shows a question mark."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 it stays open as long as the program runs
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="modelmuxer",
        description="Calls to language models: routed, retried, within a budget, at an exact cost.",
        epilog="Exit status: 0 well, 1 a call failed, 2 usage or configuration. The configuration is --config FILE, or the file that "
        "MUXER_CONFIG names, or muxer.toml here; LITELLM_BASE_URL or a provider's key variable alone will do, too.",
    )
    parser.add_argument("--version", action="version", version=f"modelmuxer {importlib.metadata.version('muxer-core')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module_name in COMMANDS.items():
        module = importlib.import_module(module_name)
        command = _add(commands, name, module.HELP)
        _add_config(command)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    _add(commands, "decode", "decode recorded exchanges: one JSON line for each exchange of a file", json=False)
    demo = _add(commands, "demo", "see it all on a real small model on this machine, without a key")
    demo.set_defaults(run=None)
    config = commands.add_parser("config", help="about configurations").add_subparsers(required=True, metavar="COMMAND")
    module = importlib.import_module("muxer_cli.config_check")
    check = _add(config, "check", module.HELP)
    check.add_argument("config", nargs="?", metavar="FILE", help="muxer.toml, or a YAML file of ours or of LiteLLM")
    check.set_defaults(run=module.run)
    return parser


def _add(commands: Any, name: str, words: str, *, json: bool = True) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=words, description=f"{words[0].upper()}{words[1:]}."
    )
    if json:
        command.add_argument("--json", action="store_true", help="print JSON, for scripts")
    return command


def _add_config(command: argparse.ArgumentParser) -> None:
    command.add_argument("-c", "--config", metavar="FILE", help="configuration: TOML or YAML, ours or LiteLLM's")


def _dispatch(arguments: argparse.Namespace) -> int:
    from muxer_cli.load import load_settings  # noqa: PLC0415 --help needs none of these
    from muxer_cli.report import failure_fields  # noqa: PLC0415 likewise
    from muxer_cli.screen import Screen  # noqa: PLC0415 likewise

    screen = Screen(as_json=arguments.json)
    try:
        if arguments.command == "demo":
            return int(importlib.import_module("muxer_cli.demo").run(screen))
        return int(arguments.run(arguments, load_settings(arguments.config), screen))
    except ConfigError as error:
        if screen.as_json:
            problems = [{"path": one.path, "line": one.line, "message": one.message} for one in error.problems]
            screen.json({"error": {"kind": "config", "message": str(error), "problems": problems}})
        else:
            screen.trouble(_config_trouble(arguments, error))
        return USAGE
    except LocalProtocolError as error:
        if screen.as_json:
            screen.json({"error": {"kind": "usage", "message": str(error), "field": getattr(error, "field", None)}})
        else:
            screen.trouble(f"modelmuxer: {error}")
        return USAGE
    except CallFailed as error:
        failure = error.outcome.failure
        if screen.as_json:
            screen.json({"error": {"kind": "cancelled"} if failure is None else failure_fields(failure)})
        else:
            screen.trouble(f"modelmuxer: {error}")
        return FAILED


def _config_trouble(arguments: argparse.Namespace, error: ConfigError) -> str:
    where = getattr(arguments, "config", None) or "the configuration"
    count = "a problem" if len(error.problems) == 1 else f"{len(error.problems)} problems"
    lines = "\n".join(f"  {problem}" for problem in error.problems)
    return f"modelmuxer: {where} has {count}:\n{lines}\nNext: correct it, and run `modelmuxer config check`."
