"""`Catalog`: all that stands still, indexed. Immutable; a new configuration makes a new one.

A deployment's index is its position; groups, views and plans speak of deployments by index. What a name means is the subject of `names`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from muxer_core.catalog.cards import ModelCard
from muxer_core.catalog.deployments import Deployment, Provider
from muxer_core.catalog.listed_prices import as_model
from muxer_core.catalog.names import AUTO, Names, UnknownModel

__all__ = ["AUTO", "Catalog", "UnknownModel"]


class Catalog:
    """Deployments with their cards and providers, and the names that lead to them.

    `groups` maps a name to deployments, models or groups listed before it; `aliases` maps a name to another. Raises `InvalidRequest`
    for a group without members, a member or target that does not exist, and aliases that go in a circle.
    """

    __slots__ = ("_names", "cards", "deployments", "providers")

    def __init__(
        self,
        deployments: Sequence[Deployment],
        *,
        providers: Mapping[str, Provider] | None = None,
        aliases: Mapping[str, str] | None = None,
        groups: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.deployments = tuple(deployments)
        self.providers = dict(providers or {one.provider.name: one.provider for one in self.deployments})
        self.cards: tuple[ModelCard, ...] = tuple({one.card.name: one.card for one in self.deployments}.values())
        """Every model card, once, in the order of the deployments; where deployments have prices of their own, the last one's."""
        self._names = Names(self.deployments, aliases or {}, groups or {})

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that resolves, wildcards apart: aliases first, then groups and models, then `provider/model`."""
        return self._names.known

    def resolve(self, name: str) -> tuple[int, ...]:
        """The indices of the deployments that `name` means. Raises `UnknownModel`, which names the nearest spelling."""
        return self._names.resolve(name)

    def as_asked(self, name: str) -> dict[int, Deployment]:
        """The deployments that `name` means, by index; those of any model are the deployments of the model that it names. Raises
        `UnknownModel`, or `InvalidRequest` for a name that is a provider's alone.
        """
        end = self._names.end_of(name)
        return {index: as_model(self.deployments[index], end) for index in self.resolve(name)}
