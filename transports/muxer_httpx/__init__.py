"""muxer-core over httpx or httpx2: async on asyncio and trio, and sync.

`AsyncClient` and `Client` make calls; give them a client of your own as `http`, of either package, to keep your proxies, certificates,
HTTP/2 and pool. Without one, httpx2 is used if it is installed, else httpx.
"""

from muxer_httpx.client import AsyncClient, Client

__all__ = ["AsyncClient", "Client"]
