"""Hypothesis strategies for the Gemini dialect: request bodies as clients write them, and chunks of a stream with what they say.

Needs `hypothesis`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st

from muxer_core.dialects.gemini.names import snake

JsonObject = dict[str, Any]

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_names = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)
_seals = st.sampled_from(["c2VhbA==", "QUFB"])
_objects: st.SearchStrategy[JsonObject] = st.sampled_from([{}, {"a": 1}, {"b": [1, {"c": "é"}], "d": None}])


def _written(fields: JsonObject, *, small: bool) -> JsonObject:
    return {snake(name) if small else name: value for name, value in fields.items()}


@st.composite
def _parts_of_users(draw: st.DrawFn) -> JsonObject:
    small = draw(st.booleans())
    blob = {
        "mimeType": draw(st.sampled_from(["image/png", "audio/wav", "audio/L16;rate=24000", "application/pdf"])),
        "data": "AAAA",
    }
    file = {"mimeType": draw(st.sampled_from(["image/png", "audio/mpeg", "video/mp4"])), "fileUri": draw(_uris)}
    kinds: list[JsonObject] = [
        {"text": draw(_texts)},
        {"inlineData": _written(blob, small=small)},
        {"fileData": _written(file, small=small)},
        {"fileData": _written({**file, "displayName": "n"}, small=small), "videoMetadata": {"fps": 1}},
        {"unheardOf": {"a": 1}},
    ]
    return _written(draw(st.sampled_from(kinds)), small=small)


_uris = st.sampled_from(
    ["gs://b/a.png", "https://example.org/a", "https://generativelanguage.googleapis.com/v1beta/files/x"]
)


@st.composite
def _parts_of_models(draw: st.DrawFn) -> JsonObject:
    call: JsonObject = {"name": draw(_names), "args": draw(_objects)}
    if draw(st.booleans()):
        call["id"] = draw(_names)
    kinds: list[JsonObject] = [
        {"text": draw(_texts)},
        {"text": draw(_texts), "thought": True},
        {"functionCall": call},
        {"executableCode": {"language": "PYTHON", "code": "1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
        {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "id": "t"}},
    ]
    part = dict(draw(st.sampled_from(kinds)))
    if draw(st.booleans()):
        part["thoughtSignature"] = draw(_seals)
    return _written(part, small=draw(st.booleans()))


@st.composite
def _responses(draw: st.DrawFn) -> JsonObject:
    answer: JsonObject = {"name": draw(_names), "response": draw(_answers)}
    if draw(st.booleans()):
        answer["id"] = draw(_names)
    if draw(st.booleans()):
        answer["parts"] = [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]
    return _written({"functionResponse": answer}, small=draw(st.booleans()))


_strange_answers: st.SearchStrategy[JsonObject] = st.sampled_from([
    {}, {"n": 1}, {"output": 1}, {"output": "a", "error": "b"}, {"output": ["a", "b"]}, {"output": '{"a":1}'},
])  # fmt: skip


def _wrapped(key: str, text: str) -> JsonObject:
    return {key: text}


_answers = st.builds(_wrapped, st.sampled_from(["output", "result", "error"]), _texts) | _strange_answers

_schemas: st.SearchStrategy[JsonObject] = st.sampled_from([
    {"type": "OBJECT", "properties": {"type": {"type": "STRING", "nullable": True}}},
    {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}},
    {"type": "OBJECT", "properties": {"a": {"type": "string"}}},
    {"title": "A_name", "type": "object"},
    {"title": "no name", "type": "object"},
    {},
])  # fmt: skip


@st.composite
def _tools(draw: st.DrawFn) -> JsonObject:
    function: JsonObject = {"name": draw(_names)}
    if draw(st.booleans()):
        function[draw(st.sampled_from(["parameters", "parametersJsonSchema", "parameters_json_schema"]))] = draw(
            _schemas
        )
    kinds: list[JsonObject] = [
        {"functionDeclarations": [function]},
        {"function_declarations": [function, {"name": "g"}]},
        {"functionDeclarations": [function], "googleSearch": {}},
        {"googleSearch": {}},
        {"functionDeclarations": []},
    ]
    return draw(st.sampled_from(kinds))


@st.composite
def _configs(draw: st.DrawFn) -> JsonObject:
    fields: JsonObject = {
        "temperature": draw(st.sampled_from([0, 0.5, 1])),
        "topK": draw(st.sampled_from([1, 40.0])),
        "maxOutputTokens": draw(st.integers(1, 9)),
        "candidateCount": draw(st.integers(1, 3)),
        "stopSequences": draw(st.lists(_texts, max_size=2)),
        "responseModalities": draw(st.sampled_from([["TEXT"], ["TEXT", "IMAGE"], ["Text"], []])),
        "responseMimeType": draw(st.sampled_from(["text/plain", "application/json", "text/x.enum"])),
        "responseSchema": draw(_schemas),
        "responseJsonSchema": draw(_schemas),
        "responseLogprobs": draw(st.booleans()),
        "logprobs": 3,
        "thinkingConfig": draw(
            st.sampled_from([{}, {"thinkingBudget": -1}, {"thinking_level": "low"}, {"thinkingLevel": "HIGH", "includeThoughts": False}])
        ),
        "speechConfig": {"voiceConfig": {}},
        "mediaResolution": None,
    }  # fmt: skip
    chosen = draw(st.lists(st.sampled_from(sorted(fields)), unique=True))
    return _written({name: fields[name] for name in chosen}, small=draw(st.booleans()))


_choices: st.SearchStrategy[JsonObject] = st.sampled_from([
    {},
    {"functionCallingConfig": {}},
    {"functionCallingConfig": {"mode": "VALIDATED"}},
    {"function_calling_config": {"mode": "ANY", "allowed_function_names": ["f"]}},
    {"functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": []}, "includeServerSideToolInvocations": True},
])  # fmt: skip


@st.composite
def bodies(draw: st.DrawFn) -> JsonObject:
    """A request's body in any of the spellings that the API takes."""
    contents: list[JsonObject] = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["user", "model", "tool", "bare"]))
        pieces = {
            "user": _parts_of_users(),
            "model": _parts_of_models(),
            "tool": _responses(),
            "bare": _parts_of_users(),
        }[kind]
        content: JsonObject = {"parts": draw(st.lists(pieces, max_size=3))}
        if kind != "bare":
            content["role"] = {"tool": draw(st.sampled_from(["user", "function"]))}.get(kind, kind)
        contents.append(content)
    fields: JsonObject = {
        "systemInstruction": draw(st.sampled_from([{"parts": [{"text": "s"}]}, {"role": "user", "parts": [{"text": "s"}]}, {"parts": []}])),
        "generationConfig": draw(_configs()),
        "tools": draw(st.lists(_tools(), max_size=3)),
        "toolConfig": draw(_choices),
        "safetySettings": draw(st.sampled_from([None, [], [{"category": "c", "threshold": "OFF"}]])),
        "serviceTier": draw(st.sampled_from(["standard", "flex", "unspecified"])),
        "cachedContent": "cachedContents/x",
        "store": draw(st.booleans()),
    }  # fmt: skip
    chosen = draw(st.lists(st.sampled_from(sorted(fields)), unique=True))
    return {"contents": contents, **_written({name: fields[name] for name in chosen}, small=draw(st.booleans()))}


class ChunkStream(msgspec.Struct, frozen=True):
    """Chunks in order, and what they say: text, thinking and finish reason of each candidate, and its calls as (name, args)."""

    chunks: tuple[JsonObject, ...]
    texts: dict[int, str]
    thinking: dict[int, str]
    calls: dict[int, list[tuple[str, JsonObject]]]
    finishes: dict[int, str]


@st.composite
def chunk_streams(draw: st.DrawFn, *, max_candidates: int = 3, max_parts: int = 8) -> ChunkStream:
    """The chunks of one reply: candidates interleaved, text, thinking and calls, seals, running totals."""
    count = draw(st.integers(1, max_candidates))
    texts, thinking = dict.fromkeys(range(count), ""), dict.fromkeys(range(count), "")
    calls: dict[int, list[tuple[str, JsonObject]]] = {index: [] for index in range(count)}
    head: JsonObject = {"responseId": draw(_names), "modelVersion": "m"}
    chunks: list[JsonObject] = []
    spent = 0

    def say(index: int, part: JsonObject | None, finish: str | None = None) -> None:
        candidate: JsonObject = {"content": {"role": "model", "parts": [] if part is None else [part]}, "index": index}
        if finish is not None:
            candidate["finishReason"] = finish
        usage = {"promptTokenCount": 7, "candidatesTokenCount": spent, "totalTokenCount": 7 + spent}
        chunks.append({**head, "candidates": [candidate], "usageMetadata": usage})

    for index in range(count):
        say(index, None)
    for _ in range(draw(st.integers(0, max_parts))):
        index, spent = draw(st.integers(0, count - 1)), spent + draw(st.integers(0, 3))
        part: JsonObject
        kind = draw(st.sampled_from(["text", "thought", "call"]))
        if kind == "call":
            name, arguments = draw(_names), draw(_objects)
            calls[index].append((name, arguments))
            part = {"functionCall": {"name": name, "args": arguments}}
        else:
            piece = draw(_texts)
            part = {"text": piece} if kind == "text" else {"text": piece, "thought": True}
            told = texts if kind == "text" else thinking
            told[index] += piece
        if draw(st.integers(0, 3)) == 0:
            part["thoughtSignature"] = draw(_seals)
        say(index, part)
    finishes = {index: draw(st.sampled_from(["STOP", "MAX_TOKENS", "SAFETY"])) for index in range(count)}
    for index, finish in finishes.items():
        say(index, None, finish)
    return ChunkStream(tuple(chunks), texts, thinking, calls, finishes)


def stream_bytes(chunks: Sequence[JsonObject], *, array: bool = False, newline: str = "\r\n") -> bytes:
    """The body of a stream of these chunks: server-sent events, or one JSON array."""
    written = [json.dumps(chunk, ensure_ascii=False) for chunk in chunks]
    if array:
        return f"[{f'{newline},'.join(written)}]".encode()
    return "".join(f"data: {text}{newline * 2}" for text in written).encode()
