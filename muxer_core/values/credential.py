"""`CredentialRef`: the name of a secret, and how it is placed in a request. The secret itself never enters the core."""

from __future__ import annotations

from typing import Literal

import msgspec

CredentialScheme = Literal["bearer", "x-api-key", "api-key", "x-goog-api-key"]


class CredentialRef(msgspec.Struct, frozen=True, gc=False):
    """The name of a secret, and how it is placed in a request."""

    name: str
    scheme: CredentialScheme = "bearer"

    def header(self, secret: str) -> tuple[str, str]:
        """The header that carries `secret`. For transports only."""
        if self.scheme == "bearer":
            return "authorization", f"Bearer {secret}"
        return self.scheme, secret
