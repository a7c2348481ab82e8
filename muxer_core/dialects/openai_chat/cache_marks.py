"""Marks for caching: our `CacheMark` <-> the two forms that servers of this dialect take.

| form | who | where it stands |
| --- | --- | --- |
| `cache_control: {type: ephemeral, ttl}` | OpenRouter, Vercel, LiteLLM, DashScope | content part, message, tool call, tool, request |
| `prompt_cache_breakpoint: {mode: explicit, ttl}` | OpenAI itself, gpt-5.6 and later | content part |

OpenAI caches every prompt by itself; its older models, and its tools, have no place for a mark: it is left out there with a warning, and
its meaning is kept. A mark in another shape than these stays in `extras` as it is.

Sources: openai-python 3.57.0, `PromptCacheBreakpoint` and `PromptCacheOptions`; openrouter.ai/docs, "Prompt caching"; docs.litellm.ai,
"Prompt caching"; November 2026.
"""

from __future__ import annotations

from typing import Literal

from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.openai_chat.forms import cannot_say
from muxer_core.values.messages import CacheMark, Form
from muxer_core.values.usage import JsonValue

MarkForm = Literal["cache_control", "prompt_cache_breakpoint", "none"]
"""How a server takes a mark."""

BREAKPOINT = "prompt_cache_breakpoint"
"""The note of a mark that came as a breakpoint."""

_TTLS = ("30m", "12h")


def take_mark(rest: dict[str, JsonValue]) -> tuple[CacheMark | None, Form]:
    """Take a mark out of what it stands on, with its note.

    >>> take_mark({"type": "text", "cache_control": {"type": "ephemeral", "ttl": "1h"}})
    (CacheMark(ttl='1h', extras={}), ())
    """
    value = rest.get("cache_control")
    if is_object(value) and value.get("type") == "ephemeral":
        ttl = value.get("ttl")
        if "ttl" not in value or isinstance(ttl, str):
            del rest["cache_control"]
            return CacheMark(ttl, {key: one for key, one in value.items() if key not in ("type", "ttl")}), ()
    value = rest.get(BREAKPOINT)
    if value is not None and "cache_control" not in rest and is_object(value) and value.get("mode") == "explicit":
        ttl = value.get("ttl")
        if "ttl" not in value or isinstance(ttl, str):
            del rest[BREAKPOINT]
            return CacheMark(ttl, {key: one for key, one in value.items() if key not in ("mode", "ttl")}), (BREAKPOINT,)
    return None, ()


def put_mark(
    wire: dict[str, JsonValue],
    mark: CacheMark | None,
    form: Form,
    taken: MarkForm,
    where: str,
    warnings: list[str],
) -> dict[str, JsonValue]:
    """Write a mark in the form that it came in, else in the one that the server takes."""
    if mark is None:
        return wire
    if BREAKPOINT in form:
        wire[BREAKPOINT] = {"mode": "explicit", **_ttl(mark), **mark.extras}
    elif taken == "cache_control":
        wire["cache_control"] = {"type": "ephemeral", **_ttl(mark), **mark.extras}
    elif taken == "none":
        warnings.append(cannot_say(f"{where}.cache", "OpenAI caches the whole prompt by itself here"))
    else:
        known = mark.ttl in _TTLS
        wire[BREAKPOINT] = {"mode": "explicit", **(_ttl(mark) if known else {})}
        if mark.ttl is not None and not known:
            warnings.append(cannot_say(f"{where}.cache.ttl", f"OpenAI keeps a mark for {' or '.join(_TTLS)}"))
        warnings += [
            cannot_say(f"{where}.cache.extras.{name}", "OpenAI's form has no such field") for name in mark.extras
        ]
    return wire


def _ttl(mark: CacheMark) -> dict[str, JsonValue]:
    return {} if mark.ttl is None else {"ttl": mark.ttl}
