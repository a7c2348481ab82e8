"""Cost comparison: what one and the same exchange costs with each model, cheapest first. No request is sent."""

import os

from muxer_httpx import LiteLLMProvider

PROMPT_TOKENS, COMPLETION_TOKENS = 1000, 500


def main() -> None:
    provider = LiteLLMProvider(base_url=os.environ["LITELLM_BASE_URL"], api_key=os.environ.get("LITELLM_API_KEY"))
    costs = {
        model: provider.calculate_cost(PROMPT_TOKENS, COMPLETION_TOKENS, model)
        for model in ("gpt-4", "gpt-4o", "gpt-4o-mini", "claude-3-haiku")
    }
    for model, cost in sorted(costs.items(), key=lambda item: item[1]):
        print(f"{model}: ${cost:.6f}")


if __name__ == "__main__":
    main()
