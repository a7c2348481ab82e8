"""Published prices for deployments that have none of their own. A user's price always wins; what is not listed stays unknown.

Whose list prices hold follows from the address, since a server on this machine does not charge OpenAI's prices. A proxy charges what the
model's maker does: there (`price_list = "model"`, the default of a provider called litellm) the model's name tells.
"""

from __future__ import annotations

import msgspec

from muxer_core.catalog.cards import ModelCard
from muxer_core.catalog.deployments import ANY_MODEL, Deployment
from muxer_core.catalog.listed import find_model, price_list_date
from muxer_core.config.tables import PriceList

PROXY = "litellm"
"""A provider of this name is a LiteLLM proxy unless it says otherwise."""


def price_list_of(provider: str, said: PriceList) -> PriceList:
    """By what a provider's list prices are found."""
    if said != "usual":
        return said
    return "model" if provider == PROXY else "address"


def with_listed_price(deployment: Deployment, price_list: PriceList) -> Deployment:
    """The deployment, with the published price and context window in its card where the card has none."""
    card = deployment.card
    if card.price is not None or price_list == "none" or deployment.upstream_model == ANY_MODEL:
        return deployment
    base_url = deployment.provider.base_url if price_list == "address" else None
    listing = find_model(deployment.upstream_model, base_url=base_url)
    if listing is None:
        return deployment
    listed: ModelCard = listing.card(card.name, price_list_date())
    known = msgspec.structs.replace(
        card,
        price=listed.price,
        context_window=listed.context_window if card.context_window is None else card.context_window,
    )
    return msgspec.structs.replace(deployment, card=known)
