"""The nearest spelling of a name that is not known: one rule for models, strategies, aliases and keys of a configuration."""

from __future__ import annotations

from collections.abc import Iterable

LIKENESS = 0.5
"""How alike two names must be, by difflib's ratio, for one to be offered in place of the other."""


def nearest(name: str, known: Iterable[str], *, most: int = 1) -> list[str]:
    """At most `most` known names that are spelled alike, the most alike first."""
    from difflib import get_close_matches  # noqa: PLC0415 - only errors need it

    return get_close_matches(name, list(known), n=most, cutoff=LIKENESS)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question that names the nearest spelling, or nothing when none is near.

    >>> did_you_mean("wieght", ["weight", "tags"])
    "; did you mean 'weight'?"
    """
    near = nearest(name, known)
    return f"; did you mean {near[0]!r}?" if near else ""
