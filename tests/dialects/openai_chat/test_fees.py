"""Searches that a usage report counts are fees, and a report is read from the server's own digits."""

from __future__ import annotations

import json

import pytest

from muxer_core.dialects.openai_chat.chunks import decode_chunk, is_told
from muxer_core.dialects.openai_chat.usage import usage_from_bytes
from muxer_core.values.items import CostReported
from tests.dialects.openai_chat.exchanges import STOP, stream_items


@pytest.mark.parametrize(
    ("fields", "fees"),
    [
        ('"num_search_queries":3', (("search", 3),)),
        ('"num_sources_used":2', (("search", 2),)),
        ('"server_tool_use":{"web_search_requests":1}', (("search", 1),)),
        ('"server_tool_use_details":{"web_search_requests":4,"tool_calls_executed":9}', (("search", 4),)),
        ('"num_sources_used":0', ()),
        ('"num_sources_used":-1', ()),
        ('"num_sources_used":2.5', ()),
        ('"num_sources_used":true', ()),
        ('"num_sources_used":1e99', ()),
        ('"server_tool_use":7', ()),
    ],
)
def test_searches_are_fees_and_stay_as_the_server_told_them(fields: str, fees: tuple[tuple[str, int], ...]) -> None:
    reading = usage_from_bytes(f'{{"prompt_tokens":1,"completion_tokens":1,{fields}}}'.encode())
    assert reading.fees == fees
    assert reading.extras == json.loads(f"{{{fields}}}")


def test_usage_is_read_by_the_typed_reader_from_its_own_digits() -> None:
    chunk = decode_chunk(b'{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}')
    assert is_told(chunk.usage)
    assert not is_told(decode_chunk(b'{"choices":[],"usage":null}').usage)
    assert not is_told(decode_chunk(b'{"choices":[]}').usage)
    digits = "0.123456789012499999999999999"
    event = f'{{"choices":[],"usage":{{"prompt_tokens":1,"completion_tokens":1,"cost":{digits}}}}}'
    (cost,) = [item.cost for item in stream_items(event, STOP, "[DONE]") if isinstance(item, CostReported)]
    assert cost.pico_usd == 123456789012
