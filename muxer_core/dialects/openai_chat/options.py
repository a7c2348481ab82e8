"""What an operator can set for one OpenAI-compatible provider, and the rules that hold when nothing is set."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from muxer_core.dialects.openai_chat.cache_marks import MarkForm
from muxer_core.dialects.openai_chat.reasoning_parts import ReasoningField
from muxer_core.values.messages import Form

_LIMITS: tuple[Literal["max_tokens"], Literal["max_completion_tokens"]] = ("max_tokens", "max_completion_tokens")

OutputLimitField = Literal["auto", "max_tokens", "max_completion_tokens"]

_OWN_HOSTS = re.compile(
    r"(?:[a-z]{2}\.)?api\.openai\.com|[a-z0-9-]+\.(?:openai|cognitiveservices|services\.ai)\.azure\.(?:com|us|cn)"
)
_WITH_BREAKPOINTS = re.compile(r"(?:ft:)?gpt-(?:5\.(?:[6-9]|\d\d)|[6-9]|[1-9]\d)(?![0-9])")
_NEW_OPENAI_MODELS = re.compile(r"(?:ft:)?(?:o[1-9]|gpt-(?:[5-9]|[1-9]\d))(?![0-9])")


class OpenAIChatOptions(msgspec.Struct, frozen=True, omit_defaults=True):
    """Options of the dialect for one provider.

    * `output_limit`: the name of the field for `max_tokens`; `auto` follows `output_limit_field`.
    * `reasoning_field`: under which key thinking without a signature goes back on the next turn (see `messages`).
    * `reasoning_object`: say `reasoning_effort`, `reasoning_budget` and `reasoning_summary` in OpenRouter's object `reasoning`;
      without it, a budget and a summary cannot be said.
    * `ask_stream_usage`: ask for usage in streams (`stream_options.include_usage`); off only for servers that refuse the field.
    * `seals`: what becomes of thinking that a vendor sealed. `send`: it goes back in `reasoning_details`; `refuse`: the request is refused;
      `leave_out`: it is left out with a warning, which the model may notice. `auto`: refused at OpenAI's own hosts, which know no such
      field, and sent to all others.
    * `api_version`: Azure's, which changes where requests go (see `paths`).
    * `form`: `mistral` for Mistral's own fields (see `mistral`).
    """

    output_limit: OutputLimitField = "auto"
    reasoning_field: ReasoningField = "none"
    ask_stream_usage: bool = True
    reasoning_object: bool = False
    api_version: str | None = None
    form: Literal["openai", "mistral"] = "openai"
    seals: Literal["auto", "send", "refuse", "leave_out"] = "auto"


def is_openais_own(base_url: str) -> bool:
    """Is this OpenAI's or Azure's own host, which takes OpenAI's fields and no others?

    >>> is_openais_own("https://api.openai.com/v1"), is_openais_own("https://x.openai.azure.com/openai/v1")
    (True, True)
    >>> is_openais_own("http://127.0.0.1:4000/v1")
    False
    """
    host = base_url.partition("://")[2].partition("/")[0].lower().removesuffix(":443")
    return _OWN_HOSTS.fullmatch(host) is not None


def mark_form(base_url: str, model: str) -> MarkForm:
    """How a server takes marks for caching.

    >>> (
    ...     mark_form("https://openrouter.ai/api/v1", "anthropic/claude-sonnet-4"),
    ...     mark_form("https://api.openai.com/v1", "gpt-4o"),
    ... )
    ('cache_control', 'none')
    """
    if not is_openais_own(base_url):
        return "cache_control"
    return "prompt_cache_breakpoint" if _WITH_BREAKPOINTS.match(model.lower()) else "none"


def output_limit_field(
    options: OpenAIChatOptions, base_url: str, model: str, noted: Form = ()
) -> Literal["max_tokens", "max_completion_tokens"]:
    """Which field carries `max_tokens`. `noted` are the notes of the request: what a client wrote in this dialect is written so again, save
    where OpenAI itself would refuse it.

    `max_completion_tokens` at OpenAI itself (it takes it for every model, and refuses `max_tokens` for its reasoning models) and for
    models that are named like OpenAI's reasoning models wherever they are served (o1, o3, o4-mini, gpt-5, …, also as
    `openai/gpt-5` or `ft:o4-mini…`); `max_tokens` everywhere else, which every compatible server and LiteLLM know.

    >>> output_limit_field(OpenAIChatOptions(), "http://127.0.0.1:4000/v1", "openai/gpt-5-mini")
    'max_completion_tokens'
    >>> output_limit_field(OpenAIChatOptions(), "http://127.0.0.1:4000/v1", "mistral-small")
    'max_tokens'
    """
    if options.output_limit != "auto":
        return options.output_limit
    new = _NEW_OPENAI_MODELS.match(model.rsplit("/", 1)[-1].lower()) is not None
    if new and is_openais_own(base_url):
        return "max_completion_tokens"
    for name in _LIMITS:
        if name in noted:
            return name
    host = base_url.partition("://")[2].partition("/")[0].lower()
    if new or host in ("api.openai.com", "api.openai.com:443"):
        return "max_completion_tokens"
    return "max_tokens"
