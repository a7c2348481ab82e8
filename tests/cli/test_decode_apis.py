"""`modelmuxer decode` over every API of its table: paths name APIs, recordings decode, and no shape is unknown."""

from __future__ import annotations

import base64
import collections
import gzip
import json
import re
from typing import Any

import pytest

from muxer_cli.decode import decode_line
from muxer_cli.decode_apis import APIS
from muxer_cli.decode_records import api_of
from muxer_core.dialects.registry import CLIENT_DIALECTS
from tests.support.beside_chat import SAMPLE
from tests.support.shared import shared_path

RECORDS = [json.loads(line) for line in SAMPLE.read_bytes().splitlines()]

ISSUE = (
    "chat.completions", "completions", "responses", "messages", "count_tokens", "generateContent", "streamGenerateContent", "countTokens",
    "converse", "converse-stream", "v2.chat", "ollama.chat", "ollama.generate", "embeddings", "batchEmbedContents", "embedContent",
    "predict", "cohere.embed", "ollama.embed", "models",
)  # fmt: skip


def test_the_table_speaks_of_every_api_in_scope() -> None:
    assert set(ISSUE) <= set(APIS)


@pytest.mark.parametrize("dialect", sorted({row[0] for row in APIS.values()} & set(CLIENT_DIALECTS)))
def test_each_dialect_offers_what_the_table_says(dialect: str) -> None:
    for api, row in APIS.items():
        if row[0] == dialect:
            assert decode_line(json.dumps({"api": api, "body": "{}"}).encode())["outcome"] != "unsupported", api


@pytest.mark.parametrize(
    ("path", "api"),
    [
        ("/openai/deployments/d/chat/completions?api-version=1", "chat.completions"),
        ("/v1/completions", "completions"),
        ("/v1/responses", "responses"),
        ("/v1/messages?beta=true", "messages"),
        ("/v1/messages/count_tokens?beta=true", "count_tokens"),
        ("/v1beta/models/m:streamGenerateContent?alt=sse", "streamGenerateContent"),
        ("/v1/projects/p/locations/l/publishers/google/models/m:predict", "predict"),
        ("/v1beta/models/m:batchEmbedContents", "batchEmbedContents"),
        ("/model/anthropic.claude%3A0/converse-stream", "converse-stream"),
        ("/model/a/converse", "converse"),
        ("/v2/chat", "v2.chat"),
        ("/api/chat", "ollama.chat"),
        ("/api/generate", "ollama.generate"),
        ("/api/embeddings", "ollama.embed"),
        ("/api/embed", "ollama.embed"),
        ("/v1/embed", "cohere.embed"),
        ("/v1/embeddings", "embeddings"),
        ("/v1/models", "models"),
        ("/api/tags", "models"),
        ("/v1/files", "/v1/files"),
        ("", "chat.completions"),
    ],
)
def test_a_path_names_its_api(path: str, api: str) -> None:
    assert api_of({"path": path}) == api


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record["id"])
def test_recordings_decode_and_are_measured(record: dict[str, Any]) -> None:
    if APIS[record["api"]][0] not in CLIENT_DIALECTS:
        pytest.skip("its dialect is not registered")
    line = decode_line(json.dumps(record).encode())
    if record["status"] != 200:
        assert line["outcome"] == "failed"
        assert line["failure"]["status"] == record["status"]
        return
    assert (line["outcome"], line["failure"]) == ("finished", None)
    body = record["body"]
    if record["api"] == "embeddings":
        data = json.loads(body)["data"]
        lengths = {len(one["embedding"]) for one in data if isinstance(one["embedding"], list)}
        assert line["embeddings"] == {"count": len(data), "dimensions": lengths.pop() if lengths else None}
    elif record["api"] in ("count_tokens", "countTokens", "count-tokens"):
        assert str(line["input_tokens"]) == re.findall(r'[tT]okens": ?(\d+)', body)[0]
    elif record["api"] == "models":
        assert line["models"]
    elif record["api"] != "completions":
        assert line["embeddings"] is not None or line["choices"] or "rai" in body or "gcsUri" in body


NO_REPLY = {
    "broken on purpose": (
        "openai-chat.completions-c5d98461e3", "openai-chat.completions-3c63a91c95", "vertex-generateContent-094bcc1bab",
        "vertex-streamGenerateContent-a236f9c499",
    ),
    "cut short by its source": (
        "anthropic-messages-468a46601f", "anthropic-messages-a5ce120f97", "vertex-streamGenerateContent-01c0560827",
        "vertex-streamGenerateContent-5190b4e47e", "vertex-streamGenerateContent-fc6054b2a0",
    ),
    "a candidate that says nothing, and not why": ("vertex-generateContent-0e25b26b39", "vertex-generateContent-680ca0f4d2"),
    "a reply of another API": (
        "azure-chat.completions-21e762130e", "bedrock-converse-d3c3c19e4a", "groq-chat.completions-da85d782f2",
        "mistral-chat.completions-8fdd278213", "openai-chat.completions-e517feb0b1", "ollama-ollama.chat-4601d0cb9e",
        "ollama-ollama.chat-80bff53adf", "cohere-v2.chat-98eea85e3a",
    ),
}  # fmt: skip
"""Recordings of the development set that hold no whole reply of the API under which they stand, and so are failures."""


@pytest.mark.slow
@pytest.mark.timeout(300)  # eight thousand recordings
def test_every_recording_of_the_collection_decodes() -> None:
    outcomes: collections.Counter[tuple[str, str]] = collections.Counter()
    known = {one for ids in NO_REPLY.values() for one in ids}
    unread: list[str] = []
    for path in sorted(shared_path("recordings").glob("*.jsonl.gz")):
        with gzip.open(path) as lines:
            for raw in lines:
                line = decode_line(raw)
                api = line["api"]
                outcomes[api, line["outcome"]] += 1
                if api not in APIS or APIS[api][0] not in CLIENT_DIALECTS:
                    assert line["outcome"] == "unsupported"
                    continue
                assert line["outcome"] in ("finished", "failed"), line["id"]
                if line["outcome"] == "failed" and line["failure"]["kind"] in (
                    "malformed",
                    "truncated",
                    "limit_exceeded",
                ):
                    unread.append(line["id"])
    print(json.dumps({f"{api} {outcome}": count for (api, outcome), count in sorted(outcomes.items())}, indent=1))
    assert set(unread) <= known


def test_a_binary_stream_is_read_from_base64() -> None:
    if "bedrock_converse" not in CLIENT_DIALECTS:
        pytest.skip("its dialect is not registered")
    cut = base64.b64encode(b"\x00\x00\x00\x10").decode()
    line = decode_line(json.dumps({"api": "converse-stream", "body_b64": cut}).encode())
    assert line["outcome"] == "failed"
