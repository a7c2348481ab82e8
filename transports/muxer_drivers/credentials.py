"""Credentials: where secrets are kept, below the core. A request names its credential; only the transport, as it sends, sees the secret.

`Credentials` holds secrets by name. A name of the form `env:NAME` is read from the environment at each use, so that a rotated key is
picked up without a restart.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from muxer_core.call.exchange import TransportError
from muxer_core.values.credential import CredentialRef
from muxer_core.values.errors import LocalProtocolError
from muxer_core.values.failure import Failure
from muxer_core.wire.heads import WireRequest

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
        """The secret that `ref` names. Raises `LocalProtocolError` with the name and what is wrong with it; the secret is not shown."""
        name = ref.name
        if name in self._secrets:
            secret = self._secrets[name]
        elif name.startswith(ENVIRONMENT):
            variable = name.removeprefix(ENVIRONMENT)
            secret = self._environment.get(variable, "")
            if not secret:
                raise LocalProtocolError(f"credential {name!r}: the environment variable {variable} is not set")
        else:
            raise LocalProtocolError(f"credential {name!r}: no secret of this name was given to the client")
        if not secret.isascii() or not secret.isprintable():
            raise LocalProtocolError(
                f"credential {name!r} holds a line break or another character that no header can carry"
            )
        if secret != secret.strip():
            raise LocalProtocolError(f"credential {name!r} begins or ends with a space")
        return secret

    def headers(self, request: WireRequest) -> list[tuple[str, str]]:
        """The request's headers, with its credential in place.

        Raises `TransportError` (kind `auth`, nothing sent) when the credential cannot be had: another provider may do.
        """
        headers = list(request.headers.items())
        if request.credential is not None:
            try:
                headers.append(request.credential.header(self.secret(request.credential)))
            except LocalProtocolError as problem:
                raise TransportError(Failure(kind="auth", message=str(problem)), sent=False) from None
        return headers
