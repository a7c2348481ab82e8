"""What we write is what the vendor's own client would let through: botocore checks our bodies against the published model."""

from __future__ import annotations

import functools
import importlib
from typing import Any

import msgspec
from hypothesis import given

from muxer_core.dialects.bedrock_converse import BedrockConverse
from muxer_core.dialects.protocol import Target
from muxer_core.testing.conversations import conversations
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.request import ChatRequest

DIALECT = BedrockConverse()
TARGET = Target("b", "https://bedrock-runtime.eu-west-1.amazonaws.com", "us.anthropic.claude-sonnet-4-5-20250929-v1:0")


@functools.cache
def operation(name: str) -> Any:
    loader = importlib.import_module("botocore.loaders").Loader()
    model = loader.load_service_model("bedrock-runtime", "service-2")
    return importlib.import_module("botocore.model").ServiceModel(model).operation_model(name).input_shape


def complaints(name: str, body: dict[str, Any]) -> str:
    """What botocore has against a body; empty where nothing."""
    report = (
        importlib.import_module("botocore.validate")
        .ParamValidator()
        .validate({"modelId": TARGET.model, **body}, operation(name))
    )
    return str(report.generate_report())


@given(request=conversations(vendor="anthropic"))
def test_every_request_follows_the_published_model(request: ChatRequest) -> None:
    for stream, name in ((False, "Converse"), (True, "ConverseStream")):
        try:
            sent = DIALECT.encode_chat(request, TARGET, max_tokens=request.max_tokens, stream=stream).request
        except InvalidRequest:
            return
        assert complaints(name, msgspec.json.decode(sent.body)) == ""


@given(request=conversations(media=False, settings=False, thinking=False))
def test_every_count_follows_the_published_model(request: ChatRequest) -> None:
    try:
        sent = DIALECT.encode_count(request, TARGET).request
    except InvalidRequest:
        return
    assert complaints("CountTokens", msgspec.json.decode(sent.body)) == ""


def test_the_check_would_find_a_fault() -> None:
    assert "messages[0].content" in complaints("Converse", {"messages": [{"role": "user", "content": "text"}]})
