"""Loads a configuration from files and environment: the edge at which the core's `Config` gets its mapping.

What goes before what: arguments > environment > `.env` > file. Without a file, `LITELLM_BASE_URL` alone is a configuration, and so is the
usual key variable of any provider that is known by name (`OPENAI_API_KEY`, …). Secrets stay in `Credentials`, never in the configuration.
"""

from __future__ import annotations

import io
import os
from collections import ChainMap
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from muxer_cli.files import read_config_file, read_text
from muxer_core.config.known_providers import KNOWN_PROVIDERS
from muxer_core.config.litellm import Imported, import_litellm, is_litellm
from muxer_core.config.presets import Preset
from muxer_core.config.problems import ConfigError, Problem
from muxer_core.config.schema import Config
from muxer_core.dialects.registry import CLIENT_DIALECTS
from muxer_drivers.credentials import Credentials

FILE_VARIABLE = "MUXER_CONFIG"
FILE_NAME = "muxer.toml"
LITELLM = "litellm"

_TRUE = ("1", "true", "yes", "on")
_FALSE = ("", "0", "false", "no", "off")


class Settings(NamedTuple):
    """A configuration, the credentials that it names, and where it is from. `notes` are for people: what was set and is not used.

    `mapping` is what `config` was made of; `report` is what became of the settings of a LiteLLM file.
    """

    config: Config
    credentials: Credentials
    source: str
    mapping: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    report: tuple[Imported, ...] = ()


def load_config(
    path: str | os.PathLike[str] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Config:
    """The configuration alone, for those whose keys are in the environment; see `load_settings`."""
    return load_settings(path, environ=environ, overrides=overrides).config


def load_settings(
    path: str | os.PathLike[str] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Load `path`, or the file that `MUXER_CONFIG` names, or `muxer.toml` in the current folder, or none.

    `environ` stands for the environment; `overrides` is a mapping of the same shape as a file, and goes before everything. Raises
    `ConfigError` with every problem, and the lines of the file.
    """
    environment = ChainMap(dict(os.environ if environ is None else environ), _dot_env())
    file = _file(path, environment)
    mapping: dict[str, Any] = {}
    lines: dict[str, int] = {}
    secrets: dict[str, str] = {}
    report: tuple[Imported, ...] = ()
    if file is not None:
        content, lines = read_config_file(file)
        mapping = dict(deepcopy(content))
        if is_litellm(content):
            imported = import_litellm(content, environment=environment, lines=lines)
            mapping, secrets, report, lines = imported.mapping, imported.secrets, imported.report, {}
    said = _Environment(environment, mapping)
    said.apply()
    _merge(mapping, overrides or {})
    if not mapping.get("providers"):
        said.stand_in(file)
    try:
        config = Config.from_mapping(mapping, lines=lines)
    except ConfigError as error:
        raise ConfigError(said.named(problem) for problem in error.problems) from None
    source = str(file) if file is not None else said.source
    return Settings(
        config,
        Credentials(secrets, environment=environment, keys=config.fleet.keys),
        source,
        mapping,
        tuple(said.notes),
        report,
    )


def _dot_env() -> dict[str, str]:
    from dotenv import dotenv_values  # noqa: PLC0415 not needed to import this module

    file = Path(".env")
    if not (file.is_file() or file.is_fifo()):  # secret stores offer a pipe
        return {}
    given = dotenv_values(stream=io.StringIO(read_text(file)))
    return {name: value for name, value in given.items() if value is not None}


def _file(path: str | os.PathLike[str] | None, environment: Mapping[str, str]) -> Path | None:
    named = path or environment.get(FILE_VARIABLE)
    if named:
        return Path(named)
    usual = Path(FILE_NAME)
    return usual if usual.is_file() else None


def _merge(mapping: dict[str, Any], over: Mapping[str, Any]) -> None:
    """Put `over` on top, table by table; lists are replaced."""
    for key, value in over.items():
        below = mapping.get(key)
        if isinstance(below, dict) and isinstance(value, Mapping):
            _merge(cast("dict[str, Any]", below), cast("Mapping[str, Any]", value))
        else:
            mapping[key] = deepcopy(cast("object", value))


class _Environment:
    """What the environment says about a configuration, put into its mapping; it remembers who said what, for errors."""

    def __init__(self, environment: Mapping[str, str], mapping: dict[str, Any]) -> None:
        self._environment = environment
        self._mapping = mapping
        self._origins: dict[str, str] = {}
        self.notes: list[str] = []
        self.source = "the environment"

    def named(self, problem: Problem) -> Problem:
        """The problem, at the variable's name if a variable is to blame."""
        variable = self._origins.get(problem.path)
        return problem if variable is None else Problem(f"environment variable {variable}", problem.message)

    def _table(self, *keys: str) -> dict[str, Any]:
        """A table inside the mapping, made if need be. A value of another kind there is left for the schema to refuse."""
        table = self._mapping
        for key in keys:
            below: Any = table.setdefault(key, {})
            table = cast("dict[str, Any]", below) if isinstance(below, dict) else {}
        return table

    def apply(self) -> None:
        """Put in what the variables say."""
        strategy = self._environment.get("DEFAULT_ROUTING_STRATEGY")
        if strategy:
            self._table("routing")["strategy"] = strategy
            self._origins["routing.strategy"] = "DEFAULT_ROUTING_STRATEGY"
        self._cascade()
        base_url = self._environment.get("LITELLM_BASE_URL")
        if not base_url:
            return
        providers = self._table("providers")
        if LITELLM in providers or not providers:
            self._litellm(base_url, alone=not providers)
        else:
            self.notes.append(
                "LITELLM_BASE_URL is set and not used: the configuration names other providers, and none is called litellm"
            )

    def _cascade(self) -> None:
        word = self._environment.get("CASCADE_ROUTING_ENABLED", "").strip().lower()
        if word in _TRUE:
            self._mapping.setdefault("cascade", {})
        elif word not in _FALSE:
            words = f"must be one of {', '.join((*_TRUE, *_FALSE[1:]))}"
            raise ConfigError([Problem("environment variable CASCADE_ROUTING_ENABLED", words)])
        elif "CASCADE_ROUTING_ENABLED" in self._environment:
            self._mapping.pop("cascade", None)

    def _litellm(self, base_url: str, *, alone: bool) -> None:
        provider = self._table("providers", LITELLM)
        provider["base_url"] = with_version(base_url)
        self._origins["providers.litellm.base_url"] = "LITELLM_BASE_URL"
        if self._environment.get("LITELLM_API_KEY"):
            provider.setdefault("credential", "env:LITELLM_API_KEY")
        if alone and not self._mapping.get("deployments"):
            self._mapping["deployments"] = [{"model": "*", "provider": LITELLM, "upstream_model": "*"}]
            self.source = "LITELLM_BASE_URL"

    def stand_in(self, file: Path | None) -> None:
        """No provider is configured: take those whose keys are in the environment. Raises `ConfigError` when there is none."""
        alone = {name: known for name, known in KNOWN_PROVIDERS.items() if _stands_alone(known)}
        keys = {
            name: next((one for one in known.variables if self._environment.get(one)), None)
            for name, known in alone.items()
        }
        found = {name: variable for name, variable in keys.items() if variable is not None}
        if not found:
            variables = ", ".join(("LITELLM_BASE_URL", *(one for known in alone.values() for one in known.variables)))
            where = f"{file} names no provider" if file is not None else f"there is no {FILE_NAME} in this folder"
            words = f"nothing is configured: {where}, and none of these variables is set: {variables}. Set one, or write a [providers.NAME]"
            raise ConfigError([Problem("", words)])
        self._mapping["providers"] = {name: {} for name in found}
        self.source = " and ".join(found.values())


def _stands_alone(preset: Preset) -> bool:
    """Is a key in the environment all that it needs?"""
    return bool(preset.variables) and not preset.settings and preset.dialect in CLIENT_DIALECTS


def with_version(base_url: str) -> str:
    """The address of an OpenAI-compatible API; a bare host, as LiteLLM's documentation writes it, means its `/v1`.

    >>> with_version("http://127.0.0.1:4000/"), with_version("http://127.0.0.1:4000/v1")
    ('http://127.0.0.1:4000/v1', 'http://127.0.0.1:4000/v1')
    """
    bare = base_url.strip().rstrip("/")
    return bare if urlsplit(bare).path.strip("/") else f"{bare}/v1"
