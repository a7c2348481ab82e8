"""What a dialect must offer: the shapes between the call machine and a wire format. No dialect is named here.

A dialect is a codec. It holds no state of a call: `encode_*` make a request's bytes, `*_decoder` make a fresh decoder for one reply,
and `failure` reads a refusal. A decoder turns bytes into items and obeys law 1: the items are equal under any cut of the same bytes.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import msgspec

from muxer_core.values.credential import CredentialRef
from muxer_core.values.embedding_request import EmbeddingRequest
from muxer_core.values.failure import Failure
from muxer_core.values.items import Item
from muxer_core.values.moment import Moment
from muxer_core.values.request import ChatRequest
from muxer_core.wire.heads import ResponseHead, WireRequest
from muxer_core.wire.limits import Limits


class Target(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where one attempt goes, as the dialect needs it. `base_url` has no trailing slash; `model` is the name at that provider.

    `where` is the deployment's name, for failures and logs. `headers` are the operator's own, sent with every request.
    """

    where: str
    base_url: str
    model: str
    credential: CredentialRef | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        """Where and what. An operator's header may hold a secret, so that headers are never shown (law 11)."""
        return f"Target(where={self.where!r}, base_url={self.base_url!r}, model={self.model!r})"


class Encoded(msgspec.Struct, frozen=True):
    """A request ready to send, and what had to be changed on the way (shown to the caller; law 8)."""

    request: WireRequest
    warnings: tuple[str, ...] = ()


class ReplyDecoder(Protocol):
    """Decodes one reply. After `FailureReported` or `ReplyEnded` was returned, further bytes are ignored and give no items."""

    def receive_data(self, data: bytes) -> list[Item]:
        """The items that these bytes complete. Never raises: what is wrong with the bytes is a `FailureReported`."""
        ...

    def receive_eof(self) -> list[Item]:
        """The items that the end of the body completes. Without evidence of completion: `FailureReported` of kind `truncated`."""
        ...


class ClientDialect(Protocol):
    """The client role of a dialect: we speak to a provider."""

    @property
    def name(self) -> str:
        """The dialect's name in configuration, such as `openai_chat`."""
        ...

    def encode_chat(self, request: ChatRequest, target: Target, *, max_tokens: int | None, stream: bool) -> Encoded:
        """The request for one attempt. `max_tokens` is the caller's, or what the ceiling allows. Raises `InvalidRequest`."""
        ...

    def chat_decoder(
        self, head: ResponseHead, *, stream: bool, limits: Limits, keep_source: bool, answers: int = 1
    ) -> ReplyDecoder:
        """A decoder for a reply with a success status. `keep_source` asks for `SourceEvent` items as well; `answers` is how many answers
        were asked for, since a stream that misses one is not complete.
        """
        ...

    def encode_models(self, target: Target) -> Encoded:
        """The request that lists a server's models."""
        ...

    def models_decoder(self, head: ResponseHead, *, limits: Limits) -> ReplyDecoder:
        """Decodes to one `ModelsListed`."""
        ...

    def failure(self, head: ResponseHead, body: bytes, *, where: str, moment: Moment) -> Failure:
        """What a reply with an error status means, with the server's own words. Never raises."""
        ...


@runtime_checkable
class EmbeddingDialect(Protocol):
    """What a dialect offers beside chat where its API makes vectors."""

    def encode_embeddings(self, request: EmbeddingRequest, target: Target) -> Encoded:
        """The request for one attempt. Raises `InvalidRequest`, naming the field."""
        ...

    def embeddings_decoder(self, head: ResponseHead, *, limits: Limits, inputs: int | None = None) -> ReplyDecoder:
        """A decoder to `EmbeddingsReported`, in the order of the inputs. `inputs` is how many were sent: a reply with another number of
        vectors is malformed; None: not known.
        """
        ...


@runtime_checkable
class CountingDialect(Protocol):
    """What a dialect offers beside chat where its API counts the tokens of a request without running it."""

    def encode_count(self, request: ChatRequest, target: Target) -> Encoded:
        """The request that counts a chat request. Raises `InvalidRequest`, naming the field."""
        ...

    def count_decoder(self, head: ResponseHead, *, limits: Limits) -> ReplyDecoder:
        """A decoder to one `TokensCounted`."""
        ...
