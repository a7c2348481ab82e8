"""What the next turn needs: every recorded answer goes back to its own API, with its ids, its arguments and its seals (law 8)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.dialects.bedrock_converse import BedrockConverse
from muxer_core.dialects.cohere_v2 import CohereV2
from muxer_core.dialects.ollama import Ollama
from muxer_core.dialects.protocol import ClientDialect
from muxer_core.values.messages import Message, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from muxer_core.values.request import ChatRequest
from tests.support.exchanges import Exchange, decode, sample
from tests.support.reach import ASKED, body_of, speak

EXCHANGES: list[tuple[ClientDialect, Exchange]] = [
    (dialect, exchange)
    for dialect, apis in (
        (BedrockConverse(), ("converse", "converse-stream")),
        (Ollama(), ("ollama.chat",)),
        (CohereV2(), ("v2.chat",)),
    )
    for exchange in sample(dialect.name, *apis)
    if exchange.head.is_success
]


def sent_back(dialect: ClientDialect, exchange: Exchange) -> tuple[Message, list[dict[str, Any]], tuple[str, ...]]:
    """The answer as ours, the messages of the next request, and its warnings. Calls that were cut short are left out."""
    builder = ReplyBuilder()
    builder.add(decode(dialect, exchange))
    message = builder.answers()[0].message
    results = [ToolResultPart(part.id, (TextPart("done"),)) for part in message.parts if isinstance(part, ToolCallPart)]
    answered = tuple(Message("tool", (result,)) for result in results)
    encoded = speak(dialect, ChatRequest(model="m", messages=(ASKED, message, *answered, ASKED)))
    return message, body_of(encoded)["messages"], encoded.warnings


@pytest.mark.parametrize(("dialect", "exchange"), [pytest.param(*pair, id=pair[1].id) for pair in EXCHANGES])
def test_an_answer_goes_back_to_where_it_came_from(dialect: ClientDialect, exchange: Exchange) -> None:
    message, messages, warnings = sent_back(dialect, exchange)
    assert message.dialect == dialect.name
    text = json.dumps(messages, ensure_ascii=False)
    for part in message.parts:
        if isinstance(part, ToolCallPart):
            assert text.count(json.dumps(part.id)) == 2, "the call, and its result"
            assert json.dumps(part.name) in text
        elif isinstance(part, TextPart):
            assert json.dumps(part.text, ensure_ascii=False).strip('"') in text
        elif isinstance(part, ReasoningPart) and part.signature is not None:
            assert part.signature in text
    unsealed = [
        part for part in message.parts if isinstance(part, ReasoningPart) and not (part.signature or part.encrypted)
    ]
    assert len(warnings) == (len(unsealed) if dialect.name == "bedrock_converse" else 0), (
        "only Bedrock takes no unsealed thoughts"
    )


def test_a_whole_answer_of_bedrock_goes_back_block_by_block() -> None:
    for exchange in sample("bedrock_converse", "converse"):
        if not exchange.head.is_success:
            continue
        blocks = json.loads(exchange.body)["output"]["message"]["content"]
        _, messages, _ = sent_back(BedrockConverse(), exchange)
        expected = [plain(block) for block in blocks if not unsealed(block)]
        returned = (
            [plain(block) for block in messages[1]["content"]]
            if len(messages) > 1 and messages[1]["role"] == "assistant"
            else []
        )
        assert returned == [block for block in expected if block != {"text": ""}], exchange.id


def unsealed(block: dict[str, Any]) -> bool:
    thought = block.get("reasoningContent", {}).get("reasoningText")
    return thought is not None and not thought.get("signature")


def plain(block: dict[str, Any]) -> dict[str, Any]:
    """A block without what says nothing: the kind of a plain tool use, and the kind of the block again."""
    found = {name: value for name, value in block.items() if name != "type"}
    use = found.get("toolUse")
    if use is not None and use.get("type") == "tool_use":
        found["toolUse"] = {name: value for name, value in use.items() if name != "type"}
    return found
