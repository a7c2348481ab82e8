"""A small house of models for examples: two cards on five deployments."""

from __future__ import annotations

from typing import Any

from muxer_core.catalog.cards import ModelCard, capability_mask
from muxer_core.catalog.catalog import Catalog
from muxer_core.catalog.deployments import Deployment, Provider
from muxer_core.money import PriceCard
from muxer_core.routing.decision import Decision
from muxer_core.values.failure import Failure
from muxer_core.values.messages import Message, TextPart
from muxer_core.values.moment import Moment
from muxer_core.values.request import ChatRequest

T0 = Moment(0.0, 1_000.0)
PROVIDER = Provider(name="house", base_url="http://127.0.0.1:1")
SMALL = ModelCard(
    name="small",
    price=PriceCard.per_million(input="0.10", output="0.40"),
    context_window=8_000,
    max_output_tokens=1_000,
    capabilities=capability_mask(["tools", "json_object"]),
    quality=0.4,
)
BIG = ModelCard(
    name="big",
    price=PriceCard.per_million(input="3", output="12"),
    context_window=128_000,
    max_output_tokens=16_000,
    quality=0.9,
    task_types=("code",),
)


def deployments(*cards: ModelCard, **fields: Any) -> list[Deployment]:
    """One deployment for each card, named for it."""
    return [
        Deployment(name=f"{card.name}-{number}", card=card, provider=PROVIDER, upstream_model=card.name, **fields)
        for number, card in enumerate(cards)
    ]


def house() -> Catalog:
    return Catalog(deployments(SMALL, SMALL, SMALL, BIG, BIG))


def ask(text: str = "Why is the sky blue?", **fields: Any) -> ChatRequest:
    return ChatRequest(model="auto", messages=(Message("user", (TextPart(text),)),), **fields)


def decided(outcome: Decision | Failure) -> Decision:
    assert isinstance(outcome, Decision), outcome
    return outcome


def refused(outcome: Decision | Failure) -> Failure:
    assert isinstance(outcome, Failure), outcome
    return outcome
