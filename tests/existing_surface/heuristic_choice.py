"""Heuristic choice: which model for which question, and why. No model is called."""

import asyncio
import os

from muxer_httpx import ChatMessage, HeuristicRouter, LiteLLMProvider

QUESTIONS = (
    "Hello!",
    "Write a Python function that finds every cycle in a directed graph, with tests, and prove that it is linear in its edges.",
)


async def main() -> None:
    provider = LiteLLMProvider(base_url=os.environ["LITELLM_BASE_URL"], api_key=os.environ.get("LITELLM_API_KEY"))
    await provider.get_available_models()
    router = HeuristicRouter()
    for question in QUESTIONS:
        provider_name, model, reason = router.select_model(
            messages=[ChatMessage(role="user", content=question)], providers={"litellm": provider}
        )
        print(f"{provider_name} | {model} | {reason}")


if __name__ == "__main__":
    asyncio.run(main())
