"""The surface that users of LiteLLM's proxy know: `LiteLLMProvider`, `HeuristicRouter`, `ChatMessage`. Written once, for every adapter.

An adapter binds the provider to its own connections, in one class of one attribute (`LiteLLMProvider.open_transport`), and exports the rest
as it is. What is decided is decided in `muxer_core`; here are names, shapes and lifetimes.
"""

from muxer_compat.chat_stream import ChatStream
from muxer_compat.completion import ChatCompletion
from muxer_compat.messages import ChatMessage
from muxer_compat.provider import LiteLLMProvider
from muxer_compat.router import HeuristicRouter

__all__ = ["ChatCompletion", "ChatMessage", "ChatStream", "HeuristicRouter", "LiteLLMProvider"]
