"""Where the proxy is and with which key: what was given, else the environment, else a file `.env` in the working directory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from muxer_core.values.errors import InvalidRequest

BASE_URL, API_KEY, STRATEGY = "LITELLM_BASE_URL", "LITELLM_API_KEY", "DEFAULT_ROUTING_STRATEGY"


def setting(name: str) -> str | None:
    """The value of a setting; None when it is set nowhere, or to nothing. `.env` is read when python-dotenv is installed."""
    return (os.environ[name] if name in os.environ else _dotenv().get(name)) or None


def _dotenv() -> Mapping[str, str | None]:
    if not Path(".env").is_file():
        return {}
    try:
        from dotenv import dotenv_values  # noqa: PLC0415 - optional, and needed only where there is a file
    except ModuleNotFoundError:
        return {}
    return dotenv_values(".env")


class Proxy:
    """A proxy's address and our key there. `base_url` ends in `/v1`, however it was written; the `repr` shows no key.

    >>> Proxy("http://localhost:4000/", "sk-secret").base_url
    'http://localhost:4000/v1'
    """

    __slots__ = ("address", "api_key", "base_url")

    def __init__(self, base_url: str | None, api_key: str | None) -> None:
        """Raises `InvalidRequest` for `base_url` or `api_key`. An `api_key` of "" means none, whatever the environment says."""
        given = base_url or setting(BASE_URL)
        if given is None:
            raise InvalidRequest("base_url", f"is missing: give the proxy's address, or set {BASE_URL}")
        self.address = _address(given)
        self.base_url = f"{given.rstrip('/').removesuffix('/v1')}/v1"
        self.api_key = (setting(API_KEY) if api_key is None else api_key.strip()) or None
        if self.api_key is not None and not (self.api_key.isascii() and self.api_key.isprintable()):
            raise InvalidRequest("api_key", "holds a character that no HTTP header can carry")

    def __repr__(self) -> str:
        return f"Proxy({self.base_url!r})"


def _address(base_url: str) -> str:
    """Host and port. A wrong address is not shown: it may hold a password."""
    try:
        parts = urlsplit(base_url)
        _ = parts.port
    except ValueError as error:
        raise InvalidRequest("base_url", f"is not an address: {error}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InvalidRequest("base_url", "must be an address such as http://localhost:4000")
    if "@" in parts.netloc or parts.query or parts.fragment or any(one.isspace() for one in base_url):
        raise InvalidRequest("base_url", "must hold neither a user, nor a query, nor a fragment, nor spaces")
    return parts.netloc
