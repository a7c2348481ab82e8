"""A streamed answer in a plain thread.

LITELLM_BASE_URL=http://127.0.0.1:4000 python examples/chat_sync.py MODEL
"""

import sys

from muxer_cli.load import load_config
from muxer_core.call.outcome import CallFailed
from muxer_core.muxer import Muxer
from muxer_core.values.errors import LocalProtocolError
from muxer_core.values.items import TextDelta
from muxer_httpx import Client

if len(sys.argv) != 2:
    print(__doc__, file=sys.stderr)
    sys.exit(2)
try:
    with Client(Muxer(load_config())) as client, client.stream("Why is the sky blue?", model=sys.argv[1]) as stream:
        for item in stream:
            if isinstance(item, TextDelta):
                print(item.text, end="", flush=True)
    print("\ncost:", stream.outcome.cost)
except (CallFailed, LocalProtocolError) as error:
    sys.exit(str(error))  # it names the cause and the next step
