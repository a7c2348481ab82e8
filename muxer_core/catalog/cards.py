"""`ModelCard`: what is known of a model, wherever it is served. Capabilities are bits, so that routing can compare whole fleets at once."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from muxer_core.money import PriceCard
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.usage import JsonValue

CAPABILITIES: tuple[str, ...] = (
    "tools",
    "parallel_tools",
    "json_object",
    "json_schema",
    "vision",
    "audio_input",
    "audio_output",
    "files",
    "image_output",
    "reasoning",
    "logprobs",
    "many_answers",
)
"""The names of capabilities; a capability's bit is its position."""

ALL_CAPABILITIES = (1 << len(CAPABILITIES)) - 1


def capability_mask(names: Iterable[str], field: str = "capabilities") -> int:
    """The bits of the named capabilities. Raises `InvalidRequest` for an unknown name.

    >>> capability_mask(["tools", "json_object"])
    5
    """
    mask = 0
    for name in names:
        if name not in CAPABILITIES:
            raise InvalidRequest(field, f"{name!r} is no capability; known are {', '.join(CAPABILITIES)}")
        mask |= 1 << CAPABILITIES.index(name)
    return mask


def capability_names(mask: int) -> tuple[str, ...]:
    """The names of the bits, in the order of `CAPABILITIES`.

    >>> capability_names(5)
    ('tools', 'json_object')
    """
    return tuple(name for bit, name in enumerate(CAPABILITIES) if mask >> bit & 1)


class ModelCard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a model. None means unknown, never zero or infinite.

    * `price`: its prices; None makes its cost unknown, and refuses it under a ceiling.
    * `context_window`, `max_output_tokens`: tokens.
    * `capabilities`: bits of `CAPABILITIES`. A card that says nothing is believed to be able to do everything: servers refuse what they
      cannot do, and a refusal can be answered by a fallback, while a model that is wrongly ruled out cannot.
    * `requests_per_minute`, `tokens_per_minute`: the provider's limits for this account.
    * `quality`: the operator's own estimate in [0, 1].
    * `task_types`: kinds of task that it is good at, by the operator's word.
    """

    name: str
    price: PriceCard | None = None
    context_window: int | None = None
    max_output_tokens: int | None = None
    capabilities: int = ALL_CAPABILITIES
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    quality: float | None = None
    task_types: tuple[str, ...] = ()
    metadata: dict[str, JsonValue] = {}

    def __post_init__(self) -> None:
        if not self.name:
            raise InvalidRequest("card.name", "must not be empty")
        for field in ("context_window", "max_output_tokens", "requests_per_minute", "tokens_per_minute"):
            count: int | None = getattr(self, field)
            if count is not None and count < 1:
                raise InvalidRequest(f"card.{field}", f"must be at least 1, got {count}")
        if self.quality is not None and not 0 <= self.quality <= 1:
            raise InvalidRequest("card.quality", f"must be between 0 and 1, got {self.quality}")
