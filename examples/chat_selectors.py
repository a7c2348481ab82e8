"""Answers of several models at once, without any async library (`selectors_driver.py`).

LITELLM_BASE_URL=http://127.0.0.1:4000 python examples/chat_selectors.py MODEL MODEL …
"""

import selectors
import sys

from selectors_driver import CAPABILITIES, RunningCall, run

from muxer_cli.load import load_settings
from muxer_core.asking import chat_request
from muxer_core.muxer import Muxer
from muxer_core.values.items import TextDelta
from muxer_drivers.desk import Desk


def say(items: tuple[object, ...]) -> None:
    """Print what arrives."""
    print("".join(item.text for item in items if isinstance(item, TextDelta)), end="", flush=True)


settings = load_settings()
muxer = Muxer(settings.config)
desk = Desk(muxer)
calls = []
for model in sys.argv[1:]:
    request = chat_request("Why is the sky blue?", model, {})
    call = muxer.start_chat(request, **desk.identity(), capabilities=CAPABILITIES)
    calls.append(RunningCall(call, desk, settings.credentials, say))
with selectors.DefaultSelector() as selector:
    run(calls, selector)
for model, one in zip(sys.argv[1:], calls, strict=True):
    print(f"\n{model}: {one.outcome.status}, cost: {one.outcome.cost}", one.outcome.failure or "")
