"""What an operator can set for one provider of the Responses API, the dialect's name, and the seals that it can carry."""

from __future__ import annotations

from typing import Literal

import msgspec

NAME = "openai_responses"
"""The dialect's name in configuration, in messages and in replies."""

SealedReasoning = Literal["auto", "always", "never"]


class OpenAIResponsesOptions(msgspec.Struct, frozen=True, omit_defaults=True):
    """Options of the dialect for one provider.

    * `vendor`: whose encrypted thinking this provider makes and opens (`openai`, also at Azure; `xai`). Another's is refused.
    * `ask_sealed_reasoning`: whether a request that did not come in this dialect asks for encrypted thinking
      (`include: ["reasoning.encrypted_content"]`). `auto`: where the caller said `store=False` and asked for reasoning, since then the
      provider keeps nothing, and only the encrypted form can go back on the next turn. Not in other cases, because models that do not
      reason refuse the field (developers.openai.com, "Reasoning models", November 2026).
    """

    vendor: str = "openai"
    ask_sealed_reasoning: SealedReasoning = "auto"


SEAL_PREFIX = "muxer"
"""How a seal of another vendor is carried to a client of this dialect: `encrypted_content` says `muxer:<vendor>:<kind>:<seal>`.

The client gives it back unread, as it does with OpenAI's own, and it is taken apart again. No vendor's own content begins like that.
"""


SIGNATURE = "muxer_signature"
"""The field of a call or of a text in which a client of this dialect gets, and gives back, another vendor's seal on it (Gemini's)."""


def wrap_seal(vendor: str | None, kind: Literal["signature", "encrypted"], seal: str) -> str:
    """A seal in the form in which a client of this dialect keeps it. An encrypted thought of OpenAI's or of nobody known stands as it is.

    >>> wrap_seal("anthropic", "signature", "EqQB"), wrap_seal("openai", "encrypted", "gAAA")
    ('muxer:anthropic:signature:EqQB', 'gAAA')
    """
    if kind == "encrypted" and vendor in (None, "openai", "xai"):
        return seal
    return f"{SEAL_PREFIX}:{vendor or ''}:{kind}:{seal}"


def unwrap_seal(content: str) -> tuple[str | None, str | None, str | None]:
    """(vendor, signature, encrypted) of an `encrypted_content`.

    >>> unwrap_seal("muxer:anthropic:signature:EqQB"), unwrap_seal("gAAA")
    (('anthropic', 'EqQB', None), (None, None, 'gAAA'))
    """
    pieces = content.split(":", 3)
    if len(pieces) == 4 and pieces[0] == SEAL_PREFIX and pieces[2] in ("signature", "encrypted"):
        vendor, seal = pieces[1] or None, pieces[3]
        return (vendor, seal, None) if pieces[2] == "signature" else (vendor, None, seal)
    return None, None, content
