"""The field table: the whole published schema is in it, and the encoder does what it says (law 8)."""

from __future__ import annotations

from muxer_core.dialects.cohere_v2 import CohereV2
from muxer_core.dialects.cohere_v2.fields import TABLE
from tests.support.reach import broken_promises

SCHEMA = {
    "request": (
        "model messages tools strict_tools documents citation_options response_format safety_mode max_tokens stop_sequences "
        "temperature seed frequency_penalty presence_penalty k p logprobs tool_choice thinking priority stream"
    ),
    "message": "role content tool_calls tool_plan citations tool_call_id",
    "part.text": "text",
    "part.thinking": "thinking",
    "part.image_url": "image_url",
    "part.document": "document",
    "image_url": "url detail",
    "document": "data id",
    "call": "id type function",
    "called": "name arguments",
    "citation": "start end text sources content_index type",
    "source": "type id",
    "source.tool": "tool_output",
    "source.document": "document",
    "tool": "type function",
    "function": "name description parameters",
    "format": "type json_schema",
    "thinking": "type token_budget",
    "reply": "id finish_reason message usage logprobs",
    "logprob": "text token_ids logprobs",
    "usage": "billed_units tokens cached_tokens",
    "billed": "input_tokens output_tokens search_units classifications",
    "tokens": "input_tokens output_tokens",
    "event.message-start": "id delta",
    "event.content-start": "index delta",
    "event.content-delta": "index delta logprobs",
    "event.content-end": "index",
    "event.tool-plan-delta": "delta",
    "event.tool-call-start": "index delta",
    "event.tool-call-delta": "index delta",
    "event.tool-call-end": "index",
    "event.citation-start": "index delta",
    "event.citation-end": "index",
    "event.message-end": "id delta",
    "event.debug": "prompt",
    "delta": "message",
    "delta_message": "role content tool_plan tool_calls citations",
    "delta_content": "type text thinking",
    "end": "error finish_reason usage",
}
"""Every field of the published schema: the official client cohere 7.3.1, `V2RawClient.chat_stream`, `V2ChatResponse`,
`V2ChatStreamResponse`, `ChatMessageV2` and all that they name; read 2026-11-24.
"""


def test_every_field_of_the_published_schema_is_in_the_table() -> None:
    named = {f"{value}.{name}" for value, names in SCHEMA.items() for name in names.split()}
    known = {f"{value}.{row.name}" for value, rows in TABLE.objects.items() for row in rows}
    assert named - known == set()
    assert known - named == {"part.type", "part.text", "part.thinking", "event.type"}


def test_the_encoder_does_what_the_table_says() -> None:
    assert broken_promises(CohereV2(), TABLE) == []
