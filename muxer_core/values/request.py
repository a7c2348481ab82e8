"""`ChatRequest`: what the user asked for, before any deployment is chosen.

Typed fields are those that routing, money or more than one dialect must understand. Everything else that the chosen provider takes goes
verbatim into `extras`. `check` refuses what cannot be right for any provider, names the field, and sends nothing.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import msgspec

from muxer_core.values.amount import Usd
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import CacheMark, Form, Message
from muxer_core.values.usage import JsonValue


class FunctionTool(msgspec.Struct, frozen=True, tag="function", omit_defaults=True):
    """A function that the model may call. `parameters` is a JSON schema."""

    name: str
    description: str | None = None
    parameters: dict[str, JsonValue] | None = None
    strict: bool | None = None
    extras: dict[str, JsonValue] = {}
    cache: CacheMark | None = None
    form: Form = ()


class CustomTool(msgspec.Struct, frozen=True, tag="custom", omit_defaults=True):
    """A tool that takes free text, optionally bound by a grammar (`format`)."""

    name: str
    description: str | None = None
    format: dict[str, JsonValue] | None = None
    extras: dict[str, JsonValue] = {}
    cache: CacheMark | None = None
    form: Form = ()


class ProviderTool(msgspec.Struct, frozen=True, tag="provider", omit_defaults=True):
    """A tool that the provider runs itself (web search, code), written in the provider's own form. Its fees cannot be bounded."""

    spec: dict[str, JsonValue]


Tool = FunctionTool | CustomTool | ProviderTool

_KINDS: dict[str, tuple[type, str]] = {
    "model": (str, "text"),
    "reasoning_effort": (str, "text"),
    "reasoning_summary": (str, "text"),
    "verbosity": (str, "text"),
    "prompt_cache_key": (str, "text"),
    "safety_identifier": (str, "text"),
    "dialect": (str, "text"),
    "service_tier": (str, "text"),
    "user": (str, "text"),
    "strategy": (str, "text"),
    "seed": (int, "a whole number"),
    "top_logprobs": (int, "a whole number"),
    "top_k": (int, "a whole number"),
    "reasoning_budget": (int, "a whole number"),
    "store": (bool, "true or false"),
    "metadata": (dict, "a mapping"),
    "logprobs": (bool, "true or false"),
    "parallel_tool_calls": (bool, "true or false"),
    "audio": (dict, "a mapping"),
    "extras": (dict, "a mapping"),
    "max_cost": (Usd, "an amount of US dollars"),
}
"""What each field must be, where it is given: Python does not look at types, and a server would be asked in vain."""


class ToolChoice(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether the model must call a tool. `allowed` limits the choice to these names; exactly one name with `required` forces it."""

    mode: Literal["auto", "none", "required"]
    allowed: tuple[str, ...] = ()
    extras: dict[str, JsonValue] = {}
    form: Form = ()


class OutputFormat(msgspec.Struct, frozen=True, omit_defaults=True):
    """The form of the answer: any JSON object, or JSON that follows `schema`."""

    kind: Literal["text", "json_object", "json_schema"]
    name: str | None = None
    schema: dict[str, JsonValue] | None = None
    strict: bool | None = None
    description: str | None = None
    extras: dict[str, JsonValue] = {}
    form: Form = ()


CeilingMode = Literal["proven", "estimate"]
"""How `max_cost` is kept: with a proven upper bound on tokens, or with an estimate (said so in the outcome)."""


class ChatRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One chat call. Sampling fields mean what the OpenAI chat completions reference says of the fields of those names.

    * `model`: an alias, a group, `auto`, `provider/model`, or a model's name.
    * `max_tokens`: output tokens, reasoning included; never shrunk by us.
    * `max_cost`: US dollars over *all* attempts of the call (law 4); `ceiling` says how it is kept.
    * `strategy`: a routing strategy for this call, or None for the configured one.
    * `reasoning_effort`, `reasoning_budget` (tokens), `reasoning_summary` (the vendor's word for how much of its thinking it shows): a
      dialect says what it can, and warns of or refuses the rest.
    * `cache`: the whole prompt is to be cached as far as it goes (Anthropic's automatic caching).
    * `extras`: further fields, sent verbatim under the provider's own names; `dialect` says whose names, as in `Message`.
    """

    model: str
    messages: tuple[Message, ...]
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    n: int = 1
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    output_format: OutputFormat | None = None
    reasoning_effort: str | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    modalities: tuple[str, ...] = ()
    audio: dict[str, JsonValue] | None = None
    service_tier: str | None = None
    user: str | None = None
    max_cost: Usd | None = None
    ceiling: CeilingMode = "proven"
    strategy: str | None = None
    extras: dict[str, JsonValue] = {}
    top_k: int | None = None
    reasoning_budget: int | None = None
    reasoning_summary: str | None = None
    verbosity: str | None = None
    metadata: dict[str, JsonValue] | None = None
    store: bool | None = None
    prompt_cache_key: str | None = None
    safety_identifier: str | None = None
    cache: CacheMark | None = None
    dialect: str | None = None
    form: Form = ()

    def check(self) -> None:
        """Raise `InvalidRequest`, naming the field, for what no provider could accept."""
        for field, (kind, words) in _KINDS.items():
            value = getattr(self, field)
            if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
                raise InvalidRequest(field, f"must be {words}, got {value!r}")
        for field, kinds, words in (
            ("messages", Message, "messages"),
            ("tools", Tool, "tools"),
            ("stop", str, "texts"),
            ("modalities", str, "texts"),
        ):
            for position, one in enumerate(getattr(self, field)):
                if not isinstance(one, kinds):
                    raise InvalidRequest(f"{field}[{position}]", f"{field} must be {words}, got {type(one).__name__}")
        if self.ceiling not in get_args(CeilingMode):
            raise InvalidRequest("ceiling", f"must be one of {', '.join(get_args(CeilingMode))}, got {self.ceiling!r}")
        if not self.model:
            raise InvalidRequest("model", "must not be empty")
        if not self.messages:
            raise InvalidRequest("messages", "must not be empty")
        for field in ("max_tokens", "n"):
            count = getattr(self, field)
            if (count is not None or field == "n") and (
                isinstance(count, bool) or not isinstance(count, int) or count < 1
            ):
                raise InvalidRequest(field, f"must be a whole number of at least 1, got {count!r}")
        for field in ("temperature", "top_p", "frequency_penalty", "presence_penalty"):
            number = getattr(self, field)
            if number is not None and (
                isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number)
            ):
                raise InvalidRequest(field, f"must be a finite number, got {number!r}")
        if self.top_logprobs is not None and (not self.logprobs or self.top_logprobs < 0):
            raise InvalidRequest("top_logprobs", "must be at least 0, and needs logprobs=True")
        if self.max_cost is not None and self.max_cost.pico < 0:
            raise InvalidRequest("max_cost", f"must not be negative, got {self.max_cost}")
