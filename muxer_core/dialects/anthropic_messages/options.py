"""What an operator can set for one provider of the Messages API, and the rules that hold when nothing is set."""

from __future__ import annotations

from typing import Literal

import msgspec

LaterSystem = Literal["message", "user"]


class AnthropicMessagesOptions(msgspec.Struct, frozen=True, omit_defaults=True):
    """Options of the dialect for one provider.

    * `default_max_tokens`: the API wants a limit with every request. It is sent, with a warning, where neither the caller nor a ceiling
      set one.
    * `version`: the header `anthropic-version`.
    * `betas`: names for the header `anthropic-beta`, sent with every request; a request's own `extras["betas"]` are added.
    * `later_system`: what a system message after the first turn becomes: a message with the role `system`, which Anthropic's models take
      since Opus 4.8 ("Mid-conversation system messages", platform.claude.com, November 2026), or `user`: text of the user's turn between
      `<system>` marks, with a warning, for models and servers that know no such role.
    * `effort_thinks`: a request that names a `reasoning_effort` and no budget also asks for adaptive thinking. Off, because not every model
      that takes an effort takes adaptive thinking.
    """

    default_max_tokens: int = 4096
    version: str = "2023-06-01"
    betas: tuple[str, ...] = ()
    later_system: LaterSystem = "message"
    effort_thinks: bool = False
