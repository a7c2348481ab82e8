"""Model info: what is known of a model, one of the catalog's and one of one's own."""

import os

from muxer_httpx import LiteLLMProvider


def main() -> None:
    provider = LiteLLMProvider(
        base_url=os.environ["LITELLM_BASE_URL"],
        api_key=os.environ.get("LITELLM_API_KEY"),
        custom_models={
            "house-model": {
                "pricing": {"input": 0.03, "output": 0.06},
                "rate_limits": {"requests_per_minute": 20, "tokens_per_minute": 20000},
                "metadata": {"context_window": 8192, "provider": "house", "task_types": ["general", "code"]},
            }
        },
    )
    for model in ("house-model", "gpt-4o"):
        print(f"{model}: {provider.get_model_info(model)}")


if __name__ == "__main__":
    main()
