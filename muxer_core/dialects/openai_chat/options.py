"""What an operator can set for one OpenAI-compatible provider, and the rules that hold when nothing is set."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from muxer_core.dialects.openai_chat.messages import ReasoningField

OutputLimitField = Literal["auto", "max_tokens", "max_completion_tokens"]

_NEW_OPENAI_MODELS = re.compile(r"(?:ft:)?(?:o[1-9]|gpt-(?:[5-9]|[1-9]\d))(?![0-9])")


class OpenAIChatOptions(msgspec.Struct, frozen=True, omit_defaults=True):
    """Options of the dialect for one provider.

    * `output_limit`: the name of the field for `max_tokens`; `auto` follows `output_limit_field`.
    * `reasoning_field`: under which key thinking without a signature goes back on the next turn (see `messages`).
    * `ask_stream_usage`: ask for usage in streams (`stream_options.include_usage`); off only for servers that refuse the field.
    """

    output_limit: OutputLimitField = "auto"
    reasoning_field: ReasoningField = "none"
    ask_stream_usage: bool = True


def output_limit_field(
    options: OpenAIChatOptions, base_url: str, model: str
) -> Literal["max_tokens", "max_completion_tokens"]:
    """Which field carries `max_tokens`.

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
    host = base_url.partition("://")[2].partition("/")[0].lower()
    if host in ("api.openai.com", "api.openai.com:443") or _NEW_OPENAI_MODELS.match(model.rsplit("/", 1)[-1].lower()):
        return "max_completion_tokens"
    return "max_tokens"
