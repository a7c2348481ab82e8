"""Cost-aware request: the cheapest model that will do, for at most one cent."""

import asyncio
import os

from muxer_httpx import ChatMessage, HeuristicRouter, LiteLLMProvider


async def main() -> None:
    provider = LiteLLMProvider(base_url=os.environ["LITELLM_BASE_URL"], api_key=os.environ.get("LITELLM_API_KEY"))
    await provider.get_available_models()
    response = await HeuristicRouter().route_request(
        messages=[ChatMessage(role="user", content="What is the capital of France?")],
        providers={"litellm": provider},
        strategy="cost_optimized",
        max_cost=0.01,
        temperature=0,
    )
    print(response.choices[0].message.content)
    print(f"{response.usage.prompt_tokens} tokens in, {response.usage.completion_tokens} tokens out")


if __name__ == "__main__":
    asyncio.run(main())
