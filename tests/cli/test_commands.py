"""The commands against a real server on loopback: what they print, as text and as JSON, and the status that they end with."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.upstream import KEY, RUDE
from tests.support.raw_server import RawServer

pytestmark = pytest.mark.usefixtures("configured")


# -- chat ---------------------------------------------------------------------------------------------------------------------------


def test_chat_prints_answer_decision_usage_and_exact_cost(modelmuxer: Command) -> None:
    ran = modelmuxer("chat", "-m", "short", "Why", "is the sky blue?")
    assert (ran.status, ran.err) == (0, "")
    answer, _, facts = ran.out.partition("\n\n")
    assert answer == "Blue light scatters most."
    assert facts.splitlines() == [
        "decision: local/good by hybrid: only the model good can serve.",
        "served by: local/good",
        "usage: 1000 tokens in, 500 out, counted by the provider",
        "cost: $0.0075, exact",
    ]


def test_chat_as_json_is_one_document(modelmuxer: Command, server: RawServer) -> None:
    ran = modelmuxer(
        "chat", "--json", "-m", "good", "--max-tokens", "9", "--temperature", "0.5", "--system", "Be brief.", "Hi"
    )
    told = json.loads(ran.out)
    assert told["text"] == "Blue light scatters most."
    assert told["cost_usd"] == "0.0075"
    assert (told["status"], told["finish_reason"], told["exact"], told["failure"]) == ("complete", "stop", True, None)
    assert told["decision"]["chosen"] == "local/good"
    assert told["usage"]["output_tokens"] == 500
    assert [one["where"] for one in told["attempts"]] == ["local/good"]
    sent = json.loads(server.requests[-1].body)
    assert (sent["max_tokens"], sent["temperature"]) == (9, 0.5)
    assert [one["role"] for one in sent["messages"]] == ["system", "user"]


def test_chat_reads_standard_input(modelmuxer: Command, server: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("from a pipe"))
    ran = modelmuxer("chat", "-q", "-m", "good", "-")
    assert (ran.status, ran.out) == (0, "Blue light scatters most.\n")
    assert json.loads(server.requests[-1].body)["messages"][0]["content"] == "from a pipe"


def test_a_tool_call_is_shown(modelmuxer: Command) -> None:
    assert 'tool call look_up({"q":1})' in modelmuxer("chat", "-m", "caller", "Hi").out


def test_in_a_pipe_thinking_is_left_out_and_bytes_stay_as_they_are(modelmuxer: Command) -> None:
    assert modelmuxer("chat", "-q", "-m", "thinker", "Hi").out == "42\n"
    assert modelmuxer("chat", "-q", "-m", "rude", "Hi").out == f"{RUDE}\n"


def test_a_stream_that_breaks_off_keeps_its_text_and_is_no_success(modelmuxer: Command) -> None:
    ran = modelmuxer("chat", "-m", "cut", "Hi")
    assert ran.status == 1
    assert ran.out.startswith("Blue light\n\n")
    assert "attempt 1: local/cut, first choice: failed" in ran.out
    assert "estimated, since usage was not reported" in ran.out
    assert "Next: " in ran.err
    told = json.loads(modelmuxer("chat", "--json", "-m", "cut", "Hi").out)
    assert (told["text"], told["status"], told["failure"]["where"]) == ("Blue light", "failed", "local/cut")


@pytest.mark.parametrize(
    ("model", "kind", "words"),
    [
        ("busy", "rate_limited", "rate_limited at local/busy (HTTP 429): Rate limit reached. Next: wait"),
        ("missing", "model_not_found", "(HTTP 404): The model `missing` does not exist. Next: check the model's name"),
    ],
)
def test_refusals_say_what_where_and_what_next(modelmuxer: Command, model: str, kind: str, words: str) -> None:
    ran = modelmuxer("chat", "-m", model, "Hi")
    assert ran.status == 1
    assert words in ran.err
    ran = modelmuxer("chat", "--json", "-m", model, "Hi")
    assert ran.status == 1
    assert json.loads(ran.out)["failure"]["kind"] == kind


def test_a_wrong_key_is_named_and_never_shown(modelmuxer: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_KEY", "sk-the-wrong-key")
    for command in (("chat", "-m", "good", "Hi"), ("models", "--offered"), ("health",), ("config", "check")):
        ran = modelmuxer(*command)
        assert "sk-the-wrong-key" not in ran.out + ran.err
    assert "check the API key" in modelmuxer("chat", "-m", "good", "Hi").err


def test_a_key_that_is_not_set_is_named(modelmuxer: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCAL_KEY")
    ran = modelmuxer("chat", "-m", "good", "Hi")
    assert ran.status == 1
    assert "the environment variable LOCAL_KEY is not set" in ran.err
    assert "the environment variable LOCAL_KEY is not set" in modelmuxer("config", "check").out


def test_nobody_listens(modelmuxer: Command, configured: Path) -> None:
    path = configured / "muxer.toml"
    path.write_text('[providers.local]\nbase_url = "http://127.0.0.1:1/v1"\n[retry]\nmax_retries = 0\n')
    ran = modelmuxer("chat", "-m", "local/x", "Hi")
    assert ran.status == 1
    assert "http://127.0.0.1:1: [Errno 111] Connection refused" in ran.err
    assert "check that the server runs" in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("chat", "-m", "goof", "Hi"), "did you mean 'good'"),
        (("chat", "-m", "good", "--max-tokens", "0", "Hi"), "max_tokens: must be a whole number of at least 1"),
        (("chat", "-m", "good", "--max-cost", "much", "Hi"), "max_cost"),
        (("chat", "-m", "good", "--strategy", "hybird", "Hi"), "did you mean 'hybrid'"),
        (("chat", "-m", "good", "  "), "prompt: is empty"),
        (("models", "--provider", "lokal"), "known are local"),
        (("health", "lokal"), "known are local"),
        (("health", "--watch", "--rounds", "0"), "--rounds: must be at least 1"),
        (("health", "--watch", "--interval", "nan"), "--interval: must be from 0"),
        (("health", "--watch", "--interval", "-1"), "--interval: must be from 0"),
        (("cost", "-i", "-1"), "--input: must not be negative"),
        (("cost", "-i", "1", "--cached", "2"), "--cached: is a part of --input"),
        (("cost", "goof"), "did you mean 'good'"),
    ],
)
def test_bad_arguments_are_named_and_nothing_is_sent(
    modelmuxer: Command, server: RawServer, arguments: tuple[str, ...], words: str
) -> None:
    ran = modelmuxer(*arguments)
    assert ran.status == 2
    assert words in ran.err
    ran = modelmuxer(arguments[0], "--json", *arguments[1:])
    assert ran.status == 2
    assert words in json.loads(ran.out)["error"]["message"]
    assert server.requests == []


# -- route --------------------------------------------------------------------------------------------------------------------------


def test_route_explains_and_makes_no_call(modelmuxer: Command, server: RawServer) -> None:
    ran = modelmuxer("route", "--explain", "-m", "auto", "--max-tokens", "100000", "Hi")
    assert ran.status == 0
    assert ran.out.startswith("decision: local/")
    assert "candidate\texpected cost\t" in ran.out
    assert "local/good\tits context window of 8000 tokens is below" in ran.out
    told = json.loads(modelmuxer("route", "--json", "-m", "auto", "--max-tokens", "100000", "Hi").out)
    assert [one["rule"] for one in told["rejections"]] == ["context_window"]
    assert {one["where"] for one in told["candidates"]} >= {"local/busy"}
    assert server.requests == []


def test_route_to_nowhere_says_the_smallest_change(modelmuxer: Command) -> None:
    ran = modelmuxer("route", "-m", "good", "--max-tokens", "9000", "Hi")
    assert ran.status == 1
    assert "Smallest change: shorten the request" in ran.err
    assert json.loads(modelmuxer("route", "--json", "-m", "good", "--max-tokens", "9000", "Hi").out)["error"]["next"]


def test_without_explain_route_says_the_decision_alone(modelmuxer: Command) -> None:
    assert len(modelmuxer("route", "-m", "good", "Hi").out.splitlines()) == 1


# -- models, cost, health -----------------------------------------------------------------------------------------------------------


def test_models_lists_what_is_configured(modelmuxer: Command) -> None:
    lines = modelmuxer("models").out.splitlines()
    assert lines[0].split("\t")[:3] == ["model", "deployment", "context"]
    assert lines[1].startswith("good\tlocal/good\t8000\t$2.50 in, $10.00 out\tparallel_tools, ")
    first = json.loads(modelmuxer("models", "--json", "--provider", "local").out)[0]
    assert first["price"]["per_million"] == {"input": "2.50", "output": "10.00", "cached_input": "1.25"}
    assert (first["capabilities"], first["context_window"], first["quality"]) == (["tools"], 8000, 0.5)


def test_models_offered_asks_the_server(modelmuxer: Command, server: RawServer) -> None:
    assert "local\tgood" in modelmuxer("models", "--offered").out
    assert server.requests[-1].target == "/v1/models"
    told = json.loads(modelmuxer("models", "--offered", "--json").out)
    assert told["offered"]["local"][0]["id"] == "good"
    assert told["failures"] == {}


def test_models_offered_by_a_server_that_refuses(modelmuxer: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_KEY", "wrong")
    ran = modelmuxer("models", "--offered")
    assert ran.status == 1
    assert "Incorrect API key provided" in ran.err
    assert json.loads(modelmuxer("models", "--offered", "--json").out)["failures"]["local"]["kind"] == "auth"


def test_cost_compares_exactly_cheapest_first(modelmuxer: Command) -> None:
    ran = modelmuxer("cost", "good", "busy", "-i", "1000000", "-o", "100", "--cached", "400000")
    assert ran.out.splitlines() == [
        "1000000 tokens in (400000 cached), 100 out:",
        "model\tdeployment\tcost",
        "busy\tlocal/busy\t$1.0001",
        "good\tlocal/good\t$2.001",
    ]
    busy, good = json.loads(modelmuxer("cost", "--json", "good", "busy", "--reasoning", "5").out)
    assert (busy["deployment"], busy["cost_usd"], good["cost_usd"]) == ("local/busy", "0.0015", "0.0075")
    assert good["charges"][0] == {"unit": "input_token", "quantity": 1000, "cost_usd": "0.0025"}


def test_health_of_a_server_that_is_up(modelmuxer: Command, server: RawServer) -> None:
    ran = modelmuxer("health")
    assert ran.status == 0
    assert ran.out.splitlines()[1].startswith("local\tup\t")
    assert all(request.method == "GET" for request in server.requests)
    assert json.loads(modelmuxer("health", "--json", "local").out)[0]["up"] is True


def test_health_of_a_server_that_refuses_says_why(modelmuxer: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_KEY", "wrong")
    ran = modelmuxer("health")
    assert ran.status == 1
    assert ran.out.splitlines()[1].startswith("local\tdown\t")
    assert "check the API key" in ran.out


def test_watching_asks_again(modelmuxer: Command) -> None:
    ran = modelmuxer("health", "--watch", "--rounds", "3", "--interval", "0")
    assert ran.out.count("local\tup") == 3
    lines = modelmuxer("health", "--watch", "--rounds", "2", "--interval", "0", "--json").out.splitlines()
    assert [json.loads(line)[0]["provider"] for line in lines] == ["local", "local"]


# -- config check -------------------------------------------------------------------------------------------------------------------


def test_config_check_says_what_is_there(modelmuxer: Command) -> None:
    ran = modelmuxer("config", "check")
    assert ran.status == 0
    assert "configuration: muxer.toml" in ran.out
    assert "(openai_chat), key env:LOCAL_KEY" in ran.out
    assert "deployment: local/good: model good, price known" in ran.out
    assert KEY not in ran.out
    told = json.loads(modelmuxer("config", "check", "--json", "muxer.toml").out)
    assert told["providers"] == [
        {
            "name": "local",
            "base_url": told["providers"][0]["base_url"],
            "dialect": "openai_chat",
            "preset": None,
            "credential_problem": None,
        }
    ]
    assert len(told["digest"]) == 64


def test_config_check_says_which_preset_and_how_many_keys(modelmuxer: Command, configured: Path) -> None:
    file = configured / "presets.toml"
    file.write_text(
        '[presets.acme]\nbase_url = "https://{region}.acme.example/v1"\nheaders = { "x-a" = "hunter2" }\n'
        '[providers.acme]\nsettings = { region = "eu" }\ncredential = ["env:ACME_1", "env:ACME_2"]\n'
        '[providers.work]\npreset = "openai"\ncredential = "azure:default"\n[providers.lm_studio]\n',
        encoding="utf-8",
    )
    ran = modelmuxer("config", "check", "presets.toml")
    assert ran.status == 0
    assert "provider: acme at https://eu.acme.example/v1 (preset acme, openai_chat), credential 'env:ACME_1'" in ran.out
    assert "provider: work at https://api.openai.com/v1 (preset openai, openai_chat), key azure:default" in ran.out
    assert "provider: lm_studio at http://127.0.0.1:1234/v1 (preset lm_studio, openai_chat), no key" in ran.out
    told = json.loads(modelmuxer("config", "check", "presets.toml", "--json").out)
    assert [one["preset"] for one in told["providers"]] == ["acme", "openai", "lm_studio"]
    assert told["mapping"]["presets"]["acme"]["headers"] == {"x-a": "***"}


def test_config_check_shows_no_header_s_value(modelmuxer: Command, configured: Path) -> None:
    path = configured / "muxer.toml"
    headers = 'credential = "env:LOCAL_KEY"\nheaders = { "x-gateway-key" = "hunter2" }'
    path.write_text(path.read_text(encoding="utf-8").replace('credential = "env:LOCAL_KEY"', headers), encoding="utf-8")
    assert "hunter2" not in modelmuxer("config", "check").out
    ran = modelmuxer("config", "check", "--json")
    assert "hunter2" not in ran.out
    assert json.loads(ran.out)["mapping"]["providers"]["local"]["headers"] == {"x-gateway-key": "***"}


def test_config_check_lists_every_problem_with_its_line(modelmuxer: Command, configured: Path) -> None:
    bad = configured / "bad.toml"
    bad.write_text("[providers.openai]\nheadrs = {}\n\n[retry]\nmax_attempts = 0\n", encoding="utf-8")
    ran = modelmuxer("config", "check", "bad.toml")
    assert ran.status == 2
    assert "bad.toml has 2 problems" in ran.err
    assert "line 2: providers.openai.headrs: is not known here; did you mean 'headers'?" in ran.err
    assert "line 5: retry.max_attempts: must be at least 1, got 0" in ran.err
    problems = json.loads(modelmuxer("config", "check", "bad.toml", "--json").out)["error"]["problems"]
    assert [one["line"] for one in problems] == [2, 5]
