"""Access tokens of Google Cloud (Vertex AI), by google-auth: from a service account's file, or application default credentials.

They come from Google's token server, or from the machine's metadata server. Source: https://googleapis.dev/python/google-auth/latest/,
read 2026-11-24.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

from muxer_core.values.errors import LocalProtocolError
from muxer_drivers.credential_sources import library
from muxer_drivers.tokens import BearerTokens, Token, failed

EXTRA = "vertex"
SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


def google_tokens(file: str | None = None, *, scopes: Sequence[str] = SCOPES) -> BearerTokens:
    """Tokens of the service account whose key is in `file`; without one, of the application default credentials, which are looked for when
    the first token is asked for.
    """
    kept: list[Any] = []

    def fetch() -> Token:
        auth, errors = library("google.auth", EXTRA), library("google.auth.exceptions", EXTRA)
        requests = library("google.auth.transport.requests", EXTRA)
        try:
            if not kept:
                kept.append(auth.default(scopes=list(scopes))[0] if file is None else _service_account(file, scopes))
            kept[0].refresh(requests.Request())
        except errors.TransportError as error:
            raise failed("connect", "no token of Google Cloud", error) from None
        except errors.GoogleAuthError as error:
            raise failed("auth", "no token of Google Cloud", error) from None
        return Token(kept[0].token, kept[0].expiry.replace(tzinfo=UTC).timestamp())

    return BearerTokens("google" if file is None else f"google:{file}", fetch)


def _service_account(file: str, scopes: Sequence[str]) -> Any:
    """Raises `LocalProtocolError` naming the file; what stands in it is not shown."""
    service_account = library("google.oauth2.service_account", EXTRA)
    try:
        content = json.loads(Path(file).read_bytes())
        if content.get("type") != "service_account":
            raise LocalProtocolError(
                f"credential 'google:{file}' is not the key of a service account; for other kinds, name the file in "
                'GOOGLE_APPLICATION_CREDENTIALS and write "google:default"'
            )
        return service_account.Credentials.from_service_account_info(content, scopes=list(scopes))
    except OSError as error:
        raise LocalProtocolError(f"credential 'google:{file}': cannot read it: {error.strerror}") from None
    except (ValueError, AttributeError):
        raise LocalProtocolError(f"credential 'google:{file}' does not hold the key of a service account") from None
