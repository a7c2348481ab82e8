"""`Plan`: everything that a call needs to know before its first event: where it may go, and by which policies.

A plan holds no state. `Choices` is what routing decided; `Place` is one row of where an attempt can go, made once per configuration.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from muxer_core.call.policies import Policies
from muxer_core.catalog.billing import BillingRules
from muxer_core.dialects.protocol import ClientDialect, Target
from muxer_core.money import PriceCard
from muxer_core.routing.decision import Decision
from muxer_core.values.amount import Usd
from muxer_core.values.context import NOBODY, CallContext
from muxer_core.values.request import CeilingMode
from muxer_core.wire.limits import Limits


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where an attempt can go: a deployment, with what the machine needs of its provider and its card.

    `card` names the model card: two places of one card serve the same model. `price` is None when unknown. `context_window` and
    `max_output_tokens` are in tokens, None when unknown.
    """

    where: str
    provider: str
    card: str
    dialect: ClientDialect
    target: Target
    price: PriceCard | None = None
    context_window: int | None = None
    max_output_tokens: int | None = None
    billing: BillingRules = BillingRules()


class Choices(Protocol):
    """What routing decided: a first place, and the next best that was not tried, both as indices into `Plan.places`."""

    @property
    def chosen(self) -> int:
        """The first place to try."""
        ...

    def next_choice(self, tried: int) -> int | None:
        """The best place whose bit is not set in `tried`, under the same constraints, or None."""
        ...


class OnlyPlace(msgspec.Struct, frozen=True, gc=False):
    """Choices for an operation that is about one place alone, such as listing a server's models."""

    chosen: int = 0

    def next_choice(self, tried: int) -> int | None:
        """None: there is no other."""
        return None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Where a call may go and how it behaves. `max_cost` and `ceiling` are law 4's; `limits` bound what a server can make us hold."""

    choices: Choices
    places: Sequence[Place]
    policies: Policies = Policies()
    limits: Limits = Limits()
    decision: Decision | None = None
    max_cost: Usd | None = None
    ceiling: CeilingMode = "proven"
    context: CallContext = NOBODY
