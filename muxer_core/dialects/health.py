"""Health probes: is a server there and willing? They never spend money, and no probe calls a model.

Three probes are known. The first two are LiteLLM's (docs.litellm.ai, "Health Checks", November 2026); its `GET /health`, which calls the
models, is never used. The third works at every OpenAI-compatible server. A caller goes down the list until one is answered.

| probe | path |
| --- | --- |
| `liveliness` | `/health/liveliness`, beside the API, not under its `/v1` |
| `readiness` | `/health/readiness`, likewise |
| `models` | `/models` under `base_url` |
"""

from __future__ import annotations

from typing import Literal

from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.values.items import Acknowledged, Item, ReplyEnded
from muxer_core.wire.heads import Headers, ResponseHead, WireRequest

Probe = Literal["liveliness", "readiness", "models"]

PROBES: tuple[Probe, ...] = ("liveliness", "readiness", "models")
"""In the order in which they are tried."""

EVIDENCE = "a success status"


def encode_probe(target: Target, probe: Probe) -> Encoded:
    """The request of one probe.

    >>> from muxer_core.dialects.protocol import Target
    >>> encode_probe(Target(where="proxy", base_url="http://127.0.0.1:4000/v1", model=""), "liveliness").request.url
    'http://127.0.0.1:4000/health/liveliness'
    """
    url = f"{target.base_url}/models" if probe == "models" else f"{target.base_url.removesuffix('/v1')}/health/{probe}"
    headers = Headers.of([("accept", "application/json"), *target.headers])
    return Encoded(WireRequest(method="GET", url=url, headers=headers, credential=target.credential))


class HealthDecoder:
    """Decodes the answer to a probe with a success status: one `Acknowledged`, at the end of the body. What the body says is not read."""

    __slots__ = ("_closed", "_status")

    def __init__(self, head: ResponseHead) -> None:
        self._status = head.status
        self._closed = False

    def receive_data(self, data: bytes) -> list[Item]:
        """Nothing: the status is the answer."""
        return []

    def receive_eof(self) -> list[Item]:
        """The acknowledgement, once."""
        if self._closed:
            return []
        self._closed = True
        return [Acknowledged(self._status), ReplyEnded(EVIDENCE)]
