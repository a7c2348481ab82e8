"""From proxies and model cards to a `Muxer`, in which everything is decided."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from muxer_compat.settings import Proxy
from muxer_core.catalog.cards import ModelCard
from muxer_core.catalog.catalog import Catalog
from muxer_core.catalog.deployments import Deployment, Provider
from muxer_core.config.schema import Config
from muxer_core.fleet.policies import FleetPolicies, HealthPolicy
from muxer_core.muxer import Muxer
from muxer_core.values.credential import CredentialRef

ALWAYS_ASK = FleetPolicies(health=HealthPolicy(failures=sys.maxsize, setup_cooldown=0, retry_after_max=0))
"""Who names a model of a proxy has nowhere else to go: a failure must not keep the next call from asking the proxy, which knows better."""


def muxer_over(proxies: Mapping[str, tuple[Proxy, Iterable[ModelCard]]], fleet: FleetPolicies) -> Muxer:
    """A muxer over the models of these proxies; the proxies' names are those of their providers and of their credentials."""
    providers = {
        name: Provider(
            name=name, base_url=proxy.base_url, credential=None if proxy.api_key is None else CredentialRef(name)
        )
        for name, (proxy, _) in proxies.items()
    }
    deployments = [
        Deployment(name=f"{name}/{card.name}", card=card, provider=providers[name], upstream_model=card.name)
        for name, (_, cards) in proxies.items()
        for card in cards
    ]
    return Muxer(Config(catalog=Catalog(deployments, providers=providers), fleet=fleet))


def secrets_of(proxies: Mapping[str, Proxy]) -> dict[str, str]:
    """The proxies' keys, by the names of their credentials."""
    return {name: proxy.api_key for name, proxy in proxies.items() if proxy.api_key is not None}
