"""The rows of replies: of `GenerateContentResponse`, whole or as a chunk of a stream, of counts, of lists of models, and of errors."""

from __future__ import annotations

from muxer_core.dialects.field_table import Row

_WHOLE = "in native, and whole in the extras"


def _told(ours: str, *names: str, note: str = "") -> tuple[Row, ...]:
    return tuple(Row(name, ours, note=note) for name in names)


_CITED = "Citation.native"

REPLY_OBJECTS: dict[str, tuple[Row, ...]] = {
    "reply": (
        Row("candidates", "the items", "candidate"),
        Row(
            "promptFeedback",
            "SafetyReported",
            "feedback",
            note="a block reason without candidates: ChoiceFinished content_filter",
        ),
        Row("usageMetadata", "UsageReported", "usage"),
        Row("modelVersion", "ReplyStarted.model"),
        Row("responseId", "ReplyStarted.id"),
        Row("createTime", "ReplyStarted.created", note="whole seconds"),
        Row("modelStatus", "ExtrasReported", "model_status"),
        Row("error", "FailureReported", "error"),
    ),
    "candidate": (
        Row("content", "the items", "content"),
        Row("finishReason", "ChoiceFinished"),
        Row("index", "choice", note="where it is missing: the place in the list"),
        Row("safetyRatings", "SafetyReported", "rating"),
        Row("citationMetadata", "CitationsReported", "sources", note=_WHOLE),
        Row("groundingMetadata", "CitationsReported", "grounding", note=_WHOLE),
        Row("urlContextMetadata", "CitationsReported", "pages", note=_WHOLE),
        Row("logprobsResult", "LogprobsReported", "logprobs"),
        Row("avgLogprobs", "ExtrasReported"),
        Row("finishMessage", "ExtrasReported"),
        Row("tokenCount", "ExtrasReported"),
        Row("continuationToken", "ExtrasReported"),
    ),
    "feedback": (
        Row("blockReason", "SafetyResult.category"),
        Row("blockReasonMessage", "SafetyReported.native"),
        Row("safetyRatings", "SafetyReported.results", "rating"),
    ),
    "rating": (
        Row("category", "SafetyResult.category"),
        Row("probability", "SafetyResult.level"),
        Row("blocked", "SafetyResult.blocked"),
        *_told("SafetyReported.native", "probabilityScore", "severity", "severityScore", "overwrittenThreshold"),
    ),
    "usage": (
        Row("promptTokenCount", "Usage.input_tokens", note="with what tools brought"),
        Row("toolUsePromptTokenCount", "Usage.input_tokens"),
        Row("candidatesTokenCount", "Usage.output_tokens", note="with thoughts"),
        Row("thoughtsTokenCount", "Usage.reasoning_tokens"),
        Row("cachedContentTokenCount", "Usage.cached_input_tokens"),
        Row("totalTokenCount", "Usage.total_tokens"),
        Row("promptTokensDetails", "Usage.audio_input_tokens", "modality", note="and image_input_tokens"),
        Row("toolUsePromptTokensDetails", "Usage.audio_input_tokens", "modality", note="and image_input_tokens"),
        Row("candidatesTokensDetails", "Usage.audio_output_tokens", "modality", note="and image_output_tokens"),
        Row(
            "cacheTokensDetails",
            "-",
            "modality",
            note="a breakdown of cachedContentTokenCount, which no price asks for",
        ),
        Row("serviceTier", "Usage.service_tier"),
        Row("trafficType", "Usage.service_tier", note="where there is no serviceTier; as an extra too"),
        Row("pydantic_ai_gateway", "ExtrasReported", note="of a gateway"),
    ),
    "modality": (Row("modality", "Usage"), Row("tokenCount", "Usage")),
    "sources": (Row("citations", "CitationsReported", "source"), Row("citationSources", "CitationsReported", "source")),
    "source": (
        Row("uri", "Citation.url"),
        Row("title", "Citation.title"),
        Row("startIndex", "Citation.start", note="bytes, as characters"),
        Row("endIndex", "Citation.end", note="bytes, as characters"),
        Row("license", _CITED),
        Row("publicationDate", _CITED, "date"),
    ),
    "date": _told(_CITED, "year", "month", "day"),
    "grounding": (
        Row("groundingChunks", "CitationsReported", "chunk"),
        Row("groundingSupports", "CitationsReported", "support"),
        Row("retrievalMetadata", "ExtrasReported", "retrieval"),
        Row("searchEntryPoint", "ExtrasReported", "entry_point"),
        Row("sourceFlaggingUris", "ExtrasReported", "flag"),
        *_told(
            "ExtrasReported",
            "webSearchQueries",
            "imageSearchQueries",
            "retrievalQueries",
            "googleMapsWidgetContextToken",
        ),
    ),
    "chunk": (
        Row("web", "Citation.url", "web"),
        Row("image", "Citation.url", "image"),
        Row("maps", "Citation.url", "maps"),
        Row("retrievedContext", "Citation.text", "retrieved"),
    ),
    "web": (Row("uri", "Citation.url"), Row("title", "Citation.title"), Row("domain", _CITED)),
    "image": (Row("sourceUri", "Citation.url"), Row("title", "Citation.title"), *_told(_CITED, "imageUri", "domain")),
    "maps": (
        Row("uri", "Citation.url"),
        Row("title", "Citation.title"),
        Row("placeAnswerSources", _CITED, "place_sources"),
        Row("route", _CITED, "route"),
        *_told(_CITED, "placeId", "text"),
    ),
    "place_sources": (
        Row("reviewSnippet", _CITED, "snippet"),
        Row("reviewSnippets", _CITED, "snippet"),
        Row("flagContentUri", _CITED),
    ),
    "snippet": (
        Row("authorAttribution", _CITED, "author"),
        *_told(
            _CITED, "flagContentUri", "googleMapsUri", "relativePublishTimeDescription", "review", "reviewId", "title"
        ),
    ),
    "author": _told(_CITED, "displayName", "photoUri", "uri"),
    "route": _told(_CITED, "distanceMeters", "duration", "encodedPolyline"),
    "retrieved": (
        Row("uri", "Citation.url"),
        Row("title", "Citation.title"),
        Row("text", "Citation.text"),
        Row("documentName", "Citation.title", note="where there is no title"),
        Row("ragChunk", _CITED, "rag_chunk"),
        Row("customMetadata", _CITED, "custom"),
        *_told(_CITED, "fileSearchStore", "pageNumber", "mediaId"),
    ),
    "rag_chunk": (Row("pageSpan", _CITED, "page_span"), *_told(_CITED, "text", "chunkId", "fileId")),
    "page_span": _told(_CITED, "firstPage", "lastPage"),
    "custom": (Row("stringListValue", _CITED, "strings"), *_told(_CITED, "key", "numericValue", "stringValue")),
    "strings": _told(_CITED, "values"),
    "support": (
        Row("segment", "Citation.start", "segment"),
        *_told(_CITED, "confidenceScores", "groundingChunkIndices", "renderedParts"),
    ),
    "segment": (
        Row("startIndex", "Citation.start", note="bytes, as characters"),
        Row("endIndex", "Citation.end", note="bytes, as characters"),
        Row("partIndex", _CITED),
        Row("text", "Citation.text"),
    ),
    "retrieval": _told("ExtrasReported", "googleSearchDynamicRetrievalScore"),
    "entry_point": _told("ExtrasReported", "renderedContent", "sdkBlob"),
    "flag": _told("ExtrasReported", "flagContentUri", "sourceId"),
    "pages": (Row("urlMetadata", "CitationsReported", "page"),),
    "page": (Row("retrievedUrl", "Citation.url"), Row("urlRetrievalStatus", _CITED)),
    "logprobs": (
        Row("chosenCandidates", "LogprobsReported.content", "token"),
        Row("topCandidates", "LogprobsReported.content", "tops"),
        Row("logProbabilitySum", "ExtrasReported"),
    ),
    "tops": (Row("candidates", "LogprobsReported.content", "token"),),
    "token": _told("LogprobsReported.content", "token", "tokenId", "logProbability"),
    "model_status": _told("ExtrasReported", "message", "modelStage", "retirementTime"),
    "error": (
        Row("code", "Failure.status"),
        Row("message", "Failure.message"),
        Row("status", "Failure.code"),
        Row("details", "Failure.retry_after", note="RetryInfo.retryDelay; ErrorInfo.reason as code"),
    ),
    "count": (
        Row("totalTokens", "TokensCounted.input_tokens"),
        Row("cachedContentTokenCount", "TokensCounted.cached_input_tokens"),
        Row("promptTokensDetails", "ExtrasReported", "modality"),
        Row("cacheTokensDetails", "ExtrasReported", "modality"),
        Row("totalBillableCharacters", "ExtrasReported"),
        Row("error", "FailureReported", "error"),
    ),
}
