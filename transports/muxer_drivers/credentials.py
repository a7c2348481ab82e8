"""Credentials: where secrets are kept, below the core. A request names its credential; only the transport, as it sends, sees the secret.

A name means, in this order: what was given under it, a secret or a source (`credential_sources`); for `env:NAME`, the environment's
variable, read at each use, so that a rotated key is picked up without a restart (`env:ONE|OTHER`: the first that is set); for `google:…`,
`azure:…` and `aws:…`, the vendor's own library. Where a credential has several names they take turns (`muxer_core.fleet.key_turns` says
whose turn it is).

A transport sends a request in three steps: `begin`; `fetch` or `fetch_blocking` when there is something to wait for; `answered` when the
head is there.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping

from muxer_core.call.exchange import TransportError
from muxer_core.fleet.key_turns import DEFAULT_POLICY, KeyTurns, refusal_of
from muxer_core.fleet.policies import KeyPolicy
from muxer_core.values.credential import CredentialRef
from muxer_core.values.errors import LocalProtocolError
from muxer_core.values.failure import Failure
from muxer_core.wire.dates import retry_after
from muxer_core.wire.heads import Headers, ResponseHead, WireRequest
from muxer_drivers.credential_sources import (
    Ask,
    BlockingSource,
    CredentialSource,
    HeaderFields,
    ReadySource,
    Source,
    source_of,
)
from muxer_drivers.world import Clock, system_clock

ENVIRONMENT = "env:"
ALTERNATIVE = "|"


class Way:
    """How a request is let in where that is not by one plain key: by which source, and with which key of several."""

    __slots__ = ("ask", "key", "source", "turns")

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.source: Source | None = None
        self.turns: KeyTurns | None = None
        self.key = 0

    @property
    def name(self) -> str:
        """The name of the credential whose turn it is."""
        return self.ask.ref.names[self.key]

    def __str__(self) -> str:
        """The credential and its source, in words."""
        return f"credential {self.name!r}: its source {type(self.source).__name__}"


class Admission:
    """A request on its way to be let in. `headers` are all of the request's, and None while they must be waited for."""

    __slots__ = ("headers", "way")

    def __init__(self, headers: list[tuple[str, str]] | None, way: Way | None = None) -> None:
        self.headers = headers
        self.way = way

    def __repr__(self) -> str:
        return f"Admission(ready={self.headers is not None}, key={0 if self.way is None else self.way.key})"


def _source(name: str, given: object) -> Source:
    if isinstance(given, ReadySource | CredentialSource | BlockingSource):
        return given
    raise LocalProtocolError(
        f"credential {name!r}: a {type(given).__name__} is neither text nor a source; "
        "a source has headers_now, headers or headers_blocking"
    )


def _with(headers: Iterable[tuple[str, str]], given: HeaderFields) -> list[tuple[str, str]]:
    """A request's headers and a source's. Raises `InvalidRequest` naming a header that is none; its value is not shown."""
    return [*headers, *Headers.of(given).fields]


def _auth(problem: LocalProtocolError) -> TransportError:
    """Another provider may do."""
    return TransportError(Failure(kind="auth", message=str(problem)), sent=False)


class Credentials:
    """Secrets and sources by name. The `repr` shows names only. Threads and tasks may share it.

    `keys`: for how long a refused key rests, where a credential has several. `clock` is what signatures and tokens go by.
    """

    __slots__ = ("_clock", "_environment", "_keys", "_lock", "_secrets", "_sources", "_turns")

    def __init__(
        self,
        secrets: Mapping[str, str | Source] | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        keys: KeyPolicy = DEFAULT_POLICY,
        clock: Clock = system_clock,
    ) -> None:
        given = secrets or {}
        self._secrets = {name: one for name, one in given.items() if isinstance(one, str)}
        self._sources = {name: _source(name, one) for name, one in given.items() if not isinstance(one, str)}
        self._environment = os.environ if environment is None else environment
        self._keys = keys
        self._clock = clock
        self._lock = threading.Lock()
        self._turns: dict[tuple[str, ...], KeyTurns] = {}

    def __repr__(self) -> str:
        return f"Credentials({', '.join(sorted((*self._secrets, *self._sources)))})"

    def secret(self, ref: CredentialRef) -> str:
        """The secret that `ref` names first. Raises `LocalProtocolError` with the name and what is wrong; the secret is not shown."""
        return self._secret(ref.name)

    def check(self, ref: CredentialRef) -> None:
        """Is there something under every name of `ref`? Raises `LocalProtocolError` with the first name that means nothing.

        A source is looked up and not asked: that may take a while, and cost a token.
        """
        if ref.scheme == "none":
            return
        for name in ref.names:
            if self._source(name) is None:
                ref.header(self._secret(name))

    def begin(self, request: WireRequest) -> Admission:
        """Let a request in, as far as that needs no waiting. Raises `TransportError` (kind `auth`, nothing sent) when its credential cannot
        be had: another provider may do.
        """
        ref = request.credential
        headers = list(request.headers.fields)
        if ref is None or ref.scheme == "none":
            return Admission(headers)
        name = ref.name
        try:
            if not ref.others and (
                name in self._secrets or (name.startswith(ENVIRONMENT) and name not in self._sources)
            ):
                headers.append(ref.header(self._secret(name)))
                return Admission(headers)
            way = Way(Ask(request, ref, self._clock))
            if ref.others:
                self._take_turn(way)
            source = way.source = self._source(way.name)
            if source is None:
                headers.append(ref.header(self._secret(way.name)))
                return Admission(headers, way)
            given = source.headers_now(way.ask) if isinstance(source, ReadySource) else None
            return Admission(None if given is None else _with(headers, given), way)
        except LocalProtocolError as problem:
            raise _auth(problem) from None

    async def fetch(self, admission: Admission) -> None:
        """Wait for what `begin` could not give. Raises `TransportError`."""
        way = admission.way
        if way is None:
            return
        try:
            if not isinstance(way.source, CredentialSource):
                raise LocalProtocolError(
                    f"{way} has only headers_blocking, which would stop an event loop: "
                    "use a sync client, or give it `async def headers`"
                )
            admission.headers = _with(way.ask.request.headers.fields, await way.source.headers(way.ask))
        except LocalProtocolError as problem:
            raise _auth(problem) from None

    def fetch_blocking(self, admission: Admission, timeout: float) -> bool:
        """The same for plain threads; False when it did not come for `timeout` seconds. Raises `TransportError`."""
        way = admission.way
        if way is None:
            return True
        try:
            if not isinstance(way.source, BlockingSource):
                raise LocalProtocolError(
                    f"{way} is asynchronous only, and this client runs in plain threads: "
                    "use an AsyncClient, or give it `headers_blocking`"
                )
            given = way.source.headers_blocking(way.ask, timeout)
            if given is not None:
                admission.headers = _with(way.ask.request.headers.fields, given)
        except LocalProtocolError as problem:
            raise _auth(problem) from None
        return admission.headers is not None

    def answered(self, admission: Admission, head: ResponseHead) -> None:
        """The head is there: if it refuses the key, and there are others, that key rests."""
        way = admission.way
        if way is None or way.turns is None or (refusal := refusal_of(head.status)) is None:
            return
        moment = self._clock()
        with self._lock:
            way.turns.tell(way.key, refusal, retry_after(head.headers, moment.wall), moment.mono)

    def headers(self, request: WireRequest) -> list[tuple[str, str]]:
        """All headers of a request whose credential needs no waiting, for drivers that know plain keys only. Raises `TransportError`."""
        admission = self.begin(request)
        if admission.headers is None:
            raise _auth(LocalProtocolError(f"{admission.way} must be waited for, which this driver does not"))
        return admission.headers

    def _secret(self, name: str) -> str:
        if name in self._secrets:
            secret = self._secrets[name]
        elif name.startswith(ENVIRONMENT):
            secret = self._environment.get(name[len(ENVIRONMENT) :]) or self._of_environment(name)
        else:
            raise LocalProtocolError(f"credential {name!r}: no secret of this name was given to the client")
        if not secret.isascii() or not secret.isprintable():
            raise LocalProtocolError(
                f"credential {name!r} holds a line break or another character that no header can carry"
            )
        if secret != secret.strip():
            raise LocalProtocolError(f"credential {name!r} begins or ends with a space")
        return secret

    def _of_environment(self, name: str) -> str:
        """The first of the variables that is set, and not to nothing."""
        variables = name.removeprefix(ENVIRONMENT).split(ALTERNATIVE)
        for variable in variables:
            if secret := self._environment.get(variable, ""):
                return secret
        if len(variables) == 1:
            raise LocalProtocolError(f"credential {name!r}: the environment variable {variables[0]} is not set")
        raise LocalProtocolError(f"credential {name!r}: none of the variables {', '.join(variables)} is set")

    def _source(self, name: str) -> Source | None:
        if name in self._secrets or name.startswith(ENVIRONMENT):
            return self._sources.get(name)
        source = self._sources.get(name)
        if source is None and (made := source_of(name)) is not None:
            source = self._sources.setdefault(name, made)
        return source

    def _take_turn(self, way: Way) -> None:
        names = way.ask.ref.names
        with self._lock:
            turns = self._turns.get(names)
            if turns is None:
                turns = self._turns[names] = KeyTurns(len(names), self._keys)
            way.turns = turns
            way.key = turns.take(self._clock().mono)
