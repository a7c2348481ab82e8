"""Answers of several models at once, without any async library (`selectors_driver.py`).

LITELLM_BASE_URL=http://127.0.0.1:4000 python examples/chat_selectors.py MODEL MODEL …
"""

import selectors
import sys

from selectors_driver import CAPABILITIES, RunningCall, run

from muxer_cli.load import load_settings
from muxer_core.asking import chat_request
from muxer_core.call.outcome import CallFailed
from muxer_core.muxer import Muxer
from muxer_core.values.errors import LocalProtocolError
from muxer_core.values.items import TextDelta
from muxer_drivers.desk import Desk


def say(items: tuple[object, ...]) -> None:
    """Print what arrives."""
    print("".join(item.text for item in items if isinstance(item, TextDelta)), end="", flush=True)


if len(sys.argv) == 1:
    print(__doc__, file=sys.stderr)
    sys.exit(2)
calls = []
try:
    settings = load_settings()
    muxer = Muxer(settings.config)
    desk = Desk(muxer)
    for model in sys.argv[1:]:
        request = chat_request("Why is the sky blue?", model, {})
        call = muxer.start_chat(request, **desk.identity(), capabilities=CAPABILITIES)
        calls.append(RunningCall(call, desk, settings.credentials, say))
except (CallFailed, LocalProtocolError) as error:
    sys.exit(str(error))  # it names the cause and the next step
with selectors.DefaultSelector() as selector:
    run(calls, selector)
for model, one in zip(sys.argv[1:], calls, strict=True):
    print(f"\n{model}: {one.outcome.status}, cost: {one.outcome.cost}")
failures = [one.outcome.failure for one in calls if one.outcome.failure is not None]
sys.exit("\n".join(failure.describe() for failure in failures) or 0)
