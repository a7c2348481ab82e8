"""From tables to providers: the preset that a provider names or is called after, what its own table says over it, and what is wrong.

Rules that hold here: a provider that is known by name needs no address (`known_providers`); a user's table goes before the preset; no
problem shows what may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from muxer_core.catalog.deployments import ANY_MODEL, Provider
from muxer_core.config.known_providers import KNOWN_PROVIDERS
from muxer_core.config.presets import Preset, fill_in, scheme_of
from muxer_core.config.problems import Problems, inside
from muxer_core.config.reading import NONE, read_table
from muxer_core.config.tables import FileTable, ProviderTable
from muxer_core.dialects.registry import CLIENT_DIALECTS
from muxer_core.values.credential import CredentialRef, CredentialScheme
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.spelling import did_you_mean
from muxer_core.values.usage import JsonValue
from muxer_core.wire.heads import Headers

_LOOKS_SECRET = re.compile(r"(?:sk|pk|gsk|xai|rk|key|Bearer)[-_ ].{8,}|[A-Za-z0-9+/_-]{40,}")

USUAL_DIALECT = "openai_chat"

_SCHEMES: dict[str, CredentialScheme] = {"anthropic_messages": "x-api-key", "gemini": "x-goog-api-key"}
"""How a key is sent where neither a provider nor its preset says it; `bearer` in dialects that are not here."""

_COMPATIBLE: dict[str, str] = {"ollama": "/v1", "gemini": "/openai"}
"""How the addresses of OpenAI-compatible APIs end at vendors whose own API is another dialect."""


def build_providers(table: FileTable, problems: Problems) -> dict[str, Provider | None]:
    """Every provider by name; None for one that is wrong."""
    presets = {**KNOWN_PROVIDERS, **table.presets}
    for name, preset in table.presets.items():
        if preset is not None:
            _check_preset(preset, inside("presets", name), problems)
    return {
        name: None if one is None else _provider(name, one, presets, inside("providers", name), problems)
        for name, one in table.providers.items()
    }


def preset_of(name: str, table: ProviderTable, presets: Mapping[str, Preset | None]) -> Preset | None:
    """The preset of a provider: the one that it names, else the one that is called as it is."""
    return presets.get(name if table.preset is None else table.preset)


def _check_preset(preset: Preset, path: str, problems: Problems) -> None:
    """What is wrong with a preset by itself; the rest is found where it is used."""
    _check_dialect(preset.dialect, preset.options, path, problems)
    if preset.credential is not None and preset.variables:
        problems.add(inside(path, "credential"), "is one of two ways to say it; leave it out, or variables")
    for name in (preset.credential or "", *preset.variables):
        if _LOOKS_SECRET.fullmatch(name):
            problems.add(path, "holds what looks like a secret; a preset names variables only")


def _provider(
    name: str, table: ProviderTable, presets: Mapping[str, Preset | None], path: str, problems: Problems
) -> Provider | None:
    before = len(problems.found)
    if not name or "/" in name or ANY_MODEL in name:
        problems.add(path, "a provider's name must not be empty and must hold neither / nor *")
    if table.preset is not None and table.preset not in presets:
        near = did_you_mean(table.preset, presets) or f"; known are {', '.join(presets)}"
        problems.add(inside(path, "preset"), f"{table.preset!r} is no preset{near}")
    preset = preset_of(name, table, presets)
    dialect = table.dialect or (USUAL_DIALECT if preset is None else preset.dialect)
    same = preset if preset is not None and preset.dialect == dialect else None
    options = {**({} if same is None else same.options), **table.options}
    headers = {**({} if same is None else same.headers), **table.headers}
    base_url = _address(table, preset, presets, path, problems)
    _check_dialect(dialect, options, path, problems)
    try:
        Headers.of(headers)
    except InvalidRequest as error:
        problems.add(
            inside(path, "headers"), f"{error.field}: {error.problem}" if error.field != "headers" else error.problem
        )
    credential = _credential(table, preset, dialect, path, problems)
    if len(problems.found) > before or base_url is None:
        return None
    return Provider(
        name=name,
        base_url=base_url.rstrip("/"),
        dialect=dialect,
        credential=credential,
        headers=tuple(sorted(headers.items())),  # a table has no order
        options={key: _as_text(value) for key, value in options.items()},
        billing=table.billing,
        price_list=table.price_list,
    )


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _address(
    table: ProviderTable, preset: Preset | None, presets: Mapping[str, Preset | None], path: str, problems: Problems
) -> str | None:
    base_url = table.base_url or (None if preset is None else preset.base_url)
    if base_url is None:
        if table.preset is None or table.preset not in presets:
            problems.add(
                inside(path, "base_url"),
                f"is missing; only these providers are known by name: {', '.join(presets)}",
            )
        return None
    before = len(problems.found)
    filled = fill_in(base_url, table.settings, path, problems)
    if len(problems.found) == before and (trouble := _address_trouble(filled)):
        problems.add(inside(path, "base_url"), trouble)
    elif (
        table.dialect is None
        and preset is not None
        and filled.rstrip("/").endswith(_COMPATIBLE.get(preset.dialect, "?"))
    ):
        problems.add(
            inside(path, "base_url"),
            f'is the OpenAI-compatible API of this provider, and its dialect is {preset.dialect!r}: write dialect = "openai_chat", '
            "or the address of its own API",
        )
    return filled


def _address_trouble(base_url: str) -> str | None:
    """What is wrong with an address. It is not shown: it may hold a password."""
    from urllib.parse import urlsplit  # noqa: PLC0415 - not needed to import the core

    try:
        parts = urlsplit(base_url)
        _ = parts.port
    except ValueError as error:
        return f"is not an address: {error}"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "must be an address such as https://api.openai.com/v1"
    if parts.username is not None or parts.password is not None:
        return "must not hold a user or a password; use credential"
    if parts.query or parts.fragment or any(character.isspace() for character in base_url):
        return "must hold neither spaces, nor a query, nor a fragment"
    return None


def _check_dialect(dialect: str, options: Mapping[str, JsonValue], path: str, problems: Problems) -> None:
    """Is the dialect known, and are these its options?"""
    make = CLIENT_DIALECTS.get(dialect)
    if make is None:
        near = did_you_mean(dialect, CLIENT_DIALECTS)
        problems.add(inside(path, "dialect"), f"{dialect!r} is not known; known are {', '.join(CLIENT_DIALECTS)}{near}")
        return
    known: object = getattr(make(Provider(name="any", base_url="http://host", dialect=dialect)), "options", None)
    if isinstance(known, msgspec.Struct):
        read_table(type(known), options, inside(path, "options"), problems)
    else:
        for key in options:
            problems.add(inside(inside(path, "options"), key), f"is not known here; {dialect} has no options")


def _credential(
    table: ProviderTable, preset: Preset | None, dialect: str, path: str, problems: Problems
) -> CredentialRef | None:
    where = inside(path, "credential")
    usual = None if preset is None else preset.usual_credential
    said = table.credential or usual
    names = () if said is None or said == NONE else (said,) if isinstance(said, str) else said
    if not names:
        return None
    for number, name in enumerate(names):
        _check_name(name, where if len(names) == 1 else f"{where}[{number}]", problems)
    if len(set(names)) < len(names):
        problems.add(where, "names the same key twice")
    by_name: list[CredentialScheme | None] = list(dict.fromkeys(scheme_of(name) for name in names))
    if table.credential_scheme != "usual":
        scheme: CredentialScheme | None = table.credential_scheme
    elif len(by_name) > 1:
        problems.add(where, "names credentials that are sent in different ways; say which by credential_scheme")
        return None
    else:
        scheme = by_name[0]
    if scheme is None and preset is not None and preset.dialect == dialect:
        scheme = preset.credential_scheme
    return CredentialRef(names[0], scheme or _SCHEMES.get(dialect, "bearer"), names[1:])


def _check_name(name: str, path: str, problems: Problems) -> None:
    if not name:
        problems.add(path, 'must not be empty; write "env:NAME"')
    elif not name.startswith("env:") and _LOOKS_SECRET.fullmatch(name):
        problems.add(
            path,
            'looks like a secret, and a configuration names secrets only: put it into the environment and write "env:NAME"',
        )
    elif name == "env:":
        problems.add(path, 'names no variable; write "env:NAME"')
