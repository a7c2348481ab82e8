"""Thought signatures: Google's own as they are, other vendors' in an envelope that only we open.

A client that speaks Gemini to us keeps `thoughtSignature` and sends it back in the same part. Where the answer came from another vendor,
its seal (a signature, or encrypted thinking) goes through such a client in an envelope: base64 of `muxer:` and JSON. Google is never sent
one: `contents` refuses seals of other vendors, which no Google model can read.
"""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

import msgspec

from muxer_core.dialects.gemini.names import VENDOR

_MARK = b"muxer:"
_BEGINS = base64.urlsafe_b64encode(_MARK).decode()
MAX_ENVELOPE = 1 << 22
"""The most characters of an envelope that are opened."""


class Seal(NamedTuple):
    """What must go back unchanged, and whose it is. `id` is the vendor's name for the thought."""

    signature: str | None = None
    encrypted: str | None = None
    vendor: str | None = VENDOR
    id: str | None = None


class _Envelope(msgspec.Struct, omit_defaults=True):
    vendor: str | None = None
    signature: str | None = None
    encrypted: str | None = None
    id: str | None = None


def close_seal(seal: Seal) -> str:
    """The text of `thoughtSignature`.

    >>> close_seal(Seal("c2VhbA=="))
    'c2VhbA=='
    >>> open_seal(close_seal(Seal("s", None, "anthropic")))
    Seal(signature='s', encrypted=None, vendor='anthropic', id=None)
    """
    if seal.vendor in (None, VENDOR) and seal.signature is not None and seal.encrypted is None and seal.id is None:
        return seal.signature
    inside = msgspec.json.encode(_Envelope(seal.vendor, seal.signature, seal.encrypted, seal.id))
    return base64.urlsafe_b64encode(_MARK + inside).decode()


def open_seal(text: str) -> Seal:
    """What a `thoughtSignature` seals. Never raises: what is no envelope of ours is Google's."""
    if text.startswith(_BEGINS) and len(text) <= MAX_ENVELOPE:
        try:
            inside = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)[len(_MARK) :]
            envelope = msgspec.json.decode(inside, type=_Envelope)
        except (binascii.Error, ValueError, msgspec.MsgspecError):
            return Seal(text)
        return Seal(envelope.signature, envelope.encrypted, envelope.vendor, envelope.id)
    return Seal(text)
