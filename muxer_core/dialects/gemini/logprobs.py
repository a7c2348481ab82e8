"""`logprobsResult` <-> records in OpenAI's form (`token`, `logprob`, `bytes`, `top_logprobs`), which all dialects of ours share.

`tokenId` is kept in the record as `token_id`, so that the way back is whole. Source: google-genai 3.6.1, `LogprobsResult`, November 2026.
"""

from __future__ import annotations

from typing import Any

from muxer_core.dialects.gemini.names import JsonObject
from muxer_core.dialects.json_text import is_list, is_object


def records_of(result: JsonObject) -> list[Any]:
    """The records of a `logprobsResult`. Never raises.

    >>> records_of({"chosenCandidates": [{"token": "é", "logProbability": -0.5}]})
    [{'token': 'é', 'logprob': -0.5, 'bytes': [195, 169], 'top_logprobs': []}]
    """
    chosen = _objects(result.get("chosenCandidates"))
    tops = result.get("topCandidates")
    listed: list[Any] = tops if is_list(tops) else []
    records: list[Any] = []
    for position, one in enumerate(chosen):
        top = listed[position] if position < len(listed) else None
        others = _objects(top.get("candidates")) if is_object(top) else []
        records.append({**_record(one), "top_logprobs": [_record(other) for other in others]})
    return records


def result_of(records: list[Any]) -> JsonObject:
    """The `logprobsResult` of records."""
    chosen = [_candidate(one) for one in records if is_object(one)]
    tops = [
        {"candidates": [_candidate(other) for other in _objects(one.get("top_logprobs"))]}
        for one in records
        if is_object(one)
    ]
    told: JsonObject = {"chosenCandidates": chosen}
    if any(top["candidates"] for top in tops):
        told["topCandidates"] = tops
    return told


def _objects(value: Any) -> list[JsonObject]:
    return [one for one in value if is_object(one)] if is_list(value) else []


def _record(candidate: JsonObject) -> JsonObject:
    token = candidate.get("token")
    text = token if isinstance(token, str) else ""
    record: JsonObject = {
        "token": text,
        "logprob": candidate.get("logProbability", 0.0),  # proto JSON leaves out what is zero
        "bytes": list(text.encode("utf-8", "replace")),
    }
    if candidate.get("tokenId") is not None:
        record["token_id"] = candidate["tokenId"]
    return record


def _candidate(record: JsonObject) -> JsonObject:
    candidate: JsonObject = {"token": record.get("token", ""), "logProbability": record.get("logprob", 0.0)}
    if record.get("token_id") is not None:
        candidate["tokenId"] = record["token_id"]
    return candidate
