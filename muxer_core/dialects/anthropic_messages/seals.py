"""Seals of other vendors on their way through a client of the Messages API, which has a place for one vendor's seals only.

A seal (what a provider must get back unchanged on the next turn) of another vendor is told to our client as the signature of a
thinking block, or as a redacted thinking block, wrapped in a text that says whose it is: `muxer1:<vendor>:<what>:<name>:<seal>`. The
client gives the block back as it came, for so the API wants it, and it is unwrapped again: the part is what it was, its vendor named.
The API's own seals are never wrapped, and none of them begins so.

`what` is `signature` or `encrypted` (of the thought in whose block it stands, `name` being its id), `text` (of the text before it) or
`call` (of the tool call whose id `name` is).
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, unquote

_MARK = "muxer1"


class Seal(NamedTuple):
    """A seal of another vendor: whose, on what, the id of that, and the seal itself."""

    vendor: str
    what: str
    name: str
    seal: str


def wrap(seal: Seal) -> str:
    """The seal as one text.

    >>> wrap(Seal("openai", "encrypted", "rs_1", "gAAA"))
    'muxer1:openai:encrypted:rs_1:gAAA'
    """
    return ":".join((_MARK, quote(seal.vendor, safe=""), seal.what, quote(seal.name, safe=""), seal.seal))


def unwrap(text: str) -> Seal | None:
    """The seal in a text that `wrap` made; None for any other text.

    >>> unwrap("muxer1:google:call:call_1:abc")
    Seal(vendor='google', what='call', name='call_1', seal='abc')
    """
    pieces = text.split(":", 4)
    if len(pieces) != 5 or pieces[0] != _MARK:
        return None
    return Seal(unquote(pieces[1]), pieces[2], unquote(pieces[3]), pieces[4])
