"""Vectors of servers that speak OpenAI's form: the shape is in `dialects.embeddings.openai`, what this dialect knows beside it is here.

Usage and costs are read by the rules of `usage`, with two beside them: what is not said of the output is nothing, since there is none, and
where only a total is told (Voyage), all of it is input.
"""

from __future__ import annotations

from typing import Any

from muxer_core.dialects.embeddings import openai
from muxer_core.dialects.openai_chat.failures import failure_from_reply
from muxer_core.dialects.openai_chat.forms import DIALECT
from muxer_core.dialects.openai_chat.paths import url_of
from muxer_core.dialects.openai_chat.usage import usage_from_fields
from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.dialects.whole_body import WholeBodyDecoder
from muxer_core.values.embedding_request import EmbeddingRequest
from muxer_core.values.items import CostReported, ExtrasReported, Item, UsageReported, WarningReported
from muxer_core.wire.limits import Limits


def encode_embeddings(request: EmbeddingRequest, target: Target, *, api_version: str | None = None) -> Encoded:
    """The request. `api_version` is Azure's (see `paths`). Raises `InvalidRequest`, naming the field."""
    return openai.encode_embeddings(request, target, url=url_of(target, "embeddings", api_version), dialect=DIALECT)


def embeddings_decoder(limits: Limits, *, inputs: int | None = None) -> WholeBodyDecoder:
    """A decoder to `EmbeddingsReported`; `inputs` as in `EmbeddingDialect`."""
    return openai.embeddings_decoder(limits, inputs=inputs, dialect=DIALECT, failure=failure_from_reply, usage=_usage)


def _usage(fields: dict[str, Any]) -> list[Item]:
    counted = {"completion_tokens": 0} | {name: value for name, value in fields.items() if value is not None}
    if "prompt_tokens" not in counted and "input_tokens" not in counted and "total_tokens" in counted:
        counted["prompt_tokens"] = counted["total_tokens"]
    reading = usage_from_fields(counted, None)
    items: list[Item] = []
    if reading.warning:
        items.append(WarningReported(reading.warning))
    if reading.extras:
        items.append(ExtrasReported({"usage": reading.extras}))
    if reading.usage is not None:
        items.append(UsageReported(reading.usage))
    items += [CostReported(cost) for cost in reading.costs]
    return items
