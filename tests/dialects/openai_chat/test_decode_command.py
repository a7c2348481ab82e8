"""`modelmuxer decode`: one JSON line for each recorded exchange, always the same fields, never an exception."""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_cli.decode import decode_file, decode_line, main
from tests.dialects.openai_chat.exchanges import SAMPLE
from tests.support.shared import shared_path

FIELDS = [
    "id",
    "provider",
    "api",
    "model",
    "outcome",
    "text",
    "reasoning",
    "refusal",
    "tool_calls",
    "finish_reason",
    "finish",
    "usage",
    "costs",
    "failure",
    "warnings",
    "choices",
    "embeddings",
    "input_tokens",
    "models",
]
REPLY = (
    '{"model":"m","choices":[{"message":{"content":"x"},"finish_reason":"stop"}],'
    '"usage":{"prompt_tokens":1,"completion_tokens":2,"cost":0.25}}'
)


def decoded(**record: Any) -> dict[str, Any]:
    return decode_line(json.dumps(record).encode())


def test_the_fields_of_a_line() -> None:
    line = decoded(id="i", provider="p", body=REPLY)
    assert list(line) == FIELDS
    assert line["outcome"] == "finished"
    assert (line["id"], line["provider"], line["api"], line["model"]) == ("i", "p", "chat.completions", "m")
    assert (line["text"], line["finish_reason"], line["finish"]) == ("x", "stop", "stop")
    assert (line["usage"]["input_tokens"], line["usage"]["output_tokens"]) == (1, 2)
    assert line["costs"] == [{"usd": "0.25", "source": "usage.cost"}]
    assert (line["failure"], line["choices"], line["warnings"]) == (None, None, [])


def test_several_answers_and_everything_that_is_said() -> None:
    message = {
        "content": "b",
        "refusal": "r",
        "reasoning": "t",
        "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}],
    }
    choices = [
        {"index": 1, "message": {"content": "a"}},
        {"index": 0, "message": message, "finish_reason": "tool_calls"},
    ]
    line = decoded(body=json.dumps({"choices": choices, "usage": {"prompt_tokens": -1}}))
    assert (line["text"], line["refusal"], line["reasoning"], line["finish"]) == ("b", "r", "t", "tool_call")
    assert line["tool_calls"] == [{"id": "c", "name": "f", "arguments": "{}", "kind": "function"}]
    assert [choice["text"] for choice in line["choices"]] == ["b", "a"]
    assert line["usage"] is None
    assert len(line["warnings"]) == 1


def test_streams_are_told_by_the_record_or_by_the_content_type() -> None:
    body = 'data: {"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    assert decoded(body=body, stream=True)["text"] == "x"
    assert decoded(body=body, response_headers=[["content-type", "text/event-stream"]])["text"] == "x"
    assert decoded(body=body)["outcome"] == "failed"
    assert (
        decoded(body_b64=base64.b64encode(body.encode()).decode(), stream=True, path="/v1/chat/completions?x=1")["text"]
        == "x"
    )


def test_refusals_and_other_apis() -> None:
    refused = decoded(
        status=429, body='{"error":{"message":"slow"}}', response_headers={"retry-after": "3"}, provider="p"
    )
    assert refused["outcome"] == "failed"
    assert refused["failure"] == {
        "kind": "rate_limited",
        "message": "slow",
        "status": 429,
        "code": None,
        "retry_after": 3.0,
    }
    assert decoded(api="complete", body="{}")["outcome"] == "unsupported"
    speech = decoded(path="/v1/audio/speech", body="{}")
    assert (speech["api"], speech["outcome"]) == ("/v1/audio/speech", "unsupported")


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"body": 5},
        {"body_b64": "***"},
        {"body_b64": "é"},
        {"body": "{}", "status": "200"},
        {"body": "{}", "status": 7},
        {"body": "{}", "response_headers": 5},
        {"body": "{}", "response_headers": [5]},
    ],
)
def test_a_line_that_is_no_exchange(record: dict[str, Any]) -> None:
    line = decoded(**record)
    assert line["outcome"] == "unreadable"
    assert line["warnings"]


@pytest.mark.parametrize("line", [b"no json", b"[]", b"\xff", b'{"a":' * 100_000])
def test_a_line_that_is_no_object(line: bytes) -> None:
    assert decode_line(line)["outcome"] == "unreadable"


@given(
    st.dictionaries(
        st.sampled_from(["id", "api", "path", "status", "stream", "response_headers", "body", "model"]),
        st.none() | st.integers() | st.text(max_size=8) | st.lists(st.text(max_size=3), max_size=2),
    )
)
def test_any_object_gives_a_line(record: dict[str, Any]) -> None:
    assert list(decoded(**record)) == FIELDS


def test_a_lone_surrogate_of_a_record_is_escaped(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text('{"id":"\\ud83d","body":"{}"}\n')
    out = io.StringIO()
    assert decode_file(str(path), out) == 1
    assert json.loads(out.getvalue())["id"] == "\ud83d"


def test_the_sample_plain_and_compressed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(SAMPLE)]) == 0
    plain = capsys.readouterr().out
    packed = tmp_path / "recorded.jsonl.gz"
    packed.write_bytes(gzip.compress(b"\n" + SAMPLE.read_bytes()))
    assert main([str(packed)]) == 0
    assert capsys.readouterr().out == plain
    lines = [json.loads(line) for line in plain.splitlines()]
    assert len(lines) == 100
    assert {line["outcome"] for line in lines} == {"finished", "failed"}
    assert all(list(line) == FIELDS for line in lines)


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Input:
        buffer = io.BytesIO(b'{"body":"{}"}')

    monkeypatch.setattr(sys, "stdin", Input())
    assert main(["-"]) == 0
    assert json.loads(capsys.readouterr().out)["outcome"] == "failed"


def test_what_cannot_be_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(SAMPLE.read_bytes())[:500])
    for arguments in ([str(tmp_path / "none.jsonl")], [str(cut)], [], ["a", "b"]):
        assert main(arguments) == 2
        assert "decode" in capsys.readouterr().err
    assert main(["--help"]) == 0
    assert "usage" in capsys.readouterr().out


def test_a_full_disk_is_not_blamed_on_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w", buffering=1, encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(OSError, match="No space left"):
            main([str(SAMPLE)])
        monkeypatch.undo()
        with contextlib.suppress(OSError):  # what stayed in its buffer cannot be written now either
            full.close()


@pytest.mark.slow
def test_every_recording_gives_a_line() -> None:
    outcomes: dict[str, int] = {}
    for path in sorted(shared_path("recordings").glob("*.jsonl.gz")):
        out = io.StringIO()
        decode_file(str(path), out)
        for line in out.getvalue().splitlines():
            outcome = json.loads(line)["outcome"]
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
    assert set(outcomes) == {"finished", "failed", "unsupported"}
    assert outcomes["finished"] > 3000
