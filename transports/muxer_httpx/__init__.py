"""muxer-core over httpx or httpx2: async on asyncio and trio, and sync.

`AsyncClient` and `Client` make calls; give them a client of your own as `http`, of either package, to keep your proxies, certificates,
HTTP/2 and pool. Without one, httpx2 is used if it is installed, else httpx. `LiteLLMProvider` and `HeuristicRouter` are the same calls for
users of a LiteLLM proxy (`muxer_compat`).
"""

import muxer_compat
from muxer_compat import ChatMessage, HeuristicRouter
from muxer_httpx.client import AsyncClient, Client, open_transport

__all__ = ["AsyncClient", "ChatMessage", "Client", "HeuristicRouter", "LiteLLMProvider"]


class LiteLLMProvider(muxer_compat.LiteLLMProvider):
    """`muxer_compat.LiteLLMProvider` over httpx, on asyncio or trio, whichever runs the current task."""

    __slots__ = ()
    open_transport = staticmethod(open_transport)
