"""What an operator can set for Bedrock."""

from __future__ import annotations

import msgspec


class BedrockConverseOptions(msgspec.Struct, frozen=True, omit_defaults=True):
    """Options of the dialect for one provider.

    * `seal_vendor`: whose seals the signatures of thoughts are. In all recordings only Claude signs, and its seals hold on every platform
      that serves it (platform.claude.com, "Extended thinking", November 2026). Empty: nobody knows, and a seal goes back to Bedrock alone.
    """

    seal_vendor: str = "anthropic"
