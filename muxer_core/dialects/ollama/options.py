"""What an operator can set for an Ollama server."""

from __future__ import annotations

from typing import Literal

import msgspec


class OllamaOptions(msgspec.Struct, frozen=True, omit_defaults=True):
    """Options of the dialect for one provider.

    * `api`: which of the server's two APIs is asked. `chat` takes conversations; `generate` one prompt, which some models want (fill in the
      middle with `suffix`, raw prompts), and refuses the rest.
    """

    api: Literal["chat", "generate"] = "chat"
