"""Custom models: prices of one's own, in US dollars per 1,000 tokens, given at the start or added later."""

import os

from muxer_httpx import LiteLLMProvider

CUSTOM_MODELS = {
    "gpt-4": {
        "pricing": {"input": 0.03, "output": 0.06},
        "rate_limits": {"requests_per_minute": 20, "tokens_per_minute": 20000},
        "metadata": {"context_window": 8192, "provider": "openai", "task_types": ["general", "code"]},
    },
    "house-model": {
        "pricing": {"input": 0.00025, "output": 0.00125},
        "rate_limits": {"requests_per_minute": 100, "tokens_per_minute": 100000},
        "metadata": {"context_window": 32768, "provider": "house", "task_types": ["general"]},
    },
}


def main() -> None:
    provider = LiteLLMProvider(
        base_url=os.environ["LITELLM_BASE_URL"],
        api_key=os.environ.get("LITELLM_API_KEY"),
        custom_models=CUSTOM_MODELS,
    )
    provider.add_custom_model(
        model_name="late-model",
        pricing={"input": 0.001, "output": 0.002},
        rate_limits={"requests_per_minute": 10, "tokens_per_minute": 10000},
        metadata={"context_window": 4096, "provider": "house", "task_types": ["general"]},
    )
    for model in ("gpt-4", "house-model", "late-model"):
        print(f"{model}: ${provider.calculate_cost(1000, 500, model):.6f}")
    print(
        "supported:", ", ".join(sorted(set(provider.get_supported_models()) & {"gpt-4", "house-model", "late-model"}))
    )
    try:
        provider.calculate_cost(1000, 500, "house-modle")
    except LookupError as error:
        print(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
