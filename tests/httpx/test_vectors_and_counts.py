"""`embed` and `count_tokens` of both clients, over a socket: what is sent, what comes back, and what it cost."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest

from muxer_core.call.outcome import CallFailed
from muxer_core.call.reply import Reply
from muxer_core.config.schema import Config
from muxer_core.muxer import Muxer
from muxer_core.simulation.script import Data, End, Head
from muxer_core.values.amount import Usd
from muxer_core.values.errors import InvalidRequest
from muxer_httpx import AsyncClient, Client
from tests.drivers.scenarios import JSON
from tests.support.raw_server import RawServer, Received


def muxer_for(url: str) -> Muxer:
    return Muxer(
        Config.from_mapping(
            {
                "providers": {
                    "vectors": {"base_url": f"{url}/v1", "dialect": "openai_chat"},
                    "counts": {"base_url": f"{url}/v1", "dialect": "anthropic_messages"},
                },
                "models": {"v": {"price": {"input": "0.02"}}, "c": {"price": {"input": "3", "output": "15"}}},
                "deployments": [
                    {"model": "v", "provider": "vectors", "name": "vectors/v"},
                    {"model": "c", "provider": "counts", "name": "counts/c"},
                    {"model": "c", "provider": "vectors", "name": "vectors/c"},
                ],
                "retry": {"max_retries": 0},
            }
        )
    )


def whole(status: int, value: Any) -> tuple[Any, ...]:
    body = json.dumps(value).encode()
    return (Head(status, (*JSON, ("content-length", str(len(body))))), Data(body), End())


def serve(request: Received) -> tuple[Any, ...]:
    asked = json.loads(request.body)
    if request.target == "/v1/messages/count_tokens":
        assert "max_tokens" not in asked
        return whole(200, {"input_tokens": 14})
    assert request.target == "/v1/embeddings"
    if asked["model"] != "v":
        return whole(404, {"error": {"message": "The model does not exist", "code": "model_not_found"}})
    data = [{"index": index, "embedding": [float(index), 0.5]} for index in range(len(asked["input"]))]
    return whole(200, {"data": data, "model": "v", "usage": {"prompt_tokens": 50, "total_tokens": 50}})


async def asked_async(url: str) -> tuple[Reply, int]:
    async with AsyncClient(muxer_for(url)) as client:
        reply = await client.embed(["a", "b"], model="v", max_cost="0.01")
        count = await client.count_tokens("How many?", model="c")
        with pytest.raises(InvalidRequest, match="model: no deployment of 'v' counts tokens"):
            await client.count_tokens("How many?", model="v")
        with pytest.raises(CallFailed, match="model_not_found"):
            await client.embed("a", model="c")
        return reply, count


def asked_sync(url: str) -> tuple[Reply, int]:
    with Client(muxer_for(url)) as client:
        reply = client.embed(["a", "b"], model="v", max_cost="0.01")
        count = client.count_tokens("How many?", model="c")
        with pytest.raises(InvalidRequest, match="dimension: is no option"):
            client.embed("a", model="v", dimension=5)  # type: ignore[call-arg]  # the misspelling is the point
        return reply, count


@pytest.mark.parametrize("way", ["asyncio", "trio", "threads"])
def test_vectors_and_counts_over_a_socket(way: str) -> None:
    with RawServer(serve) as server:
        reply, count = asked_sync(server.url) if way == "threads" else anyio.run(asked_async, server.url, backend=way)
    assert reply.vectors == ([0.0, 0.5], [1.0, 0.5])
    assert reply.cost == Usd(50 * 20_000)
    assert reply.decision.chosen == 0
    assert count == 14
