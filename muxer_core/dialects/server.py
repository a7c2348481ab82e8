"""What a dialect offers in its server role: a client speaks this dialect to us, and we answer in it. No dialect is named here.

A server dialect decodes a request into a `ChatRequest`, and encodes the items of the reply, streamed or whole. Rules that hold here:

* Nothing is lost in silence: what a request holds is in the `ChatRequest`, typed or in `extras`, so that encoding it again in the same
  dialect gives an equal JSON value. What cannot be read is refused with the field's name.
* Encoders are pure: the name, the time and the id of a reply come in `Answering`.
* Where the reply comes in the same dialect (`Answering.source`), its events pass as they came (`SourceEvent`), but for the edits that the
  field table names: the model's name, and usage that we asked for and the client did not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from muxer_core.values.errors import InvalidRequest
from muxer_core.values.failure import Failure
from muxer_core.values.items import Item
from muxer_core.values.request import ChatRequest
from muxer_core.values.usage import JsonValue
from muxer_core.wire.heads import Headers, ResponseHead
from muxer_core.wire.limits import Limits


class Inbound(msgspec.Struct, frozen=True):
    """A client's request. `path` is without its query; both are as they came, not decoded."""

    method: str
    path: str
    query: str = ""
    headers: Headers = Headers()
    body: bytes = b""


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a client asked for.

    * `stream`: it wants the answer piece by piece.
    * `wants_usage`: it wants usage in the stream; where a dialect always tells it, True.
    * `form`: the dialect's note to itself on how the answer is to be written (Gemini: server-sent events or a JSON array).
    * `warnings`: what of the request means nothing here, by field.
    """

    request: ChatRequest
    stream: bool = False
    wants_usage: bool = True
    form: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Answering(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an encoder needs that is not in the items.

    `reply_id` (letters and digits, without the dialect's prefix) is used where the provider named none, `created` (Unix seconds) likewise.
    `model` is the name to show; None: the provider's own. `source` is the dialect that the reply comes in, where the call was told to keep
    its source events; equal to the encoder's own, they pass through.
    """

    reply_id: str
    created: int
    model: str | None = None
    source: str | None = None


class Answered(msgspec.Struct, frozen=True):
    """A whole answer: head and body."""

    head: ResponseHead
    body: bytes


class ReplyEncoder(Protocol):
    """Encodes one reply. A streamed one gives bytes as items come; a whole one gives all of its bytes with `ReplyEnded`.

    After `ReplyEnded` or `FailureReported` nothing more is written. A failure before the first byte is better answered by `answer_failure`:
    the encoder is then dropped.
    """

    @property
    def head(self) -> ResponseHead:
        """Status and headers of the answer."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What of the reply this dialect cannot say, by field. They grow as items come."""
        ...

    def receive_items(self, items: Iterable[Item]) -> bytes:
        """The bytes that these items complete. Never raises."""
        ...


class ServerDialect(Protocol):
    """The server role of a dialect: a client speaks to us."""

    @property
    def name(self) -> str:
        """The dialect's name in configuration, such as `openai_chat`."""
        ...

    def decode_chat(self, inbound: Inbound, *, limits: Limits) -> Asked:
        """What the client asks for. Raises `InvalidRequest`, naming the field."""
        ...

    def reply_encoder(self, asked: Asked, answering: Answering) -> ReplyEncoder:
        """An encoder for the reply to a request."""
        ...

    def answer_failure(self, failure: Failure) -> Answered:
        """A failure before anything was answered, as this dialect's clients read it. Secrets are in no failure."""
        ...

    def answer_models(self, models: Iterable[dict[str, JsonValue]]) -> Answered:
        """A list of models; each has an `id`, and `created` (Unix seconds) and `owned_by` where they are known."""
        ...


def invalid_as_failure(problem: InvalidRequest) -> Failure:
    """What a client is told about a request of its own that cannot be right."""
    return Failure(kind="bad_request", message=str(problem), status=400, code=problem.field)
