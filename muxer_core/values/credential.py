"""`CredentialRef`: the name of a secret, and how it is placed in a request. The secret itself never enters the core."""

from __future__ import annotations

from typing import Literal

import msgspec

from muxer_core.values.errors import LocalProtocolError

CredentialScheme = Literal["bearer", "x-api-key", "api-key", "x-goog-api-key", "aws-sigv4", "none"]
"""How a secret shows itself: as a header of this name (`bearer`: as `authorization`), as AWS's signature of the whole request
(Signature Version 4, which no header can be made of without the request), or not at all.
"""


class CredentialRef(msgspec.Struct, frozen=True, gc=False):
    """The name of a secret, and how it is placed in a request. `others` name further secrets that take turns with it."""

    name: str
    scheme: CredentialScheme = "bearer"
    others: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every secret of this credential, in the order of turns."""
        return (self.name, *self.others)

    def header(self, secret: str) -> tuple[str, str]:
        """The header that carries `secret`. For transports only. Raises `LocalProtocolError` where the scheme is no header."""
        if self.scheme == "bearer":
            return "authorization", f"Bearer {secret}"
        if self.scheme in ("aws-sigv4", "none"):
            raise LocalProtocolError(f"credential {self.name!r}: {self.scheme} is no header that could carry a key")
        return self.scheme, secret


def keys_of(credential: CredentialRef | None) -> int:
    """How many keys a credential has; without a credential it is always the same request, as with one key.

    >>> keys_of(None), keys_of(CredentialRef("one", others=("two",)))
    (1, 2)
    """
    return 1 if credential is None else 1 + len(credential.others)
