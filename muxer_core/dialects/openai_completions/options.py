"""What an operator can set for one provider of legacy completions."""

from __future__ import annotations

from typing import Literal

import msgspec


class OpenAICompletionsOptions(msgspec.Struct, frozen=True, omit_defaults=True):
    """Options of the dialect for one provider.

    * `system`: the API has no place for a system message. `refuse` says so; `prepend` puts its text before the prompt, with a blank line
      between, and warns.
    * `ask_stream_usage`: ask for usage in streams (`stream_options.include_usage`); off only for servers that refuse the field.
    * `api_version`: Azure's, which changes where requests go (see `openai_chat.paths`).
    """

    system: Literal["refuse", "prepend"] = "refuse"
    ask_stream_usage: bool = True
    api_version: str | None = None
