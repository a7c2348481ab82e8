"""Facts of a request for vectors: its size in tokens, estimated and bounded, and what routing may know of it.

The rules are those of `tokens`, with these beside them:

* Each input stands alone: around it a server may put begin and end marks, and words for what the vectors are made for. Voyage puts
  "Represent the query for retrieving supporting documents: " in front (docs.voyageai.com, "Text embeddings", November 2026: 9 tokens);
  `INPUT_TOKENS` bounds both. A title is counted once for each input.
* A list of tokens has as many tokens as it has entries.
* Vectors are billed by their input alone: the answer has 0 tokens.
"""

from __future__ import annotations

from muxer_core.routing.facts import RouteFacts
from muxer_core.routing.group import Group
from muxer_core.routing.task import LONG_PROMPT, Task
from muxer_core.routing.tokens import Tokens, rough, text_bytes
from muxer_core.values.context import NOBODY, CallContext
from muxer_core.values.embedding_request import EmbeddingInput, EmbeddingRequest

INPUT_TOKENS = 32
"""Around an input: marks, and a server's words for the input type."""

HARMLESS_EXTRAS = frozenset(
    {
        "truncate",
        "truncation",
        "autoTruncate",
        "output_dtype",
        "embedding_types",
        "priority",
        "keep_alive",
        "provider",
        "encoding_format",
        "output_dimension",
        "dimensions",
        "metadata",
    }
)
"""Fields of `EmbeddingRequest.extras` that add no input. Any other (images, a prompt's name) may, so it has no bound."""


def count_inputs(request: EmbeddingRequest) -> Tokens:
    """Both numbers, and the reason when there is no bound."""
    estimate = sum(_about(one) for one in request.inputs)
    for name in request.extras:
        if name not in HARMLESS_EXTRAS:
            return Tokens(estimate, None, f"the field {name!r} of the request may make the provider add input")
    around = INPUT_TOKENS + (0 if request.title is None else text_bytes(request.title))
    bound = sum(around + (text_bytes(one) if isinstance(one, str) else len(one)) for one in request.inputs)
    return Tokens(estimate, bound, None)


def vector_facts(
    request: EmbeddingRequest, group: Group, *, context: CallContext = NOBODY, seed: int = 0
) -> RouteFacts:
    """The facts of a request for vectors. The group is one that is priced by input alone."""
    tokens = count_inputs(request)
    task = Task("long_text" if tokens.estimate >= LONG_PROMPT else "general", "plain", ())
    return RouteFacts(
        group=group,
        tokens=tokens,
        task=task,
        max_tokens=0,
        tags=context.tags,
        left=None if request.max_cost is None else request.max_cost.pico,
        ceiling=request.ceiling,
        seed=seed,
        longest=max(_about(one) for one in request.inputs),
    )


def _about(one: EmbeddingInput) -> int:
    return 2 + rough((one,)) if isinstance(one, str) else len(one)
