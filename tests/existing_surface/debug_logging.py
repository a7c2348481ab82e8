"""Debug logging: Python's own logging shows each request and reply, and never the key."""

import asyncio
import logging
import os

from muxer_httpx import ChatMessage, LiteLLMProvider


async def main() -> None:
    logging.basicConfig(level=logging.DEBUG, format="%(name)s %(levelname)s %(message)s")
    provider = LiteLLMProvider(base_url=os.environ["LITELLM_BASE_URL"], api_key=os.environ.get("LITELLM_API_KEY"))
    response = await provider.chat_completion(
        messages=[ChatMessage(role="user", content="What is the capital of France?")],
        model=os.environ.get("LITELLM_MODEL", "gpt-4o"),
        max_tokens=24,
        temperature=0,
    )
    print(response.choices[0].message.content)


if __name__ == "__main__":
    asyncio.run(main())
