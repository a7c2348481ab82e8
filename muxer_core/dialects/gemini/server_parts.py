"""What items are in the vendor's form: parts, counts, findings, and the fields of a candidate and of a reply. For the server role.

| our item | the vendor's |
| --- | --- |
| TextDelta; RefusalDelta (with a warning) | `text` |
| ReasoningDelta | `text`, `thought`, and its seal as `thoughtSignature` (other vendors' in an envelope: `seals`) |
| ToolCallDelta, joined | `functionCall`, once its arguments are whole |
| ImageDelta, AudioDelta | `inlineData`, `fileData`; a transcript is `text` |
| ServerToolReported of this dialect | the part as it came; of another one: left out, with a warning |
| UsageReported | `usageMetadata`; thoughts apart from candidates |
| CitationsReported | `groundingMetadata`, built where the vendor's own is not among the extras |
| LogprobsReported, SafetyReported | `logprobsResult`, `safetyRatings`, `promptFeedback` |
| ExtrasReported of this dialect | the fields as they came; of another one: left out, with a warning |

Arguments that are no JSON object (a call that the output limit cut) cannot be said: the candidate ends with MALFORMED_FUNCTION_CALL, as
the vendor's own do, and its `finishMessage` holds the text.
"""

from __future__ import annotations

import json
import re
from typing import Any

from muxer_core.dialects.gemini.citations import metadata_of
from muxer_core.dialects.gemini.finish import native_word
from muxer_core.dialects.gemini.logprobs import result_of
from muxer_core.dialects.gemini.names import NAME, JsonObject, merged
from muxer_core.dialects.gemini.seals import Seal, close_seal
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.items import ChoiceFinished, SafetyReported, ToolCallDelta
from muxer_core.values.messages import Citation
from muxer_core.values.usage import Usage

MAX_FINISH_MESSAGE = 4000
"""The most characters of arguments that a finish message shows."""

_DATA_URL = re.compile(r"data:([^,]+?);base64,", re.IGNORECASE)


class Call:
    """A call whose pieces are still arriving."""

    __slots__ = ("arguments", "custom", "extras", "form", "id", "name", "seal")

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.custom = False
        self.arguments: list[str] = []
        self.seal: str | None = None
        self.extras: JsonObject = {}
        self.form: tuple[str, ...] = ()

    def add(self, piece: ToolCallDelta) -> None:
        """Take in a piece."""
        self.id = piece.id or self.id
        self.name = piece.name or self.name
        self.custom = self.custom or piece.kind == "custom"
        self.arguments.append(piece.arguments)

    def part(self) -> JsonObject | None:
        """The part of the whole call; None where its arguments are no object."""
        text = "".join(self.arguments)
        if self.custom:
            given: Any = {"input": text}
        else:
            try:
                given = json.loads(text or "{}")
            except (ValueError, RecursionError):
                return None
            if not is_object(given):
                return None
        call: JsonObject = {}
        if self.id and "noid" not in self.form:
            call["id"] = self.id
        call["name"] = self.name
        if "noargs" not in self.form:
            call["args"] = given
        part: JsonObject = {"functionCall": call}
        if self.seal is not None:
            part["thoughtSignature"] = self.seal
        return merged(part, self.extras)


def seal_text(signature: str | None, encrypted: str | None, vendor: str | None, name: str | None = None) -> str | None:
    """The text of `thoughtSignature`; None where there is no seal."""
    if signature is None and encrypted is None:
        return None
    return close_seal(Seal(signature, encrypted, vendor, name))


def image_part(url: str) -> JsonObject:
    """The part of an image.

    >>> image_part("data:image/png;base64,AAAA")
    {'inlineData': {'mimeType': 'image/png', 'data': 'AAAA'}}
    """
    found = _DATA_URL.match(url)
    if found is not None:
        return {"inlineData": {"mimeType": found[1], "data": url[found.end() :]}}
    return {"fileData": {"fileUri": url}}


TRAFFIC = {
    "standard": "ON_DEMAND",
    "default": "ON_DEMAND",
    "priority": "ON_DEMAND_PRIORITY",
    "flex": "ON_DEMAND_FLEX",
    "provisioned_throughput": "PROVISIONED_THROUGHPUT",
}
"""The tier that was served, as the published schema says it (the Gemini API's `serviceTier` is not in it). Other tiers are not told."""


def usage_of(usage: Usage) -> JsonObject:
    """The `usageMetadata` of counts."""
    thoughts = min(usage.reasoning_tokens, usage.output_tokens)
    told: JsonObject = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": usage.output_tokens - thoughts,
        "totalTokenCount": usage.input_tokens + usage.output_tokens,
    }
    if thoughts:
        told["thoughtsTokenCount"] = thoughts
    if usage.cached_input_tokens:
        told["cachedContentTokenCount"] = usage.cached_input_tokens
    for name, whole, audio, image in (
        ("promptTokensDetails", usage.input_tokens, usage.audio_input_tokens, usage.image_input_tokens),
        (
            "candidatesTokensDetails",
            usage.output_tokens - thoughts,
            usage.audio_output_tokens,
            usage.image_output_tokens,
        ),
    ):
        if audio or image:
            counts = {"TEXT": max(0, whole - audio - image), "AUDIO": audio, "IMAGE": image}
            told[name] = [{"modality": kind, "tokenCount": count} for kind, count in counts.items() if count]
    traffic = TRAFFIC.get(usage.service_tier or "")
    if traffic is not None:
        told["trafficType"] = traffic
    return told


class Findings:
    """What is told of one candidate beside its parts, until it is written with its end."""

    __slots__ = ("called", "citations", "extras", "finish", "logprobs", "malformed", "safety", "text")

    def __init__(self) -> None:
        self.citations: list[Citation] = []
        self.logprobs: list[Any] = []
        self.safety: SafetyReported | None = None
        self.extras: JsonObject = {}
        self.finish: ChoiceFinished | None = None
        self.text: list[str] = []
        self.malformed: str | None = None
        self.called = False

    def fields(self, index: int) -> JsonObject:
        """The fields of the candidate beside its content."""
        told: JsonObject = {}
        if self.malformed is not None:
            told["finishReason"] = "MALFORMED_FUNCTION_CALL"
            told["finishMessage"] = f"Malformed function call: {self.malformed[:MAX_FINISH_MESSAGE]}"
        elif self.finish is not None:
            told["finishReason"] = native_word(self.finish.reason, self.finish.native)
        told["index"] = index
        ratings = None if self.safety is None else ratings_of(self.safety)
        if ratings:
            told["safetyRatings"] = ratings
        if self.logprobs:
            told["logprobsResult"] = result_of(self.logprobs)
        citations = self.citations
        if any(name in self.extras for name in ("groundingMetadata", "citationMetadata", "urlContextMetadata")):
            citations = [one for one in citations if one.dialect != NAME]  # the extras say them, as they came
        if citations:
            told["groundingMetadata"] = metadata_of(citations, "".join(self.text))
        return merged(
            told, {name: value for name, value in self.extras.items() if name not in ("content", "inlineData")}
        )


CATEGORY = "HARM_CATEGORY_"
"""How the vendor's categories begin; its clients take no others."""


def ratings_of(report: SafetyReported) -> Any:
    """The `safetyRatings` of a report: the vendor's own as they came, and of others those in its categories."""
    if is_list(report.native):
        return report.native
    return [
        {
            "category": result.category,
            **({} if result.level is None else {"probability": result.level}),
            **({} if result.blocked is None else {"blocked": result.blocked}),
        }
        for result in report.results
        if result.category.startswith(CATEGORY)
    ]
