"""`Names`: what a model name means. One order holds; case counts.

1. an exact alias, followed to its end; aliases that go in a circle are refused when they are made;
2. a group: the deployments of that name or of a model of that name, or those that the configuration lists under it;
3. `provider/model`, when the first segment is a configured provider: its deployment of that model, else its deployment of
   any model, unless that one's own name is a narrower wildcard;
4. the longest wildcard (`*` stands for any text) among the deployments' names;
5. else `UnknownModel`, which names the nearest spelling.

A concrete name is never swapped for another model: whoever chooses, chooses among what the name means here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from muxer_core.catalog.deployments import ANY_MODEL, Deployment
from muxer_core.values.errors import InvalidRequest, LocalProtocolError
from muxer_core.values.spelling import did_you_mean, nearest

AUTO = "auto"
"""The group of all deployments of a model, unless the configuration names its members. It is never taken for a wildcard's model."""

LONGEST_NAME = 512
"""Characters. A longer name is unknown without being compared: it comes from outside."""

Indices = tuple[int, ...]


class UnknownModel(LocalProtocolError, LookupError):
    """No alias, group, deployment or wildcard has this name. `nearest` holds similar ones."""

    def __init__(self, name: str, nearest: Sequence[str]) -> None:
        hint = f"; did you mean {' or '.join(repr(one) for one in nearest)}?" if nearest else ""
        shown = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
        super().__init__(f"model: {shown!r} is not configured{hint}")
        self.name = name
        self.nearest = tuple(nearest)


def matches(pattern: str, name: str) -> bool:
    """Does `name` match, where `*` stands for any text, even none?

    >>> matches("gpt-*-mini", "gpt-4.1-mini"), matches("gpt-*", "my-gpt-4")
    (True, False)
    """
    first, *rest = pattern.split(ANY_MODEL)
    if not rest:
        return name == pattern
    last = rest.pop()
    if len(name) < len(first) + len(last) or not name.startswith(first) or not name.endswith(last):
        return False
    position, end = len(first), len(name) - len(last)
    for piece in rest:
        found = name.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True


class _Wildcards:
    """Patterns and what they lead to; the one with the most literal text comes first."""

    __slots__ = ("_patterns",)

    def __init__(self, patterns: Mapping[str, Indices]) -> None:
        self._patterns = sorted(patterns.items(), key=lambda pair: (-len(pair[0].replace(ANY_MODEL, "")), pair[0]))

    def find(self, name: str) -> Indices | None:
        return next((indices for pattern, indices in self._patterns if matches(pattern, name)), None)


def _collect(named: Iterable[tuple[str, int]]) -> dict[str, Indices]:
    found: dict[str, dict[int, None]] = {}
    for name, index in named:
        found.setdefault(name, {})[index] = None
    return {name: tuple(indices) for name, indices in found.items()}


def _of_any_model(deployments: Sequence[Deployment]) -> Iterator[tuple[str, int]]:
    """`provider/*` for each deployment of any model that its own name does not narrow, such as `claude-*`."""
    for index, one in enumerate(deployments):
        name = f"{one.provider.name}/{ANY_MODEL}"
        if one.upstream_model == ANY_MODEL and (ANY_MODEL not in one.name or one.name == name):
            yield name, index


class Names:
    """The names of a configuration. `known` lists those without a wildcard: aliases first, then groups, then `provider/model`."""

    __slots__ = ("_concrete", "_ends", "_qualified_wildcards", "_wildcards", "known")

    def __init__(
        self, deployments: Sequence[Deployment], aliases: Mapping[str, str], groups: Mapping[str, Sequence[str]]
    ) -> None:
        plain = _collect((name, index) for index, one in enumerate(deployments) for name in (one.name, one.card.name))
        qualified = _collect(
            (f"{one.provider.name}/{one.upstream_model}", index) for index, one in enumerate(deployments)
        )
        self._wildcards = _Wildcards({name: indices for name, indices in plain.items() if ANY_MODEL in name})
        self._qualified_wildcards = _Wildcards(_collect(_of_any_model(deployments)))
        reachable = {**qualified, **plain}
        for group, members in groups.items():
            reachable[group] = plain[group] = _members(group, members, reachable)
        of_a_model = tuple(index for index, one in enumerate(deployments) if one.upstream_model != ANY_MODEL)
        if of_a_model:
            plain.setdefault(AUTO, of_a_model)
        self._concrete = {name: indices for name, indices in {**qualified, **plain}.items() if ANY_MODEL not in name}
        self._ends = {alias: _end_of(alias, aliases) for alias in aliases}
        for alias, end in self._ends.items():
            self._concrete[alias] = self._target(alias, end, {**qualified, **plain})
        self.known = tuple(dict.fromkeys((*aliases, *(name for name in (*plain, *qualified) if ANY_MODEL not in name))))

    def _target(self, alias: str, end: str, named: Mapping[str, Indices]) -> Indices:
        found = named.get(end) or self._by_wildcard(end)
        if found is None:
            raise InvalidRequest(f"aliases.{alias}", f"{end!r} is not configured{did_you_mean(end, named)}")
        return found

    def end_of(self, name: str) -> str:
        """The name at the end of an alias; any other name is its own end."""
        return self._ends.get(name, name)

    def _by_wildcard(self, name: str) -> Indices | None:
        return self._qualified_wildcards.find(name) or self._wildcards.find(name)

    def resolve(self, name: str) -> Indices:
        """The indices of the deployments that `name` means. Raises `UnknownModel`."""
        found = self._concrete.get(name)
        # `auto` asks for a choice among models; a server that takes any name knows no model of that name.
        if found is None and name != AUTO and len(name) <= LONGEST_NAME:
            found = self._by_wildcard(name)
        if found is None:
            raise UnknownModel(name, nearest(name[:LONGEST_NAME], self.known, most=2))
        return found


def _end_of(alias: str, aliases: Mapping[str, str]) -> str:
    """The first name on an alias's way that is no alias. Raises `InvalidRequest` when there is none."""
    seen = [alias]
    while seen[-1] in aliases:
        target = aliases[seen[-1]]
        if target in seen:
            raise InvalidRequest(f"aliases.{alias}", f"goes in a circle: {' -> '.join([*seen, target])}")
        seen.append(target)
    return seen[-1]


def _members(group: str, members: Sequence[str], reachable: Mapping[str, Indices]) -> Indices:
    """Those of a group: deployments, models, or groups listed before it."""
    indices: dict[int, None] = {}
    for member in members:
        if member not in reachable:
            raise InvalidRequest(
                f"groups.{group}", f"{member!r} is not a deployment, a model or a group before this one"
            )
        indices.update(dict.fromkeys(reachable[member]))
    if not indices:
        raise InvalidRequest(f"groups.{group}", "has no member")
    return tuple(indices)
