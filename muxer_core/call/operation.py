"""Operations: what a call is *for*. The machine runs them all alike; only here do they differ.

`Chat` is a conversation turn, `Embed` makes vectors, `CountTokens` counts a request without running it, `ListModels` asks a server what it
offers, `Probe` asks it for signs of life. Each gets timeouts, retries, accounting and traces from the same machine.

Vectors and counts are optional for a dialect. A place whose dialect cannot make them refuses the request before anything is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from muxer_core.call.ceiling import Demand
from muxer_core.dialects.field_table import refuse_field
from muxer_core.dialects.health import PROBES, HealthDecoder, encode_probe
from muxer_core.dialects.protocol import CountingDialect, EmbeddingDialect, Encoded, ReplyDecoder
from muxer_core.values.embedding_request import EmbeddingRequest
from muxer_core.values.failure import Failure
from muxer_core.values.moment import Moment
from muxer_core.values.request import ChatRequest
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits

if TYPE_CHECKING:
    from muxer_core.call.plan import Place


class Operation(Protocol):
    """What the machine asks of an operation."""

    @property
    def name(self) -> str:
        """Its name in traces and metrics."""
        ...

    @property
    def streamed(self) -> bool:
        """Does the reply come piece by piece? Then its first chunk has a timeout of its own."""
        ...

    @property
    def demand(self) -> Demand:
        """How large the request is, for money and limits."""
        ...

    def encode(self, place: Place, *, max_tokens: int | None, tries: int) -> Encoded:
        """The request for an attempt at `place`, after `tries` earlier ones there. Raises `InvalidRequest` for bad arguments of ours."""
        ...

    def decoder(self, place: Place, head: ResponseHead, *, limits: Limits) -> ReplyDecoder:
        """A decoder for a reply with a success status."""
        ...

    def failure(self, place: Place, head: ResponseHead, body: bytes, *, moment: Moment) -> Failure:
        """What a reply with another status means."""
        ...


class Chat(msgspec.Struct, frozen=True):
    """One chat request, streamed or not. `keep_source` delivers the upstream's own events as well."""

    request: ChatRequest
    demand: Demand
    streamed: bool = True
    keep_source: bool = False

    @property
    def name(self) -> str:
        """`chat`."""
        return "chat"

    def encode(self, place: Place, *, max_tokens: int | None, tries: int) -> Encoded:
        """The dialect's chat request; the same for every try."""
        return place.dialect.encode_chat(self.request, place.target, max_tokens=max_tokens, stream=self.streamed)

    def decoder(self, place: Place, head: ResponseHead, *, limits: Limits) -> ReplyDecoder:
        """The dialect's chat decoder."""
        return place.dialect.chat_decoder(
            head, stream=self.streamed, limits=limits, keep_source=self.keep_source, answers=self.request.n
        )

    def failure(self, place: Place, head: ResponseHead, body: bytes, *, moment: Moment) -> Failure:
        """The dialect's reading of an error reply."""
        return place.dialect.failure(head, body, where=place.where, moment=moment)


class Embed(msgspec.Struct, frozen=True):
    """One request for vectors. It is billed by its input alone, so that `demand` says an answer of no tokens."""

    request: EmbeddingRequest
    demand: Demand
    streamed: bool = False

    @property
    def name(self) -> str:
        """`embed`."""
        return "embed"

    def encode(self, place: Place, *, max_tokens: int | None, tries: int) -> Encoded:
        """The dialect's request for vectors; the same for every try."""
        return _with_vectors(place).encode_embeddings(self.request, place.target)

    def decoder(self, place: Place, head: ResponseHead, *, limits: Limits) -> ReplyDecoder:
        """The dialect's decoder for vectors, told how many are due."""
        return _with_vectors(place).embeddings_decoder(head, limits=limits, inputs=len(self.request.inputs))

    def failure(self, place: Place, head: ResponseHead, body: bytes, *, moment: Moment) -> Failure:
        """The dialect's reading of an error reply."""
        return place.dialect.failure(head, body, where=place.where, moment=moment)


def _with_vectors(place: Place) -> EmbeddingDialect:
    """The place's dialect. Raises `InvalidRequest` where it makes no vectors."""
    if isinstance(place.dialect, EmbeddingDialect):
        return place.dialect
    raise refuse_field("inputs", place.dialect.name, "it makes no vectors")


class CountTokens(msgspec.Struct, frozen=True):
    """Ask a provider how many tokens a chat request has, without running it. Nobody bills that."""

    request: ChatRequest
    demand: Demand = Demand(billed=False)
    streamed: bool = False

    @property
    def name(self) -> str:
        """`count_tokens`."""
        return "count_tokens"

    def encode(self, place: Place, *, max_tokens: int | None, tries: int) -> Encoded:
        """The dialect's request for a count; the same for every try."""
        return _with_counts(place).encode_count(self.request, place.target)

    def decoder(self, place: Place, head: ResponseHead, *, limits: Limits) -> ReplyDecoder:
        """The dialect's decoder for a count."""
        return _with_counts(place).count_decoder(head, limits=limits)

    def failure(self, place: Place, head: ResponseHead, body: bytes, *, moment: Moment) -> Failure:
        """The dialect's reading of an error reply."""
        return place.dialect.failure(head, body, where=place.where, moment=moment)


def _with_counts(place: Place) -> CountingDialect:
    """The place's dialect. Raises `InvalidRequest` where it counts no tokens."""
    if isinstance(place.dialect, CountingDialect):
        return place.dialect
    raise refuse_field("messages", place.dialect.name, "it counts no tokens")


class ListModels(msgspec.Struct, frozen=True):
    """Ask a server which models it offers."""

    demand: Demand = Demand(billed=False)
    streamed: bool = False

    @property
    def name(self) -> str:
        """`models`."""
        return "models"

    def encode(self, place: Place, *, max_tokens: int | None, tries: int) -> Encoded:
        """The dialect's request for a list of models."""
        return place.dialect.encode_models(place.target)

    def decoder(self, place: Place, head: ResponseHead, *, limits: Limits) -> ReplyDecoder:
        """The dialect's decoder for a list of models."""
        return place.dialect.models_decoder(head, limits=limits)

    def failure(self, place: Place, head: ResponseHead, body: bytes, *, moment: Moment) -> Failure:
        """The dialect's reading of an error reply."""
        return place.dialect.failure(head, body, where=place.where, moment=moment)


class Probe(msgspec.Struct, frozen=True):
    """Ask a server for a sign of life, without spending money. Each try goes one step down the list of probes."""

    demand: Demand = Demand(billed=False)
    streamed: bool = False

    @property
    def name(self) -> str:
        """`probe`."""
        return "probe"

    def encode(self, place: Place, *, max_tokens: int | None, tries: int) -> Encoded:
        """The request of the next probe."""
        return encode_probe(place.target, PROBES[min(tries, len(PROBES) - 1)])

    def decoder(self, place: Place, head: ResponseHead, *, limits: Limits) -> ReplyDecoder:
        """Decodes to one `Acknowledged`."""
        return HealthDecoder(head)

    def failure(self, place: Place, head: ResponseHead, body: bytes, *, moment: Moment) -> Failure:
        """The dialect's reading of an error reply; the next probe may do better, whatever the status was."""
        failure = place.dialect.failure(head, body, where=place.where, moment=moment)
        return msgspec.structs.replace(failure, retryable=True, retry_after=None)
