"""Lists of models in every form, and acknowledgements of probes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muxer_core.dialects.health import HealthDecoder
from muxer_core.dialects.openai_chat import OpenAIChat
from muxer_core.dialects.whole_body import EVIDENCE
from muxer_core.values.items import (
    Acknowledged,
    ExtrasReported,
    FailureReported,
    Item,
    ModelsListed,
    ReplyEnded,
    WarningReported,
)
from muxer_core.wire.heads import ResponseHead
from muxer_core.wire.limits import Limits


def listed(body: bytes, limits: Limits | None = None) -> list[Item]:
    decoder = OpenAIChat().models_decoder(ResponseHead(200), limits=limits or Limits())
    return [item for byte in body for item in decoder.receive_data(bytes([byte]))] + decoder.receive_eof()


@pytest.mark.parametrize(
    ("body", "models"),
    [
        (b'{"object":"list","data":[{"id":"a","object":"model"}]}', [{"id": "a", "object": "model"}]),
        (b'\n [{"id":"a"},{"id":"b"}]\n', [{"id": "a"}, {"id": "b"}]),
        (b'{"models":[{"name":"a"},{"model":"b"}]}', [{"name": "a", "id": "a"}, {"model": "b", "id": "b"}]),
        (b'{"models":[{"name":"x"}],"data":[{"id":"a"}]}', [{"id": "a"}]),
        (b'{"id":"a","object":"model"}', [{"id": "a", "object": "model"}]),
        (b'{"models":[{"name":"models/a"}]}', [{"name": "models/a", "id": "a"}]),
        (b'{"publisherModels":[{"name":"publishers/p/models/a"}]}', [{"name": "publishers/p/models/a", "id": "a"}]),
        (b'{"data":[]}', []),
    ],
)
def test_each_form(body: bytes, models: list[dict[str, str]]) -> None:
    assert listed(body) == [ModelsListed(models), ReplyEnded(EVIDENCE)]


def test_what_names_no_model_is_left_out_with_a_warning() -> None:
    warning = WarningReported("models: 4 entries of the list name no model")
    assert listed(b'["a","",5,{},{"id":5}]') == [ModelsListed([{"id": "a"}]), warning, ReplyEnded(EVIDENCE)]


@pytest.mark.parametrize(
    ("pages", "goes_on"),
    [
        ('"first_id":"a","last_id":"b","has_more":true', True),
        ('"first_id":"a","last_id":"b","has_more":false', False),
        ('"nextPageToken":"t"', True),
        ('"next_page_token":""', False),
    ],
)
def test_further_pages_are_named(pages: str, goes_on: bool) -> None:
    items = listed(f'{{"data":[{{"id":"a"}}],{pages}}}'.encode())
    assert items[1] == ExtrasReported(json.loads(f"{{{pages}}}"))
    assert [isinstance(item, WarningReported) for item in items[2:]] == [True, False][not goes_on :]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "truncated"),
        (b"<html>", "malformed"),
        (b"{}", "malformed"),
        (b"7", "malformed"),
        (b'{"error":{"message":"m","code":"invalid_api_key"}}', "auth"),
    ],
)
def test_what_is_no_list(body: bytes, kind: str) -> None:
    (item,) = listed(body)
    assert isinstance(item, FailureReported)
    assert item.failure.kind == kind


def test_a_list_over_the_limit_is_said_once() -> None:
    (item,) = listed(b"[" * 50, Limits(body=10))
    assert isinstance(item, FailureReported)
    assert item.failure.kind == "limit_exceeded"


@given(st.binary(max_size=60))
def test_random_bytes_give_a_list_or_a_failure(body: bytes) -> None:
    assert isinstance(listed(body)[-1], FailureReported | ReplyEnded)


def test_a_probe_is_acknowledged_once_whatever_its_body_says() -> None:
    decoder = HealthDecoder(ResponseHead(204))
    assert decoder.receive_data(b"I'm alive!") == []
    assert decoder.receive_eof() == [Acknowledged(204), ReplyEnded("a success status")]
    assert decoder.receive_eof() == []
    assert OpenAIChat().models_decoder(ResponseHead(200), limits=Limits()).receive_data(b" ") == []
