"""Model list: what the proxy offers, and which of it has a price."""

import asyncio
import os

from muxer_httpx import LiteLLMProvider


async def main() -> None:
    provider = LiteLLMProvider(base_url=os.environ["LITELLM_BASE_URL"], api_key=os.environ.get("LITELLM_API_KEY"))
    for model in await provider.get_available_models():
        print("available:", model["id"])
    for name in provider.get_supported_models():
        print("supported:", name)


if __name__ == "__main__":
    asyncio.run(main())
