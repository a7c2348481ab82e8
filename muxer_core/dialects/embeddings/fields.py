"""The field tables of the shapes of vectors: every field that each knows, and what becomes of it (law 8). Data, read by tests and the docs.

`ours` names fields of `EmbeddingRequest` and of items. A field that is in no row is unknown: in a request it is sent verbatim, in a reply
it is reported as an extra.
"""

from __future__ import annotations

from muxer_core.dialects.field_table import Fate, FieldTable, Reach, Row

_VECTORS = "EmbeddingsReported.vectors"
_TOKENS = "Usage.input_tokens"

NOT_SENT = frozenset({"max_cost", "ceiling", "strategy", "extras", "dialect"})
"""Fields of `EmbeddingRequest` that only we read."""


def _reach(**fates: tuple[Fate, str]) -> tuple[Reach, ...]:
    return tuple(Reach(f"EmbeddingRequest.{name}", fate, note) for name, (fate, note) in fates.items())


OPENAI = FieldTable(
    dialect="openai",
    source="openai-python 3.57.0, types/embedding_create_params.py and types/create_embedding_response.py, November 2026; recordings of "
    "Voyage, Mistral, OpenRouter, Perplexity and vLLM",
    objects={
        "request": (
            Row("model", "EmbeddingRequest.model", note="the deployment's name at the provider is written"),
            Row("input", "EmbeddingRequest.inputs"),
            Row("dimensions", "EmbeddingRequest.dimensions"),
            Row("encoding_format", "EmbeddingRequest.encoding_format"),
            Row("user", "EmbeddingRequest.user"),
            Row("input_type", note="Voyage"),
            Row("output_dimension", note="Voyage"),
            Row("output_dtype", note="Voyage, Mistral"),
            Row("truncation", note="Voyage"),
        ),
        "reply": (
            Row("data", _VECTORS, "embedding"),
            Row("model", "ReplyStarted.model"),
            Row("id", "ReplyStarted.id"),
            Row("created", "ReplyStarted.created"),
            Row("object", "-", note="always list"),
            Row("usage", "UsageReported.usage", "usage"),
            Row("provider", note="OpenRouter"),
        ),
        "embedding": (Row("embedding", _VECTORS), Row("index", _VECTORS), Row("object", "-", note="always embedding")),
        "usage": (
            Row("prompt_tokens", _TOKENS),
            Row("total_tokens", "Usage.total_tokens", note="all input, where it is told alone (Voyage)"),
            Row("completion_tokens", "Usage.output_tokens", note="0 where it is told at all"),
            Row("cost", "CostReported.cost", note="OpenRouter, Perplexity"),
            *(Row(name, note="Mistral") for name in (
                "completion_tokens_details", "prompt_audio_seconds", "prompt_token_details", "prompt_tokens_details", "request_count",
                "service_tier")),
        ),
    },
    kinds={},
    reach=_reach(
        model=("carried", "model"),
        inputs=("carried", "input, always a list"),
        dimensions=("carried", "dimensions"),
        encoding_format=("carried", "encoding_format"),
        user=("carried", "user"),
        input_type=("warned", "no field of OpenAI's; servers that take one name it differently: say it in extras"),
        title=("warned", "the API has no such field"),
    ),
)  # fmt: skip

_OPTIONS = (
    Row("taskType", "EmbeddingRequest.input_type"),
    Row("title", "EmbeddingRequest.title"),
    Row("outputDimensionality", "EmbeddingRequest.dimensions"),
    Row("autoTruncate", note="Vertex"),
    Row("documentOcr", note="Vertex"),
    Row("audioTrackExtraction", note="Vertex"),
    Row("mimeType", note="Vertex"),
)
_CONTENT = Row("content", "EmbeddingRequest.inputs", "content")

GEMINI = FieldTable(
    dialect="gemini",
    source="google-genai, models.py (_EmbedContentConfig_to_mldev, _EmbedContentConfig_to_vertex) and types.py, November 2026; recordings",
    objects={
        "request": (
            Row("requests", "EmbeddingRequest.inputs", "one", note="batchEmbedContents"),
            _CONTENT,
            Row("embedContentConfig", "EmbeddingRequest.input_type", "one", note="Vertex"),
            Row("instances", "EmbeddingRequest.inputs", "instance", note="predict"),
            Row("parameters", "EmbeddingRequest.dimensions", "one", note="predict"),
            Row("model", "EmbeddingRequest.model"),
            *_OPTIONS,
        ),
        "one": (
            Row("model", "EmbeddingRequest.model"),
            _CONTENT,
            Row("embedContentConfig", "EmbeddingRequest.input_type", "one", note="Vertex"),
            *_OPTIONS,
        ),
        "content": (Row("parts", "EmbeddingRequest.inputs", "part"), Row("role", "-")),
        "part": (Row("text", "EmbeddingRequest.inputs"),),
        "instance": (
            Row("content", "EmbeddingRequest.inputs"),
            Row("task_type", "EmbeddingRequest.input_type"),
            Row("title", "EmbeddingRequest.title"),
            Row("mimeType"),
        ),
        "reply": (
            Row("embeddings", _VECTORS, "values"),
            Row("embedding", _VECTORS, "values"),
            Row("predictions", _VECTORS, "prediction"),
            Row("usageMetadata", "UsageReported.usage", "usage"),
            Row("truncated", "WarningReported.message"),
            Row("metadata", note="what Vertex bills by characters"),
        ),
        "values": (Row("values", _VECTORS), Row("statistics", _TOKENS, "statistics")),
        "statistics": (
            Row("token_count", _TOKENS),
            Row("truncated", "WarningReported.message"),
            Row("tokensDetails", "-", note="its sum is token_count"),
        ),
        "prediction": (
            Row("embeddings", _VECTORS, "values"),
            Row("bytesBase64Encoded", "ImageDelta.url", note="Imagen"),
            Row("gcsUri", "ImageDelta.url", note="Imagen"),
            Row("mimeType", "ImageDelta.url", note="Imagen"),
            Row("raiFilteredReason", "SafetyReported.results", note="Imagen"),
            Row("safetyAttributes", "SafetyReported.native", note="Imagen"),
        ),
        "usage": (
            Row("promptTokenCount", _TOKENS),
            Row("totalTokenCount", "Usage.total_tokens"),
            Row("promptTokensDetails", "Usage.image_input_tokens", "by_modality"),
            Row("promptTokenDetails", "Usage.image_input_tokens", "by_modality", note="the Gemini API's spelling"),
            *(Row(name) for name in (
                "cachedContentTokenCount", "responseTokenCount", "toolUsePromptTokenCount", "thoughtsTokenCount", "cacheTokensDetails",
                "responseTokensDetails", "toolUsePromptTokensDetails", "trafficType", "serviceTier")),
        ),
        "by_modality": (Row("modality", "Usage.image_input_tokens"), Row("tokenCount", "Usage.image_input_tokens")),
    },
    kinds={},
    reach=_reach(
        model=("carried", "the path, and requests[].model"),
        inputs=("encoded", "a content of one text each; tokens are refused"),
        dimensions=("carried", "outputDimensionality"),
        encoding_format=("refused", "the API gives numbers alone; `float` says nothing else"),
        input_type=("encoded", "taskType"),
        title=("carried", "title"),
        user=("warned", "the API has no such field"),
    ),
)  # fmt: skip

COHERE = FieldTable(
    dialect="cohere",
    source="docs.cohere.com/reference/embed (v2) and /v1/reference/embed, November 2026; recordings",
    objects={
        "request": (
            Row("model", "EmbeddingRequest.model"),
            Row("texts", "EmbeddingRequest.inputs"),
            Row("input_type", "EmbeddingRequest.input_type"),
            Row("embedding_types", "EmbeddingRequest.encoding_format"),
            Row("output_dimension", "EmbeddingRequest.dimensions"),
            Row("truncate"),
            Row("max_tokens"),
            Row("priority"),
            Row("inputs", elsewhere="refused", note="texts and images together"),
            Row("images", elsewhere="refused"),
        ),
        "reply": (
            Row("id", "ReplyStarted.id"),
            Row("embeddings", _VECTORS, note="a list (v1), or one for each kind"),
            Row("texts", "-", note="the request's own"),
            Row("images"),
            Row("response_type", "-", note="what the form of embeddings says"),
            Row("meta", "UsageReported.usage", "meta"),
        ),
        "meta": (
            Row("billed_units", "UsageReported.billed", "units"),
            Row("warnings", "WarningReported.message"),
            Row("api_version"),
            Row("tokens"),
            Row("cached_tokens"),
        ),
        "units": (
            Row("input_tokens", _TOKENS),
            Row("image_tokens", "Usage.image_input_tokens"),
            *(Row(name, "-", note="of other endpoints") for name in ("images", "output_tokens", "search_units", "classifications")),
        ),
    },
    kinds={},
    reach=_reach(
        model=("carried", "model"),
        inputs=("carried", "texts; tokens are refused"),
        dimensions=("carried", "output_dimension"),
        encoding_format=("carried", "embedding_types, a list of one"),
        input_type=("encoded", "input_type; similarity, question, fact_check and code_query are refused"),
        title=("warned", "the API has no such field"),
        user=("warned", "the API has no such field"),
    ),
)  # fmt: skip

OLLAMA = FieldTable(
    dialect="ollama",
    source="github.com/ollama/ollama, docs/api.md and api/types.go (EmbedRequest, EmbedResponse), November 2026; recordings",
    objects={
        "request": (
            Row("model", "EmbeddingRequest.model"),
            Row("input", "EmbeddingRequest.inputs"),
            Row("prompt", "EmbeddingRequest.inputs", note="of /api/embeddings, the older endpoint"),
            Row("dimensions", "EmbeddingRequest.dimensions"),
            Row("truncate"),
            Row("options"),
            Row("keep_alive"),
        ),
        "reply": (
            Row("model", "ReplyStarted.model"),
            Row("embeddings", _VECTORS),
            Row("embedding", _VECTORS),
            Row("prompt_eval_count", _TOKENS),
            Row("total_duration"),
            Row("load_duration"),
        ),
    },
    kinds={},
    reach=_reach(
        model=("carried", "model"),
        inputs=("carried", "input; tokens are refused"),
        dimensions=("carried", "dimensions"),
        encoding_format=("refused", "the API gives numbers alone; `float` says nothing else"),
        input_type=("warned", "the API has no such field"),
        title=("warned", "the API has no such field"),
        user=("warned", "the API has no such field"),
    ),
)

TABLES = (OPENAI, GEMINI, COHERE, OLLAMA)
"""All of them."""
