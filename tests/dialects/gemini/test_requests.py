"""Requests: what a client sent goes out as it came; what comes from elsewhere is said, warned of or refused, as the table has it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given

from muxer_core.dialects.gemini import Gemini, GeminiOptions
from muxer_core.dialects.gemini.seals import Seal, close_seal
from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.dialects.server import Asked, Inbound
from muxer_core.testing.gemini import bodies
from muxer_core.values.credential import CredentialRef
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import (
    AudioPart,
    CacheMark,
    Citation,
    FilePart,
    ImagePart,
    Message,
    Part,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    ServerToolCallPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.request import (
    ChatRequest,
    FunctionTool,
)
from muxer_core.wire.limits import Limits
from tests.dialects.gemini.exchanges import CHATS, Exchange, collection, sample
from tests.support.shared import shared_path

DIALECT = Gemini()
PATH = "/v1beta/models/gemini-3-flash:generateContent"
ASKED = [one for one in sample() if one.request is not None and one.api in CHATS and one.head.is_success]


def hear(body: Any, path: str = PATH, query: str = "") -> Asked:
    return DIALECT.decode_chat(Inbound("POST", path, query, body=json.dumps(body).encode()), limits=Limits())


def encoded(request: ChatRequest, *, stream: bool = False, options: GeminiOptions | None = None) -> Encoded:
    codec = Gemini(options or GeminiOptions())
    target = Target("there", "https://example.org/v1beta", request.model)
    return codec.encode_chat(request, target, max_tokens=request.max_tokens, stream=stream)


def written(request: ChatRequest, **asked: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(encoded(request, **asked).request.body)
    return body


def talk(*parts: Part, role: Any = "user", dialect: str | None = None, **fields: Any) -> ChatRequest:
    return ChatRequest(model=fields.pop("model", "m"), messages=(Message(role, parts, dialect=dialect),), **fields)


def refused(request: ChatRequest, **asked: Any) -> str:
    with pytest.raises(InvalidRequest) as caught:
        encoded(request, **asked)
    return caught.value.field


def comes_back(exchange: Exchange) -> None:
    path, _, query = exchange.path.partition("?")
    asked = hear(exchange.request, path, query)
    again = encoded(asked.request, stream=asked.stream)
    assert json.loads(again.request.body) == exchange.request, exchange.id
    assert again.warnings == (), exchange.id
    assert asked.stream == exchange.stream


@pytest.mark.parametrize("exchange", ASKED, ids=lambda exchange: exchange.id)
def test_a_recorded_request_goes_out_as_it_came(exchange: Exchange) -> None:
    comes_back(exchange)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_request_of_the_collection_goes_out_as_it_came() -> None:
    seen = 0
    for exchange in collection(shared_path("recordings")):
        if exchange.request is None or exchange.api not in CHATS:
            continue
        if any(one.get("role") == "invalid_role" for one in exchange.request["contents"]):
            continue  # the vendor refuses it too, and so do we
        seen += 1
        comes_back(exchange)
    assert seen > 900


@given(body=bodies())
def test_any_request_goes_out_as_it_came(body: dict[str, Any]) -> None:
    asked = hear(body)
    again = encoded(asked.request)
    assert json.loads(again.request.body) == body
    assert hear(json.loads(again.request.body)).request == asked.request


@pytest.mark.parametrize(
    ("base_url", "model", "url"),
    [
        ("https://generativelanguage.googleapis.com/v1beta", "gemini-3-flash", "/v1beta/models/gemini-3-flash"),
        ("https://generativelanguage.googleapis.com/v1beta", "tunedModels/mine", "/v1beta/tunedModels/mine"),
        ("https://aiplatform.googleapis.com/v1", "gemini-3-flash", "/v1/publishers/google/models/gemini-3-flash"),
        ("https://x-aiplatform.googleapis.com/v1/projects/p/locations/l", "publishers/meta/models/llama",
         "/v1/projects/p/locations/l/publishers/meta/models/llama"),
        ("http://proxy/v1/projects/p/locations/l", "g", "/v1/projects/p/locations/l/publishers/google/models/g"),
        ("http://proxy/v1/projects/p/locations/l/publishers/google", "g", "/v1/projects/p/locations/l/publishers/google/models/g"),
    ],
)  # fmt: skip
def test_the_path_follows_base_url(base_url: str, model: str, url: str) -> None:
    secret = CredentialRef("key", "x-goog-api-key")
    target = Target("there", base_url, model, credential=secret)
    request = ChatRequest(model=model, messages=(Message("user", (TextPart("a"),)),))
    plain = DIALECT.encode_chat(request, target, max_tokens=None, stream=False).request
    assert plain.url.endswith(f"{url}:generateContent")
    assert plain.credential == secret
    assert DIALECT.encode_chat(request, target, max_tokens=None, stream=True).request.url.endswith(
        f"{url}:streamGenerateContent?alt=sse"
    )


def test_paths_can_be_told() -> None:
    request = talk(TextPart("a"))
    assert encoded(request, options=GeminiOptions(paths="vertex")).request.url.endswith(
        "/publishers/google/models/m:generateContent"
    )


def test_a_count_reads_the_request_inside() -> None:
    body = {"generateContentRequest": {"model": "models/g", "contents": [{"parts": [{"text": "a"}]}]}}
    assert hear(body, "/v1beta/models/g:countTokens").request.messages[0].text == "a"
    target = Target("t", "http://h", "g")
    plain = ChatRequest(model="g", messages=(Message("user", (TextPart("a"),)),))
    assert set(json.loads(DIALECT.encode_count(plain, target).request.body)) == {"contents"}
    more = ChatRequest(model="g", messages=(Message("system", (TextPart("s"),)), *plain.messages), seed=1, store=True)
    told = json.loads(DIALECT.encode_count(more, target).request.body)
    assert told["generateContentRequest"]["model"] == "models/g"
    vertex = DIALECT.encode_count(more, Target("t", "https://aiplatform.googleapis.com/v1", "g"))
    assert set(json.loads(vertex.request.body)) == {"contents", "systemInstruction", "generationConfig"}
    assert any("store" in warning for warning in vertex.warnings)


def test_leading_system_messages_are_one_instruction_and_later_ones_a_turn() -> None:
    request = ChatRequest(
        model="m",
        messages=(
            Message("system", (TextPart("a"),)),
            Message("developer", (TextPart("b"),)),
            Message("user", (TextPart("c"),)),
            Message("system", (TextPart("d"),)),
        ),
    )
    body = written(request)
    assert body["systemInstruction"] == {"parts": [{"text": "a"}, {"text": "b"}]}
    assert [one["role"] for one in body["contents"]] == ["user", "user"]
    assert any("messages[3].role" in warning for warning in encoded(request).warnings)


def test_parallel_results_from_elsewhere_are_one_turn_and_find_their_names() -> None:
    request = ChatRequest(
        model="m",
        messages=(
            Message("user", (TextPart("a"),)),
            Message("assistant", (ToolCallPart("1", "f", '{"x":1}'), ToolCallPart("2", "g", ""))),
            Message("tool", (ToolResultPart("1", (TextPart("sunny"),)),)),
            Message("tool", (ToolResultPart("2", (TextPart('{"n":2}'),)),)),
            Message("user", (TextPart("and?"),)),
        ),
    )
    contents = written(request)["contents"]
    assert [one["role"] for one in contents] == ["user", "model", "user", "user"]
    assert [part["functionResponse"] for part in contents[2]["parts"]] == [
        {"name": "f", "id": "1", "response": {"output": "sunny"}},
        {"name": "g", "id": "2", "response": {"n": 2}},
    ]
    back = hear(written(request)).request
    results = [part for message in back.messages for part in message.parts if isinstance(part, ToolResultPart)]
    assert [(one.tool_call_id, one.name, one.parts) for one in results] == [
        ("1", "f", (TextPart("sunny"),)),
        ("2", "g", (TextPart('{"n":2}'),)),
    ]


@pytest.mark.parametrize(
    "result",
    [
        ToolResultPart("1", (TextPart("no JSON"),), name="f"),
        ToolResultPart("1", (TextPart('{ "spaced": 1 }'),), name="f"),
        ToolResultPart("1", (TextPart('{"output":1}'),), name="f"),
        ToolResultPart("1", (TextPart("[1]"),), name="f"),
        ToolResultPart("1", (TextPart("a"), TextPart("b")), name="f"),
        ToolResultPart("1", (TextPart("it broke"),), is_error=True, name="f"),
        ToolResultPart("1", (), name="f"),
        ToolResultPart("1", (TextPart("a"), ImagePart(data="AAAA", media_type="image/png")), name="f"),
    ],
)
def test_a_result_comes_back_as_it_was(result: ToolResultPart) -> None:
    body = written(talk(result, role="tool"))
    (back,) = hear(body).request.messages[0].parts
    assert isinstance(back, ToolResultPart)
    plain = tuple(
        ImagePart(data=one.data, media_type=one.media_type) if isinstance(one, ImagePart) else one for one in back.parts
    )
    assert (plain, back.is_error, back.name, back.tool_call_id) == (result.parts, result.is_error, "f", "1")


def test_calls_without_ids_are_linked_by_name_and_order_and_stay_without() -> None:
    body: dict[str, Any] = {
        "contents": [
            {"role": "user", "parts": [{"text": "a"}]},
            {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}, {"functionCall": {"name": "f"}}]},
            {
                "role": "user",
                "parts": [
                    {"functionResponse": {"name": "f", "response": {"result": "x"}}},
                    {"functionResponse": {"name": "f", "response": {"output": "y"}}},
                    {"functionResponse": {"name": "lost", "response": {}}},
                ],
            },
        ]
    }
    request = hear(body).request
    made = [part.id for part in request.messages[1].parts if isinstance(part, ToolCallPart)]
    linked = [part.tool_call_id for part in request.messages[2].parts if isinstance(part, ToolResultPart)]
    assert linked[:2] == made
    assert len({*made, *linked}) == 3
    assert written(request) == body


def test_a_result_without_a_name_is_refused() -> None:
    assert refused(talk(ToolResultPart("9", (TextPart("a"),)), role="tool")).endswith(".name")


@pytest.mark.parametrize(
    ("part", "role", "field"),
    [
        (TextPart("a", cache=CacheMark()), "user", "cache"),
        (ToolResultPart("1", name="f", cache=CacheMark()), "tool", "cache"),
        (ReasoningPart("a", signature="s", vendor="anthropic"), "assistant", "signature"),
        (ReasoningPart("a", encrypted="s", vendor="openai"), "assistant", "encrypted"),
        (TextPart("a", signature=close_seal(Seal("s", None, "openai"))), "assistant", "signature"),
        (ToolCallPart("1", "f", "{}", signature=close_seal(Seal("s", None, "openai"))), "assistant", "signature"),
        (ToolCallPart("1", "f", "not json"), "assistant", "arguments"),
        (ToolCallPart("1", "f", '{"a":NaN}'), "assistant", "arguments"),
        (ToolCallPart("1", "f", "text", "custom"), "assistant", "kind"),
        (ToolCallPart("1", "f", "{}"), "user", "parts[0]"),
        (ToolResultPart("1", name="f"), "assistant", "parts[0]"),
        (TextPart("a"), "tool", "parts"),
        (AudioPart(id="a1"), "assistant", "id"),
        (ImagePart(data="AAAA"), "user", "media_type"),
        (ImagePart(), "user", "parts[0]"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(part: Part, role: str, field: str) -> None:
    assert refused(talk(part, role=role)).endswith(field)


@pytest.mark.parametrize(
    "part",
    [
        ProviderPart({"type": "document"}),
        ServerToolCallPart("1", "web_search", {}, {"type": "server_tool_use"}),
        ReasoningPart("a", signature="s"),
        ImagePart(file_id="file-1"),
    ],
)
def test_another_dialects_forms_are_refused(part: Part) -> None:
    assert refused(talk(part, role="assistant", dialect="anthropic_messages")).startswith("messages[0].parts[0]")


def test_what_is_left_out_is_warned_of_by_name() -> None:
    request = talk(
        TextPart("a", {"cache_hint": 1}, citations=(Citation("url", url="u"),)),
        RefusalPart("no"),
        ImagePart(url="https://example.org/a.png", detail="low"),
        role="assistant",
        dialect="openai_chat",
        user="u",
        metadata={"a": "b"},
        parallel_tool_calls=False,
        extras={"logit_bias": {}},
    )
    request = msgspec.structs.replace(request, dialect="openai_chat")
    text = "\n".join(encoded(request).warnings)
    for name in (
        "extras.cache_hint",
        "citations",
        "refusal",
        "detail",
        "user",
        "metadata",
        "parallel_tool_calls",
        "extras.logit_bias",
    ):
        assert name in text
    body = written(request)
    assert "logit_bias" not in body
    assert body["contents"][0]["parts"][2] == {
        "fileData": {"mimeType": "image/png", "fileUri": "https://example.org/a.png"}
    }


def test_cache_marks_can_be_ignored() -> None:
    request = talk(TextPart("a", cache=CacheMark()), cache=CacheMark(), tools=(FunctionTool("f", cache=CacheMark()),))
    ignoring = encoded(request, options=GeminiOptions(cache_marks="ignore"))
    assert sum("cache" in warning for warning in ignoring.warnings) == 3
    assert refused(talk(TextPart("a"), cache=CacheMark())) == "cache"
    assert refused(talk(TextPart("a"), tools=(FunctionTool("f", cache=CacheMark()),))) == "tools[0].cache"


def test_media_in_every_form() -> None:
    body = written(
        talk(
            ImagePart(url="data:image/png;base64,AAAA"),
            AudioPart(data="AAAA", format="mp3"),
            FilePart(text="hi"),
            FilePart(file_id="gs://bucket/a.pdf", media_type="application/pdf", filename="a.pdf"),
            FilePart(url="https://example.org/a.mp4"),
        )
    )
    assert body["contents"][0]["parts"] == [
        {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
        {"inlineData": {"mimeType": "audio/mpeg", "data": "AAAA"}},
        {"inlineData": {"mimeType": "text/plain", "data": "aGk="}},
        {"fileData": {"mimeType": "application/pdf", "fileUri": "gs://bucket/a.pdf", "displayName": "a.pdf"}},
        {"fileData": {"fileUri": "https://example.org/a.mp4"}},
    ]
