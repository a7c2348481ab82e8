"""Monitor loop: look at the proxy again and again, and raise an alarm when it changes for the worse or the better."""

import asyncio
import os
from collections.abc import Callable

from muxer_httpx import LiteLLMProvider


async def monitor(provider: LiteLLMProvider, alert: Callable[[str], None], rounds: int, seconds: float) -> None:
    healthy = True
    for _ in range(rounds):
        was_healthy, healthy = healthy, await provider.health_check()
        if healthy != was_healthy:
            alert("the proxy is back" if healthy else "the proxy does not answer")
        print("healthy" if healthy else "not healthy", flush=True)
        await asyncio.sleep(seconds)


async def main() -> None:
    provider = LiteLLMProvider(base_url=os.environ["LITELLM_BASE_URL"], api_key=os.environ.get("LITELLM_API_KEY"))
    await monitor(
        provider, alert=lambda words: print("ALERT:", words), rounds=int(os.environ.get("ROUNDS", "3")), seconds=0.05
    )


if __name__ == "__main__":
    asyncio.run(main())
