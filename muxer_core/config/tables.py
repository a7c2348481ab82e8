"""The shape of a configuration as a person writes it. What the keys mean is in `docs/guides/configuration.md`.

These tables only say which keys there are and of what kind; `build` turns them into cards, providers and deployments, and checks the rest.
Policies are read straight into the Structs that use them, so that their keys and defaults stand in one place.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from muxer_core.call.policies import CascadePolicy, HedgePolicy, RetryPolicy, Timeouts
from muxer_core.catalog.billing import BillingRules
from muxer_core.catalog.deployments import PriceList
from muxer_core.config.presets import Preset
from muxer_core.fleet.policies import FleetPolicies
from muxer_core.values.credential import CredentialScheme
from muxer_core.values.usage import JsonValue
from muxer_core.wire.limits import Limits

Amount = str | int | float
"""US dollars. A float means what its shortest spelling says."""


class TierTable(msgspec.Struct, frozen=True, kw_only=True):
    """The prices that differ when the input has more than `above` tokens; they hold for the whole request."""

    above: int
    input: Amount | None = None
    output: Amount | None = None
    cached_input: Amount | None = None
    cache_write_5m: Amount | None = None
    cache_write_1h: Amount | None = None
    audio_input: Amount | None = None
    cached_audio_input: Amount | None = None
    image_input: Amount | None = None
    reasoning: Amount | None = None
    audio_output: Amount | None = None
    image_output: Amount | None = None
    search: Amount | None = None
    tool_call: Amount | None = None


class PriceTable(msgspec.Struct, frozen=True, kw_only=True):
    """US dollars for 1,000,000 units (under `price_per_thousand`: for 1,000); `request` is for one request. `source` and `date` say
    where the prices are from and when they were read.
    """

    input: Amount | None = None
    output: Amount | None = None
    cached_input: Amount | None = None
    cache_write_5m: Amount | None = None
    cache_write_1h: Amount | None = None
    audio_input: Amount | None = None
    cached_audio_input: Amount | None = None
    image_input: Amount | None = None
    reasoning: Amount | None = None
    audio_output: Amount | None = None
    image_output: Amount | None = None
    search: Amount | None = None
    tool_call: Amount | None = None
    request: Amount = 0
    tiers: tuple[TierTable, ...] = ()
    currency: str = "USD"
    source: str = "configuration"
    date: str = ""


class ModelTable(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a model; see `ModelCard`. `capabilities` absent: believed to be able to do everything."""

    price: PriceTable | None = None
    price_per_thousand: PriceTable | None = None
    context_window: int | None = None
    max_output_tokens: int | None = None
    capabilities: tuple[str, ...] | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    quality: float | None = None
    task_types: tuple[str, ...] = ()
    metadata: dict[str, JsonValue] = {}


class ProviderTable(msgspec.Struct, frozen=True, kw_only=True):
    """An account at an endpoint; see `Provider`. What is absent is the preset's: of the name in `preset`, or of the provider's own name.

    `settings` fill in the words in braces of an address. `credential` is a name or `env:NAME`, never the secret itself; several take turns.
    """

    preset: str | None = None
    settings: dict[str, str] = {}
    base_url: str | None = None
    dialect: str | None = None
    credential: str | tuple[str, ...] | None = None
    credential_scheme: CredentialScheme | Literal["usual"] = "usual"
    headers: dict[str, str] = {}
    options: dict[str, JsonValue] = {}
    billing: BillingRules = BillingRules()
    price_list: PriceList = "usual"


class DeploymentTable(msgspec.Struct, frozen=True, kw_only=True):
    """A model at a provider; see `Deployment`. Prices and limits here go before those of the model."""

    model: str
    provider: str
    upstream_model: str | None = None
    name: str | None = None
    weight: float = 1.0
    priority: int = 0
    tags: tuple[str, ...] = ()
    price: PriceTable | None = None
    price_per_thousand: PriceTable | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


class RoutingTable(msgspec.Struct, frozen=True, kw_only=True):
    """The strategy for calls that name none, and whether a failed call may go to another deployment."""

    strategy: str = "hybrid"
    fallbacks: bool = True


class FileTable(msgspec.Struct, frozen=True, kw_only=True):
    """A whole configuration. A member that is None was wrong, and the problem is noted; its name is known all the same."""

    presets: dict[str, Preset | None] = {}
    providers: dict[str, ProviderTable | None] = {}
    models: dict[str, ModelTable | None] = {}
    deployments: tuple[DeploymentTable | None, ...] = ()
    aliases: dict[str, str] = {}
    groups: dict[str, tuple[str, ...]] = {}
    routing: RoutingTable = RoutingTable()
    retry: RetryPolicy = RetryPolicy()
    timeouts: Timeouts = Timeouts()
    hedge: HedgePolicy | None = None
    cascade: CascadePolicy | None = None
    fleet: FleetPolicies = FleetPolicies()
    limits: Limits = Limits()
    max_cost: Amount | None = None
    book: Literal["ours", "reported"] = "ours"
