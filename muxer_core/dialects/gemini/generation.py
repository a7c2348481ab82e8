"""`generationConfig` and its neighbours <-> the settings of a `ChatRequest`.

| ours | the vendor's |
| --- | --- |
| max_tokens, temperature, top_p, top_k, seed, n, stop | maxOutputTokens, temperature, topP, topK, seed, candidateCount, stopSequences |
| presence_penalty, frequency_penalty | presencePenalty, frequencyPenalty |
| logprobs, top_logprobs | responseLogprobs, logprobs (which stays an extra where responseLogprobs is not true) |
| modalities (`text`, `audio`, …) | responseModalities (TEXT, AUDIO, …) |
| reasoning_budget | thinkingConfig.thinkingBudget |
| reasoning_effort (`minimal` … `xhigh`) | thinkingConfig.thinkingLevel (MINIMAL … XHIGH) |
| reasoning_effort `none`, and any for Gemini 2.x | thinkingConfig.thinkingBudget |
| reasoning_summary (`none`, any other word) | thinkingConfig.includeThoughts (false, true) |
| output_format text, json_object | responseMimeType text/plain, application/json |
| output_format json_schema | responseMimeType application/json with responseJsonSchema, or (noted) responseSchema |
| its name | the schema's `title`, where that is a name |

`form` of the request notes spellings, and what differs from the first way: `n=1` (one candidate was asked for in so many words),
`level` (the level was in small letters), `schema_alone` (no media type). What is not named here stays in the request's extras, under
`generationConfig`.

Source: google-genai 3.6.1, `GenerationConfig`; ai.google.dev, "OpenAI compatibility" (efforts as budgets), November 2026.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from muxer_core.dialects.field_table import left_out
from muxer_core.dialects.gemini.names import NAME, Fields, JsonObject, spelled
from muxer_core.dialects.gemini.options import GeminiOptions, effort_is_budget
from muxer_core.dialects.gemini.schema import read_schema, write_schema
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import Form
from muxer_core.values.request import ChatRequest, OutputFormat

JSON_TYPE = "application/json"

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

LEVELS = ("minimal", "low", "medium", "high", "xhigh")
"""Efforts that are levels of thinking."""

BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576, "xhigh": 24576, "max": 24576}
"""Efforts as budgets in tokens, for models without levels."""

_NUMBERS = (
    ("temperature", "temperature"),
    ("top_p", "topP"),
    ("top_k", "topK"),
    ("seed", "seed"),
    ("presence_penalty", "presencePenalty"),
    ("frequency_penalty", "frequencyPenalty"),
    ("logprobs", "responseLogprobs"),
    ("top_logprobs", "logprobs"),
)

OWNED: dict[str, str] = {
    **{theirs: ours for ours, theirs in _NUMBERS},
    "maxOutputTokens": "max_tokens",
    "candidateCount": "n",
    "stopSequences": "stop",
    "responseModalities": "modalities",
    "responseMimeType": "output_format",
    "responseSchema": "output_format",
    "responseJsonSchema": "output_format",
}
"""Fields of `generationConfig` that may not stand in extras while the field of ours that tells them is set."""


class Settings(msgspec.Struct):
    """What a `generationConfig` says, ready to become fields of a `ChatRequest`."""

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    n: int = 1
    stop: tuple[str, ...] = ()
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    modalities: tuple[str, ...] = ()
    reasoning_budget: int | None = None
    reasoning_effort: str | None = None
    reasoning_summary: str | None = None
    output_format: OutputFormat | None = None


def encode_config(
    request: ChatRequest,
    model: str,
    *,
    max_tokens: int | None,
    form: Form,
    own: bool,
    options: GeminiOptions,
    warnings: list[str],
) -> JsonObject:
    """The `generationConfig`; empty where nothing is set. Raises `InvalidRequest`."""
    config: JsonObject = {}
    if max_tokens is not None:
        config[spelled(form, "maxOutputTokens")] = max_tokens
    for ours, theirs in _NUMBERS:
        value = getattr(request, ours)
        if value is not None:
            config[spelled(form, theirs)] = value
    if request.n != 1 or "n=1" in form:
        config[spelled(form, "candidateCount")] = request.n
    if request.stop:
        config[spelled(form, "stopSequences")] = list(request.stop)
    if request.modalities:
        config[spelled(form, "responseModalities")] = [word.upper() for word in request.modalities]
    if request.output_format is not None:
        _encode_format(request.output_format, config, form, own=own, warnings=warnings)
    thinking = _encode_thinking(request, model, form, options, warnings)
    if thinking:
        config[spelled(form, "thinkingConfig")] = thinking
    return config


def _encode_format(wanted: OutputFormat, config: JsonObject, form: Form, *, own: bool, warnings: list[str]) -> None:
    warnings += [
        left_out(f"output_format.{name}", NAME, "it takes the schema alone, and always keeps to it")
        for name in ("strict", "description")
        if getattr(wanted, name) is not None
    ]
    if not own:
        warnings += [
            f"output_format.extras.{name}: left out, because it is a field of another dialect" for name in wanted.extras
        ]
    note = wanted.form if own else ()
    media = spelled(form, "responseMimeType")
    if wanted.kind == "text":
        config[media] = "text/plain"
        return
    if "schema_alone" not in note:
        config[media] = JSON_TYPE
    if wanted.kind == "json_object":
        return
    if wanted.schema is None:
        raise InvalidRequest("output_format.schema", "must be given when the kind is json_schema")
    schema = wanted.schema
    if wanted.name is not None:
        if "title" in schema:
            warnings.append(
                left_out("output_format.name", NAME, "it is said by the schema's title, which is there already")
            )
        else:
            schema = {"title": wanted.name, **schema}
    if "responseSchema" in note:
        config[spelled(form, "responseSchema")] = write_schema(schema, note)
    else:
        config[spelled(form, "responseJsonSchema")] = schema


def _encode_thinking(
    request: ChatRequest, model: str, form: Form, options: GeminiOptions, warnings: list[str]
) -> JsonObject:
    thinking: JsonObject = {}
    budget, effort, summary = request.reasoning_budget, request.reasoning_effort, request.reasoning_summary
    if effort is not None:
        as_budget = effort not in LEVELS or (request.dialect != NAME and effort_is_budget(options, model))
        if not as_budget:
            thinking[spelled(form, "thinkingLevel")] = effort if "level" in form else effort.upper()
        elif effort not in BUDGETS:
            if request.dialect == NAME:
                thinking[spelled(form, "thinkingLevel")] = effort
            else:
                raise InvalidRequest("reasoning_effort", f"must be one of {', '.join(BUDGETS)}, got {effort!r}")
        elif budget is None:
            budget = BUDGETS[effort]
            warnings.append(f"reasoning_effort: written as a budget of {budget} tokens, which this model takes")
    if budget is not None:
        thinking[spelled(form, "thinkingBudget")] = budget
    if summary is not None:
        if summary not in ("auto", "none"):
            warnings.append(f"reasoning_summary: written as auto, because the dialect {NAME} has one kind of summary")
        thinking[spelled(form, "includeThoughts")] = summary != "none"
    return thinking


def decode_config(fields: Fields, notes: list[str]) -> Settings:
    """What a `generationConfig` says; what it does not know stays in `fields`. Raises `InvalidRequest`."""
    told = Settings()
    told.max_tokens = fields.whole("maxOutputTokens")
    told.temperature = fields.number("temperature")
    told.top_p = fields.number("topP")
    told.top_k = fields.whole("topK")
    told.seed = fields.whole("seed")
    told.presence_penalty = fields.number("presencePenalty")
    told.frequency_penalty = fields.number("frequencyPenalty")
    told.logprobs = fields.truth("responseLogprobs")
    if told.logprobs:
        told.top_logprobs = fields.whole("logprobs")
    count = fields.whole("candidateCount")
    if count is not None:
        if count < 1:
            raise InvalidRequest(f"{fields.where}.candidateCount", f"must be at least 1, got {count}")
        told.n = count
        if count == 1:
            notes.append("n=1")
    told.stop = _texts(fields, "stopSequences")
    modalities = _texts(fields, "responseModalities", capitals=True)
    told.modalities = tuple(word.lower() for word in modalities)
    _decode_thinking(fields, told, notes)
    told.output_format = _decode_format(fields)
    return told


def _texts(fields: Fields, name: str, *, capitals: bool = False) -> tuple[str, ...]:
    """A list of texts; one that says nothing, or whose words ours could not lead back to, stays where it is."""
    value = fields.look(name)
    if value is None:
        return ()
    if not is_list(value) or not all(isinstance(one, str) for one in value):
        if capitals and is_list(value):
            return ()
        raise fields.wrong(name, "a list of texts", value)
    if not value or (capitals and any(one != one.lower().upper() for one in value)):
        return ()
    fields.take(name)
    return tuple(value)


def _decode_thinking(fields: Fields, told: Settings, notes: list[str]) -> None:
    thinking = fields.inner("thinkingConfig")
    if thinking is None:
        return
    empty = not thinking.rest
    told.reasoning_budget = thinking.whole("thinkingBudget")
    level = thinking.text("thinkingLevel")
    if level is not None:
        told.reasoning_effort = level.lower()
        if level == level.lower() and level in LEVELS:
            notes.append("level")
        elif level.lower() not in LEVELS or level != level.upper():
            told.reasoning_effort = level  # no level that we know: as it came
    shown = thinking.truth("includeThoughts")
    if shown is not None:
        told.reasoning_summary = "auto" if shown else "none"
    fields.leave("thinkingConfig", thinking, empty=empty)


def _decode_format(fields: Fields) -> OutputFormat | None:
    media = fields.look("responseMimeType")
    ours: Any = fields.look("responseJsonSchema")
    theirs: Any = fields.look("responseSchema")
    kind: Literal["text", "json_object", "json_schema"]
    schema = ours if is_object(ours) else theirs if is_object(theirs) else None
    if media == "text/plain" and schema is None:
        kind = "text"
    elif media == JSON_TYPE and schema is None:
        kind = "json_object"
    elif schema is not None and media in (None, JSON_TYPE):
        kind = "json_schema"
    else:
        return None  # an enumeration, or a media type that has no form of ours
    if media is not None:
        fields.take("responseMimeType")
    if schema is None:
        return OutputFormat(kind)
    note: Form = () if media is not None else ("schema_alone",)
    if is_object(ours):
        fields.take("responseJsonSchema")
        name, schema = _named(schema)
        return OutputFormat(kind, name, schema, form=note)
    fields.take("responseSchema")
    read, form = read_schema(schema)
    name, read = _named(read)
    return OutputFormat(kind, name, read, form=("responseSchema", *note, *form))


def _named(schema: JsonObject) -> tuple[str | None, JsonObject]:
    """The name in a schema's title, and the schema without it. A title that is no name stays where it is."""
    title = schema.get("title")
    if not isinstance(title, str) or not _NAME.fullmatch(title):
        return None, schema
    return title, {key: value for key, value in schema.items() if key != "title"}
