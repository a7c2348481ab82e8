"""Streaming: print the answer while it is written. Chunks are OpenAI's, as the upstream sent them."""

import asyncio
import os

from muxer_httpx import ChatMessage, LiteLLMProvider


async def main() -> None:
    provider = LiteLLMProvider(base_url=os.environ["LITELLM_BASE_URL"], api_key=os.environ.get("LITELLM_API_KEY"))
    pieces = 0
    async for chunk in provider.stream_chat_completion(
        messages=[ChatMessage(role="user", content="What is the capital of France?")],
        model=os.environ.get("LITELLM_MODEL", "gpt-4o"),
        max_tokens=int(os.environ.get("MAX_TOKENS", "24")),
        temperature=0,
    ):
        for choice in chunk["choices"]:
            content = choice["delta"].get("content")
            if content:
                pieces += 1
                print(content, end="", flush=True)
    print(f"\n{pieces} pieces")


if __name__ == "__main__":
    asyncio.run(main())
