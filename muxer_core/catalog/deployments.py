"""Providers and deployments: a provider is an account at an endpoint; a deployment is a model there that can be sent a request."""

from __future__ import annotations

from math import isfinite
from typing import Literal

import msgspec

from muxer_core.catalog.billing import BillingRules
from muxer_core.catalog.cards import ModelCard
from muxer_core.values.credential import CredentialRef
from muxer_core.values.errors import InvalidRequest

ANY_MODEL = "*"
"""As `upstream_model`: whatever name was asked for. In a deployment's name: any text."""


PriceList = Literal["usual", "address", "model", "none"]
"""By what the published prices of a provider are found: its address, or the model's name alone. `usual` is the name for a provider called
litellm, and the address for any other.
"""


class Provider(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An account at an endpoint. `base_url` has no trailing slash; `dialect` is a dialect's name, `options` its options.

    `headers` are sent with every request. `billing` says what an attempt that did not end well is booked at, `price_list` by what published
    prices are found for a model whose card has none.
    """

    name: str
    base_url: str
    dialect: str = "openai_chat"
    credential: CredentialRef | None = None
    headers: tuple[tuple[str, str], ...] = ()
    options: dict[str, str] = {}
    billing: BillingRules = BillingRules()
    price_list: PriceList = "usual"

    def __post_init__(self) -> None:
        if not self.name:
            raise InvalidRequest("provider.name", "must not be empty")
        if self.base_url.endswith("/"):
            raise InvalidRequest("provider.base_url", f"must not end with a slash, got {self.base_url!r}")

    def __repr__(self) -> str:
        """Name and address. An operator's header may hold a secret, so that headers are never shown (law 11)."""
        return f"Provider(name={self.name!r}, base_url={self.base_url!r}, dialect={self.dialect!r})"


class Deployment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A model at a provider. `upstream_model` is its name there, or `ANY_MODEL`.

    `weight` (more than 0) is its share when a group is balanced by weight; among deployments of one group a lower `priority` is preferred.
    """

    name: str
    card: ModelCard
    provider: Provider
    upstream_model: str
    weight: float = 1.0
    priority: int = 0
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field, name in (("name", self.name), ("upstream_model", self.upstream_model)):
            if not name:
                raise InvalidRequest(f"deployment.{field}", "must not be empty")
        if not (isfinite(self.weight) and self.weight > 0):
            raise InvalidRequest("deployment.weight", f"must be more than 0, got {self.weight}")
