"""`Group`: the deployments that a model name means, prepared for decisions; fixed for a configuration. `Groups` makes each one once.

Bit i of every mask is the deployment with index i in the catalog. What is kept for later (`able`, sorted prices) is a pure function of the
configuration and bounded in number, so decisions do not depend on which came before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

from muxer_core.catalog.cards import ModelCard
from muxer_core.catalog.catalog import Catalog
from muxer_core.catalog.deployments import ANY_MODEL, Deployment
from muxer_core.routing.balance import Pool
from muxer_core.routing.prices import PriceClass, Prices, by_input_alone
from muxer_core.values.errors import InvalidRequest

MOST_ASKED = 256
"""Groups of any model that are kept, one for each name that was asked for."""


class Ceilings:
    """Which deployments can take a number of tokens: limits, ascending, each with the mask of those that have less."""

    __slots__ = ("_limits", "_too_small")

    def __init__(self, limits: Iterable[tuple[int, int | None]]) -> None:
        masks: dict[int, int] = {}
        for index, limit in limits:
            if limit is not None:
                masks[limit] = masks.get(limit, 0) | 1 << index
        self._limits = sorted(masks)
        self._too_small = list(
            accumulate((masks[limit] for limit in self._limits), lambda some, more: some | more, initial=0)
        )

    def too_small(self, tokens: int) -> int:
        """The deployments whose limit is below `tokens`; an unknown limit is not."""
        return self._too_small[bisect_left(self._limits, tokens)]


class CardRow:
    """One model card of a group, with the deployments that serve it. `position` is its place in `Catalog.cards`; `price` is None when
    unknown.
    """

    __slots__ = ("card", "pool", "position", "price")

    def __init__(self, card: ModelCard, position: int, pool: Pool, price: PriceClass | None) -> None:
        self.card = card
        self.position = position
        self.pool = pool
        self.price = price


class Group:
    """Deployments that stand for one name. `levels` are masks by priority, the preferred first. `deployments` are all of the catalog;
    with `asked_as`, those of any model are the deployments of the model of that name. `input_alone` prices them for requests without an
    answer (vectors), so that an output price that nobody names is not missed.
    """

    __slots__ = (
        "_able",
        "_by_tag",
        "answers",
        "deployments",
        "levels",
        "mask",
        "pool",
        "prices",
        "reserved",
        "rows",
        "windows",
    )

    def __init__(
        self, catalog: Catalog, indices: tuple[int, ...], asked_as: str | None = None, *, input_alone: bool = False
    ) -> None:
        self.deployments = catalog.deployments
        if asked_as is not None:
            asked = catalog.as_asked(asked_as)
            self.deployments = tuple(asked.get(index, one) for index, one in enumerate(catalog.deployments))
        members = [(index, self.deployments[index]) for index in indices]
        self.pool = _pool(members)
        self.mask = self.pool.mask
        self.prices = Prices([(index, by_input_alone(one)) for index, one in members] if input_alone else members)
        self.windows = Ceilings((index, one.card.context_window) for index, one in members)
        self.answers = Ceilings((index, one.card.max_output_tokens) for index, one in members)
        self.rows = _rows(catalog, members, self.prices)
        self.levels = _levels(members)
        self.reserved = 0
        self._by_tag: dict[str, int] = {}
        for index, one in members:
            for tag in one.tags:
                self.reserved |= 1 << index
                self._by_tag[tag] = self._by_tag.get(tag, 0) | 1 << index
        self._able: dict[int, int] = {}

    def able(self, needs: int) -> int:
        """The deployments with all capabilities of `needs` (bits of `CAPABILITIES`)."""
        known = self._able.get(needs)
        if known is None:
            known = sum(row.pool.mask for row in self.rows if not needs & ~row.card.capabilities)
            self._able[needs] = known
        return known

    def barred(self, tags: Iterable[str]) -> int:
        """The deployments that are reserved for tags that a call does not carry."""
        serve = 0
        for tag in tags:
            serve |= self._by_tag.get(tag, 0)
        return self.reserved & ~serve

    def preferred(self, allowed: int) -> int:
        """Those of `allowed` (not empty) with the best priority."""
        if len(self.levels) == 1:
            return allowed
        return next(filter(None, (allowed & level for level in self.levels)))


def _pool(members: list[tuple[int, Deployment]]) -> Pool:
    return Pool([index for index, _ in members], [one.weight for _, one in members])


def _rows(catalog: Catalog, members: list[tuple[int, Deployment]], prices: Prices) -> tuple[CardRow, ...]:
    """One row for each card; cards of one name that differ (in price, say) are different cards."""
    cards: dict[str, list[tuple[ModelCard, list[tuple[int, Deployment]]]]] = {}
    for index, one in members:
        namesakes = cards.setdefault(one.card.name, [])
        same = next((served for card, served in namesakes if card == one.card), None)
        if same is None:
            namesakes.append((one.card, [(index, one)]))
        else:
            same.append((index, one))
    positions = {card.name: position for position, card in enumerate(catalog.cards)}
    return tuple(
        CardRow(card, positions[catalog.deployments[served[0][0]].card.name], _pool(served), prices.at(served[0][0]))
        for namesakes in cards.values()
        for card, served in namesakes
    )


def _levels(members: list[tuple[int, Deployment]]) -> tuple[int, ...]:
    masks: dict[int, int] = {}
    for index, one in members:
        masks[one.priority] = masks.get(one.priority, 0) | 1 << index
    return tuple(masks[priority] for priority in sorted(masks))


class Groups:
    """The groups of a configuration, by the deployments in them, and those of any model by the name that was asked for.

    `able`, where it is given, is the mask of the deployments that can do what is asked for; `what` says it in words, and the others are in
    no group. `input_alone` as in `Group`.
    """

    __slots__ = ("_able", "_any_model", "_asked", "_catalog", "_input_alone", "_made", "_what")

    def __init__(self, catalog: Catalog, *, able: int | None = None, what: str = "", input_alone: bool = False) -> None:
        self._catalog = catalog
        self._able = able
        self._what = what
        self._input_alone = input_alone
        self._any_model = frozenset(
            index for index, one in enumerate(catalog.deployments) if one.upstream_model == ANY_MODEL
        )
        self._made: dict[tuple[int, ...], Group] = {}
        self._asked: dict[str, Group] = {}

    def named(self, model: str) -> Group:
        """The group that a model name means. Raises what `Catalog.resolve` raises, and `InvalidRequest` when no deployment is able."""
        indices = self._catalog.resolve(model)
        if self._able is not None:
            indices = tuple(index for index in indices if self._able >> index & 1)
            if not indices:
                raise InvalidRequest("model", f"no deployment of {model!r} {self._what}: its dialect cannot say it")
        group = self._made.get(indices)
        if group is not None:
            return group
        if not self._any_model.isdisjoint(indices):
            return self._asked_as(model, indices)
        group = self._made[indices] = Group(self._catalog, indices, input_alone=self._input_alone)
        return group

    def _asked_as(self, name: str, indices: tuple[int, ...]) -> Group:
        """Names come from outside: the oldest group is forgotten, and made again when it is asked for."""
        group = self._asked.get(name)
        if group is None:
            if len(self._asked) == MOST_ASKED:
                del self._asked[next(iter(self._asked))]
            group = self._asked[name] = Group(self._catalog, indices, name, input_alone=self._input_alone)
        return group
