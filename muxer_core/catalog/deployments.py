"""Providers and deployments: a provider is an account at an endpoint; a deployment is a model there that can be sent a request."""

from __future__ import annotations

import msgspec

from muxer_core.catalog.billing import BillingRules
from muxer_core.catalog.cards import ModelCard
from muxer_core.wire.heads import CredentialRef


class Provider(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An account at an endpoint. `base_url` has no trailing slash; `dialect` is a dialect's name, `options` its options."""

    name: str
    base_url: str
    dialect: str = "openai_chat"
    credential: CredentialRef | None = None
    headers: tuple[tuple[str, str], ...] = ()
    options: dict[str, str] = {}
    billing: BillingRules = BillingRules()


class Deployment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A model at a provider. `upstream_model` is its name there; `weight` (more than 0) is its share when a group is balanced by weight;
    among deployments of one group a lower `priority` is preferred."""

    name: str
    card: ModelCard
    provider: Provider
    upstream_model: str
    weight: float = 1.0
    priority: int = 0
    tags: tuple[str, ...] = ()
