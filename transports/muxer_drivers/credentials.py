"""Credentials: where secrets are kept, below the core. A request names its credential; only the transport, as it sends, sees the secret.

`Credentials` holds secrets by name. A name of the form `env:NAME` is read from the environment at each use, so that a rotated key is
picked up without a restart.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from muxer_core.values.errors import LocalProtocolError
from muxer_core.wire.heads import CredentialRef, WireRequest

ENVIRONMENT = "env:"


class Credentials:
    """Secrets by name. The `repr` shows names only."""

    __slots__ = ("_environment", "_secrets")

    def __init__(
        self, secrets: Mapping[str, str] | None = None, *, environment: Mapping[str, str] | None = None
    ) -> None:
        self._secrets = dict(secrets or {})
        self._environment = os.environ if environment is None else environment

    def __repr__(self) -> str:
        return f"Credentials({', '.join(sorted(self._secrets))})"

    def secret(self, ref: CredentialRef) -> str:
        """The secret that `ref` names. Raises `LocalProtocolError` with the name and where it was looked for."""
        if ref.name in self._secrets:
            return self._secrets[ref.name]
        if ref.name.startswith(ENVIRONMENT):
            variable = ref.name.removeprefix(ENVIRONMENT)
            if value := self._environment.get(variable):
                return value
            raise LocalProtocolError(f"credential {ref.name!r}: the environment variable {variable} is not set")
        raise LocalProtocolError(f"credential {ref.name!r}: no secret of this name was given to the client")

    def headers(self, request: WireRequest) -> list[tuple[str, str]]:
        """The request's headers, with its credential in place."""
        headers = list(request.headers.items())
        if request.credential is not None:
            headers.append(request.credential.header(self.secret(request.credential)))
        return headers
