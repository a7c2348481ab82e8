"""What a deployment costs where nobody said: published prices. A user's price always wins; what is not listed stays unknown.

Whose list prices hold follows from the address, since a server on this machine does not charge OpenAI's prices. A proxy charges what the
model's maker does: there (`price_list = "model"`, the default of a provider called litellm) the model's name tells. A deployment of any
model has no price of its own: it is priced for each name that it is asked by (`as_model`).
"""

from __future__ import annotations

import msgspec

from muxer_core.catalog.cards import ModelCard
from muxer_core.catalog.deployments import ANY_MODEL, Deployment, Provider
from muxer_core.catalog.listed import MAKERS, Listing, find_model, price_list_date
from muxer_core.values.errors import InvalidRequest

PROXY = "litellm"
"""A provider of this name is a LiteLLM proxy unless it says otherwise."""


def find_by_name(model: str) -> Listing | None:
    """The listing of a model at a proxy, by its name alone: what the name tells, else the first of the best known makers that lists it."""
    return next((found for one in (None, *MAKERS) if (found := find_model(model, provider=one)) is not None), None)


def _listing(model: str, provider: Provider) -> Listing | None:
    price_list = provider.price_list
    if price_list == "usual":
        price_list = "model" if provider.name == PROXY else "address"
    if price_list == "none":
        return None
    return find_by_name(model) if price_list == "model" else find_model(model, base_url=provider.base_url)


def with_listed_price(deployment: Deployment) -> Deployment:
    """The deployment, with the published price and context window in its card where the card has none."""
    card = deployment.card
    if card.price is not None or deployment.upstream_model == ANY_MODEL:
        return deployment
    listing = _listing(deployment.upstream_model, deployment.provider)
    if listing is None:
        return deployment
    listed: ModelCard = listing.card(card.name, price_list_date())
    known = msgspec.structs.replace(
        card,
        price=listed.price,
        context_window=listed.context_window if card.context_window is None else card.context_window,
    )
    return msgspec.structs.replace(deployment, card=known)


def as_model(deployment: Deployment, name: str, card: ModelCard | None = None) -> Deployment:
    """A deployment of any model, as the deployment of the one that was asked for by `name`; any other deployment as it is.

    The provider is asked for the name without its own name in front. `card` describes the model; without one, it is the deployment's, with
    the published price where that has none. Raises `InvalidRequest` for a name that is a provider's alone.
    """
    if deployment.upstream_model != ANY_MODEL:
        return deployment
    model = name.removeprefix(f"{deployment.provider.name}/")
    if not model:
        raise InvalidRequest("model", f"{name!r} names a provider and no model of it")
    return with_listed_price(
        msgspec.structs.replace(
            deployment,
            name=f"{deployment.provider.name}/{model}",
            card=card or msgspec.structs.replace(deployment.card, name=model),
            upstream_model=model,
        )
    )
