"""Health: is the proxy there? The answer is a bool and never an exception."""

import asyncio
import os

from muxer_httpx import LiteLLMProvider


async def main() -> None:
    provider = LiteLLMProvider(base_url=os.environ["LITELLM_BASE_URL"], api_key=os.environ.get("LITELLM_API_KEY"))
    print("healthy" if await provider.health_check() else "not healthy")


if __name__ == "__main__":
    asyncio.run(main())
