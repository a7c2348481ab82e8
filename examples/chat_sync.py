"""A streamed answer in a plain thread.

LITELLM_BASE_URL=http://127.0.0.1:4000 python examples/chat_sync.py MODEL
"""

import sys

from muxer_cli.load import load_config
from muxer_core.muxer import Muxer
from muxer_core.values.items import TextDelta
from muxer_httpx import Client

with Client(Muxer(load_config())) as client, client.stream("Why is the sky blue?", model=sys.argv[1]) as stream:
    for item in stream:
        if isinstance(item, TextDelta):
            print(item.text, end="", flush=True)
print("\ncost:", stream.outcome.cost)
