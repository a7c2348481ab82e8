"""Clients' requests: what the path says, and what cannot be read is refused by its name."""

from __future__ import annotations

from typing import Any

import pytest

from muxer_core.dialects.server import Inbound
from muxer_core.values.errors import InvalidRequest
from muxer_core.wire.limits import Limits
from tests.dialects.gemini.test_requests import DIALECT, PATH, hear


@pytest.mark.parametrize(
    ("path", "query", "model", "stream", "form"),
    [
        ("/v1beta/models/gemini-3:generateContent", "", "gemini-3", False, ()),
        ("/v1beta/models/gemini-3:streamGenerateContent", "alt=sse", "gemini-3", True, ("sse",)),
        ("/v1beta/models/a%2Fb:streamGenerateContent", "", "a/b", True, ("array",)),
        ("/v1/projects/p/locations/l/publishers/google/models/g:generateContent", "", "g", False, ()),
        ("/v1/publishers/meta/models/l:generateContent", "", "publishers/meta/models/l", False, ()),
        ("/v1beta/tunedModels/t:generateContent", "", "tunedModels/t", False, ()),
        ("/v1beta/models/g:countTokens", "", "g", False, ("count",)),
    ],
)
def test_the_path_says_what_is_wanted(path: str, query: str, model: str, stream: bool, form: tuple[str, ...]) -> None:
    asked = hear({"contents": [{"parts": [{"text": "a"}]}]}, path, query)
    assert (asked.request.model, asked.stream, asked.form) == (model, stream, form)


UNREADABLE: list[tuple[Any, str]] = [
    ([], "body"),
    ({}, "contents"),
    ({"contents": []}, "contents"),
    ({"contents": 3}, "contents"),
    ({"contents": [3]}, "contents[0]"),
    ({"contents": [{"role": "nobody", "parts": []}]}, "contents[0].role"),
    ({"contents": [{"parts": [{"text": 3}]}]}, "contents[0].parts[0].text"),
    ({"contents": [{"parts": [{"functionCall": {"name": "f"}}]}]}, "contents[0].parts"),
    (
        {"contents": [{"role": "model", "parts": [{"functionCall": {"args": {}}}]}]},
        "contents[0].parts[0].functionCall.name",
    ),
    ({"contents": [{"role": "model", "parts": [{"functionResponse": {"name": "f"}}]}]}, "contents[0].parts"),
    (
        {"contents": [{"parts": [{"functionResponse": {"name": "f", "response": "x"}}]}]},
        "contents[0].parts[0].functionResponse.response",
    ),
    ({"contents": [{}], "generationConfig": {"temperature": "hot"}}, "generationConfig.temperature"),
    ({"contents": [{}], "generationConfig": {"maxOutputTokens": 1.5}}, "generationConfig.maxOutputTokens"),
    ({"contents": [{}], "generationConfig": {"candidateCount": 0}}, "generationConfig.candidateCount"),
    ({"contents": [{}], "generationConfig": {"stopSequences": "x"}}, "generationConfig.stopSequences"),
    ({"contents": [{}], "tools": [{"functionDeclarations": [{}]}]}, "tools[0].functionDeclarations[0].name"),
    (
        {"contents": [{}], "toolConfig": {"functionCallingConfig": {"mode": "MAYBE"}}},
        "toolConfig.functionCallingConfig.mode",
    ),
    ({"contents": [{}], "toolConfig": {"functionCallingConfig": 3}}, "toolConfig.functionCallingConfig"),
    ({"contents": [{}], "systemInstruction": 3}, "systemInstruction"),
]


@pytest.mark.parametrize(("body", "field"), UNREADABLE)
def test_a_request_that_cannot_be_read_is_refused_by_name(body: Any, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        hear(body)
    assert caught.value.field.removeprefix(".") == field


@pytest.mark.parametrize(
    ("inbound", "field"),
    [
        (Inbound("POST", "/v1beta/models", body=b"{}"), "path"),
        (Inbound("POST", "/v1beta/models/m:embedContent", body=b"{}"), "path"),
        (Inbound("GET", PATH), "method"),
        (Inbound("POST", PATH, body=b"<html>"), "body"),
        (Inbound("POST", PATH, body=b"x" * 200), "body"),
    ],
)
def test_what_is_no_request_is_refused_by_name(inbound: Inbound, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        DIALECT.decode_chat(inbound, limits=Limits(body=100))
    assert caught.value.field == field
