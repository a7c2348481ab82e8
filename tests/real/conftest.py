"""Real servers for the tests of this folder, each started once, when the first test asks for it.

`local_model`: SmolLM2 behind llama.cpp. `litellm_proxy`: LiteLLM's own proxy in front of it (names and prices: `proxy_config`).
`doomed_model`: a second local model, behind the proxy's name "doomed" and on its own address, which a test may kill.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from muxer_cli.local_model import LocalModel, what_is_missing
from tests.support.servers import LiteLLMProxy, free_port, litellm_python, proxy_config


@pytest.fixture(scope="session")
def local_model() -> Iterator[LocalModel]:
    missing = what_is_missing()
    if missing is not None:
        pytest.skip(missing)
    with LocalModel() as model:
        yield model


@pytest.fixture(scope="session")
def doomed_port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def litellm_proxy(local_model: LocalModel, doomed_port: int) -> Iterator[LiteLLMProxy]:
    python = litellm_python()
    if python is None:
        pytest.skip("LiteLLM's proxy is not installed: make .venv-litellm from requirements/litellm-proxy.txt")
    with LiteLLMProxy(python, proxy_config(local_model.base_url, f"http://127.0.0.1:{doomed_port}/v1")) as proxy:
        yield proxy


@pytest.fixture
def doomed_model(doomed_port: int) -> Iterator[LocalModel]:
    missing = what_is_missing()
    if missing is not None:
        pytest.skip(missing)
    with LocalModel(port=doomed_port) as model:
        yield model
