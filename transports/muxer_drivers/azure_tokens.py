"""Access tokens of Microsoft Entra ID (Azure), by azure-identity: `DefaultAzureCredential`, or a credential of the user's own.

Source: https://learn.microsoft.com/azure/ai-foundry/openai/how-to/managed-identity, read 2026-11-24: the scope, and the header.
"""

from __future__ import annotations

from inspect import iscoroutinefunction
from typing import Any, Protocol

from muxer_core.values.errors import InvalidRequest
from muxer_drivers.credential_sources import library
from muxer_drivers.tokens import BearerTokens, Token, failed

EXTRA = "azure"
SCOPE = "https://cognitiveservices.azure.com/.default"


class AzureToken(Protocol):
    """What is used of `azure.core.credentials.AccessToken`."""

    @property
    def token(self) -> str:
        """The token itself."""
        ...

    @property
    def expires_on(self) -> int:
        """When it expires, in seconds since 1970."""
        ...


class AzureCredential(Protocol):
    """What is used of `azure.core.credentials.TokenCredential`."""

    def get_token(self, *scopes: str, **options: Any) -> AzureToken:
        """A token for these scopes. May block."""
        ...


def azure_tokens(
    credential: AzureCredential | None = None, *, client_id: str | None = None, scope: str = SCOPE
) -> BearerTokens:
    """Tokens from `credential`; without one, from `DefaultAzureCredential`, made when the first token is asked for.

    `client_id` names a managed identity that the user assigned. Raises `InvalidRequest` for a credential of `azure.identity.aio`.
    """
    if credential is not None and iscoroutinefunction(credential.get_token):
        raise InvalidRequest(
            "credential", "is asynchronous; give its twin of azure.identity, which is asked in a thread"
        )
    kept: list[AzureCredential] = [] if credential is None else [credential]

    def fetch() -> Token:
        errors = library("azure.core.exceptions", EXTRA)
        try:
            if not kept:
                kept.append(
                    library("azure.identity", EXTRA).DefaultAzureCredential(managed_identity_client_id=client_id)
                )
            token = kept[0].get_token(scope)
        except (errors.ServiceRequestError, errors.ServiceResponseError) as error:
            raise failed("connect", "no token of Azure", error) from None
        except errors.AzureError as error:
            raise failed("auth", "no token of Azure", error) from None
        return Token(token.token, float(token.expires_on))

    return BearerTokens("azure" if client_id is None else f"azure:{client_id}", fetch)
