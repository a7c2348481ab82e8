"""AWS Signature Version 4 from the standard library alone, written from AWS's page, to judge signatures made by botocore.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, read 2026-11-24.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import quote


def signature(
    method: str,
    target: str,
    headers: Mapping[str, str],
    signed: Iterable[str],
    body: bytes,
    *,
    secret: str,
    scope: str,
) -> str:
    """The signature of a request whose path and query are `target`, as sent. `scope` is `DATE/REGION/SERVICE/aws4_request`."""
    path, _, query = target.partition("?")
    # Every service but S3 encodes what was already encoded for the wire once more.
    canonical_path = quote(path or "/", safe="/-_.~")
    canonical_query = "&".join(sorted(query.split("&"))) if query else ""
    names = sorted(name.lower() for name in signed)
    lines = [f"{name}:{' '.join(headers[name].split())}\n" for name in names]
    whole = "\n".join(
        (
            method,
            canonical_path,
            canonical_query,
            "".join(lines),
            ";".join(names),
            hashlib.sha256(body).hexdigest(),
        )
    )
    text = "\n".join(("AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hashlib.sha256(whole.encode()).hexdigest()))
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def parts_of(authorization: str) -> dict[str, str]:
    """`Credential`, `SignedHeaders` and `Signature` of an authorization header."""
    algorithm, _, rest = authorization.partition(" ")
    assert algorithm == "AWS4-HMAC-SHA256"
    return dict(part.split("=", 1) for part in rest.split(", "))


def is_signed_right(method: str, target: str, headers: Mapping[str, str], body: bytes, *, secret: str) -> bool:
    """Is a request, as it arrived, signed with `secret`? Header names are lower-case."""
    said = parts_of(headers["authorization"])
    scope = said["Credential"].partition("/")[2]
    return said["Signature"] == signature(
        method, target, headers, said["SignedHeaders"].split(";"), body, secret=secret, scope=scope
    )
