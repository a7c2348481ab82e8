"""Imports a LiteLLM `config.yaml`: its mapping becomes a mapping of ours, and a report says of every setting what became of it.

Nothing is passed over in silence: each setting is understood (means the same here), approximated (in which way, is said) or not used.
LiteLLM lets a file hold keys. A configuration of ours cannot, so they come out beside it, under names, and show in no `repr`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from muxer_core.catalog.cards import CAPABILITIES
from muxer_core.config.known_providers import KNOWN_PROVIDERS
from muxer_core.config.litellm_fallbacks import FallbackGroups
from muxer_core.config.litellm_values import Table, list_of, number_of, per_million, table_of
from muxer_core.config.litellm_words import (
    CHAT_MODES,
    COMPATIBLE_PREFIXES,
    FLAGS,
    IN_ENVIRONMENT,
    KNOWN_PREFIXES,
    NOT_USED,
    PRICES,
    STRATEGIES,
)
from muxer_core.config.problems import Problems, inside
from muxer_core.dialects.registry import CLIENT_DIALECTS

Became = Literal["understood", "approximated", "not_used"]

_TIER = re.compile(r"(.+)_above_(\d+)k_tokens")


class Imported(msgspec.Struct, frozen=True, gc=False):
    """What became of one setting."""

    path: str
    became: Became
    words: str
    line: int | None = None


class LiteLLMImport(msgspec.Struct, frozen=True):
    """Our mapping, for `Config.from_mapping`; the report; and the keys that stood in the file, by the names that the mapping uses."""

    mapping: dict[str, Any]
    report: tuple[Imported, ...]
    secrets: dict[str, str]

    def __repr__(self) -> str:
        return f"LiteLLMImport({len(self.report)} settings, secrets: {', '.join(self.secrets) or 'none'})"


def is_litellm(mapping: Table) -> bool:
    """Does this look like a LiteLLM configuration?"""
    return "model_list" in mapping


def import_litellm(
    mapping: Table, *, environment: Mapping[str, str] | None = None, lines: Mapping[str, int] | None = None
) -> LiteLLMImport:
    """Our configuration for a LiteLLM proxy's. `environment` answers `os.environ/NAME` in addresses and numbers (keys keep their name);
    `lines` gives paths their lines.
    """
    return _Importer(environment or {}, lines).run(mapping)


class _Importer:
    """One import. Each method takes a part of the file and notes what became of it."""

    def __init__(self, environment: Mapping[str, str], lines: Mapping[str, int] | None) -> None:
        self._environment = environment
        self._lines = Problems(lines)
        self._report: list[Imported] = []
        self._secrets: dict[str, str] = {}
        self._providers: dict[str, dict[str, Any]] = {}
        self._models: dict[str, dict[str, Any]] = {}
        self._deployments: list[dict[str, Any]] = []
        self._settings: dict[str, Any] = {}
        self._fallback = FallbackGroups()

    def _note(self, path: str, became: Became, words: str) -> None:
        self._report.append(Imported(path, became, words, self._lines.line_of(path)))

    def _not_used(self, path: str) -> None:
        self._note(path, "not_used", NOT_USED.get(path, "nothing here corresponds to it"))

    def run(self, mapping: Table) -> LiteLLMImport:
        """Import a whole file."""
        tags = table_of(mapping.get("router_settings")).get("enable_tag_filtering") is True
        for number, entry in enumerate(list_of(mapping.get("model_list"))):
            self._entry(table_of(entry), f"model_list[{number}]", tags)
        for section, value in mapping.items():
            if section in ("router_settings", "litellm_settings"):
                for key, setting in table_of(value).items():
                    self._setting(key, setting, inside(section, key))
            elif section == "general_settings":
                for key in table_of(value):
                    self._not_used(inside(section, key))
            elif section != "model_list":
                self._not_used(inside("", section))
        self._fallback.apply(self._deployments)
        ours = {
            "providers": self._providers,
            "models": {name: card for name, card in self._models.items() if card},
            "deployments": self._deployments,
            "groups": self._fallback.groups(self._deployments),
            **self._settings,
        }
        return LiteLLMImport({key: value for key, value in ours.items() if value}, tuple(self._report), self._secrets)

    # -- model_list ---------------------------------------------------------------------------------------------------------------------

    def _entry(self, entry: Table, path: str, tags: bool) -> None:
        name, params = entry.get("model_name"), table_of(entry.get("litellm_params"))
        target = params.get("model")
        if not isinstance(name, str) or not isinstance(target, str):
            self._note(path, "not_used", "has no model_name, or no litellm_params.model")
            return
        info = table_of(entry.get("model_info"))
        mode = info.get("mode", "chat")
        if mode not in CHAT_MODES:
            self._note(path, "not_used", f"{name}: its mode is {mode!r}, and only chat models are called yet")
            return
        prefix, upstream = self._prefix(params, target)
        provider = self._provider(prefix, params, inside(path, "litellm_params"), name)
        if provider is None:
            return
        deployment: dict[str, Any] = {
            "model": name,
            "provider": provider,
            "upstream_model": upstream,
            "name": self._free_name(f"{provider}/{upstream}"),
        }
        self._note(path, "understood", f"{name} is {upstream} at {provider}")
        self._parameters(params, inside(path, "litellm_params"), deployment, tags)
        self._information(info, inside(path, "model_info"), deployment, self._models.setdefault(name, {}))
        for key in entry:
            if key not in ("model_name", "litellm_params", "model_info"):
                self._not_used(inside(path, key))
        self._deployments.append(deployment)

    @staticmethod
    def _prefix(params: Table, target: str) -> tuple[str, str]:
        """The provider's prefix and the model's name there; a name without a prefix is OpenAI's, as LiteLLM guesses for most."""
        named = params.get("custom_llm_provider")
        first, slash, rest = target.partition("/")
        if isinstance(named, str):
            return named, rest if first == named else target
        return (first, rest) if slash else ("openai", target)

    def _free_name(self, name: str) -> str:
        taken = {one["name"] for one in self._deployments}
        number = 1
        free = name
        while free in taken:
            number += 1
            free = f"{name}#{number}"
        return free

    def _provider(self, prefix: str, params: Table, path: str, name: str) -> str | None:
        """The name of the provider that serves an entry, made on its first mention; None, with a note, when there can be none."""
        label = KNOWN_PREFIXES.get(prefix, prefix)
        known = KNOWN_PROVIDERS[label] if prefix in KNOWN_PREFIXES else None
        if prefix not in COMPATIBLE_PREFIXES and (known is None or known.dialect not in CLIENT_DIALECTS):
            words = f"{name}: the prefix {prefix}/ is not imported; write a provider for it in a configuration of ours"
            self._note(inside(path, "model"), "not_used", words)
            return None
        base_key = "base_url" if "base_url" in params else "api_base"
        base_url = self._value(params.get(base_key), inside(path, base_key))
        if base_url is None and (known is None or base_key in params):
            self._note(
                inside(path, "model"), "not_used", f"{name}: {prefix}/ needs an address in api_base, and none is known"
            )
            return None
        provider: dict[str, Any] = {}
        if base_url is not None:
            provider["base_url"] = (
                str(base_url).rstrip("/").removesuffix("/chat/completions").removesuffix("/v1/messages")
            )
        elif known is not None:
            provider["base_url"] = known.base_url
        headers = {str(key): str(value) for key, value in table_of(params.get("extra_headers")).items()}
        if isinstance(params.get("organization"), str):
            headers["OpenAI-Organization"] = params["organization"]
        if headers:
            provider["headers"] = headers
        if known is not None:
            provider["preset"] = label
        key = params.get("api_key")
        if isinstance(key, str) and key.startswith(IN_ENVIRONMENT):
            provider["credential"] = f"env:{key.removeprefix(IN_ENVIRONMENT)}"
        elif isinstance(key, str):
            provider["credential"] = self._kept(key, label)
        elif base_url is None and known is not None:
            provider["credential"] = known.usual_credential or "none"
        else:
            provider["credential"] = "none"
        return self._named(label, provider)

    def _kept(self, secret: str, label: str) -> str:
        """The name under which a key of the file is kept."""
        for name, known in self._secrets.items():
            if known == secret:
                return name
        name = f"{label}-key" if f"{label}-key" not in self._secrets else f"{label}-key-{len(self._secrets) + 1}"
        self._secrets[name] = secret
        return name

    def _named(self, label: str, provider: dict[str, Any]) -> str:
        """A provider of this content, under its label or the next free one."""
        number, name = 1, label
        while self._providers.setdefault(name, provider) != provider:
            number += 1
            name = f"{label}_{number}"
        return name

    def _value(self, value: object, path: str) -> object:
        """A value, taken from the environment where it says so; None where that does not hold it."""
        if not isinstance(value, str) or not value.startswith(IN_ENVIRONMENT):
            return value
        variable = value.removeprefix(IN_ENVIRONMENT)
        found = self._environment.get(variable)
        if found is None:
            self._note(path, "not_used", f"the environment variable {variable} is not set")
        return found

    def _parameters(self, params: Table, path: str, deployment: dict[str, Any], tags: bool) -> None:
        renamed = {"rpm": "requests_per_minute", "tpm": "tokens_per_minute", "weight": "weight", "order": "priority"}
        for key, raw in params.items():
            where = inside(path, key)
            if key in ("model", "custom_llm_provider", "api_base", "base_url", "extra_headers", "organization"):
                self._note(where, "understood", f"is a part of {deployment['name']} or its provider")
            elif key == "api_key":
                secret = not str(raw).startswith(IN_ENVIRONMENT)
                words = (
                    "kept beside the configuration; better put it into the environment"
                    if secret
                    else "read from the environment"
                )
                self._note(where, "understood", words)
            elif key in renamed:
                value = self._value(raw, where)
                if value is not None:
                    deployment[renamed[key]] = number_of(value)
                    self._note(where, "understood", f"is {renamed[key]}")
                elif raw is None:
                    self._note(where, "not_used", "is empty")
            elif key == "tags" and tags:
                deployment["tags"] = list(list_of(raw))
                self._note(where, "understood", "only calls with one of these tags")
            elif not self._price(key, raw, where, deployment):
                self._not_used(where)

    def _information(self, info: Table, path: str, deployment: dict[str, Any], card: dict[str, Any]) -> None:
        lacking: list[str] = []
        for key, raw in info.items():
            where = inside(path, key)
            if key in ("max_input_tokens", "max_output_tokens"):
                ours = "context_window" if key == "max_input_tokens" else key
                card.setdefault(ours, number_of(raw))
                self._note(where, "understood", f"is {ours}")
            elif key == "max_tokens" and "max_output_tokens" not in info:
                card.setdefault("max_output_tokens", number_of(raw))
                self._note(where, "approximated", "taken as max_output_tokens")
            elif key in FLAGS:
                lacking += FLAGS[key] if raw is False else ()
                self._note(where, "understood", "the model lacks it" if raw is False else "believed anyway")
            elif key == "mode":
                self._note(where, "understood", "takes chat requests")
            elif not self._price(key, raw, where, deployment):
                self._not_used(where)
        if lacking:
            card["capabilities"] = [one for one in card.get("capabilities", CAPABILITIES) if one not in lacking]

    def _price(self, key: str, raw: object, path: str, deployment: dict[str, Any]) -> bool:
        """Take a price a token, if this is one. What `litellm_params` says, which comes first, goes before `model_info`."""
        tier = _TIER.fullmatch(key)
        ours = PRICES.get(tier[1] if tier else key)
        if ours is None:
            return False
        amount = per_million(raw)
        if amount is None:
            self._note(path, "not_used", "is no price a token")
            return True
        price: dict[str, Any] = deployment.setdefault("price", {"source": f"LiteLLM configuration, {path}"})
        if tier:
            tiers: list[dict[str, Any]] = price.setdefault("tiers", [])
            above = int(tier[2]) * 1000
            table: dict[str, Any] | None = next((one for one in tiers if one["above"] == above), None)
            if table is None:
                table = {"above": above}
                tiers.append(table)
            table.setdefault(ours, amount)
        else:
            price.setdefault(ours, amount)
        self._note(path, "understood", f"is ${amount} for a million {ours} tokens")
        return True

    # -- settings -----------------------------------------------------------------------------------------------------------------------

    def _setting(self, key: str, raw: object, path: str) -> None:
        value = self._value(raw, path)
        match key:
            case _ if value is None:
                if raw is None:
                    self._note(path, "not_used", "is empty")
            case "num_retries":
                retries = number_of(value)
                self._table("retry")["max_retries"] = retries
                if isinstance(retries, int) and retries > 3:
                    self._table("retry")["max_attempts"] = retries + 1
                self._note(path, "approximated", "is retry.max_retries: of one deployment; fallbacks count apart")
            case "timeout" | "request_timeout":
                self._table("timeouts")["attempt"] = number_of(value)
                self._note(path, "understood", "is timeouts.attempt")
            case "stream_timeout":
                self._table("timeouts")["first_chunk"] = number_of(value)
                self._note(path, "approximated", "is timeouts.first_chunk; between chunks timeouts.stall holds")
            case "allowed_fails":
                failures = number_of(value)
                self._health()["failures"] = failures + 1 if isinstance(failures, int) else failures
                self._note(path, "approximated", "is fleet.health.failures: failures in a row, not in a minute")
            case "cooldown_time":
                self._health()["cooldown"] = number_of(value)
                self._note(path, "approximated", "is fleet.health.cooldown: doubled each time in a row")
            case "routing_strategy" if str(value) in STRATEGIES:
                ours, words = STRATEGIES[str(value)]
                self._table("routing")["strategy"] = ours
                self._note(path, "approximated", f"is routing.strategy = {ours!r}: {words}")
            case "model_group_alias" if table_of(value):
                self._aliases(table_of(value), path)
            case "fallbacks" | "context_window_fallbacks" | "content_policy_fallbacks" if list_of(value):
                self._fallbacks(list_of(value), path)
            case "enable_tag_filtering":
                self._note(path, "understood", "a deployment with tags takes only calls with one of them")
            case "optional_pre_call_checks" if value == ["enforce_model_rate_limits"]:
                self._note(path, "understood", "limits of requests and tokens a minute are always kept")
            case _:
                self._not_used(path)

    def _table(self, name: str) -> dict[str, Any]:
        table: dict[str, Any] = self._settings.setdefault(name, {})
        return table

    def _health(self) -> dict[str, Any]:
        health: dict[str, Any] = self._table("fleet").setdefault("health", {})
        return health

    def _aliases(self, aliases: Table, path: str) -> None:
        for alias, target in aliases.items():
            name = table_of(target).get("model", target)
            if name in self._models:
                self._table("aliases")[alias] = name
                self._note(inside(path, alias), "understood", f"is another name for {name}")
            else:
                self._note(inside(path, alias), "not_used", "leads to no model that can be used")

    def _fallbacks(self, entries: Sequence[Any], path: str) -> None:
        """Each `{model: [others]}` makes the name mean a group in which the others have a worse priority, so that they come last."""
        for number, entry in enumerate(entries):
            if not table_of(entry):
                self._note(f"{path}[{number}]", "not_used", "is not a table of a model and its fallbacks")
            for name, others in table_of(entry).items():
                where = inside(f"{path}[{number}]", name)
                usable = [one for one in list_of(others) if one in self._models and one != name]
                if name not in self._models or not usable:
                    self._note(where, "not_used", "names no two models that can be used")
                elif self._fallback.add(name, usable):
                    self._note(
                        where,
                        "approximated",
                        f"{name} is a group now; {', '.join(usable)} serve it when nothing better can",
                    )
                else:
                    self._note(where, "not_used", "it goes in a circle with fallbacks before it")
