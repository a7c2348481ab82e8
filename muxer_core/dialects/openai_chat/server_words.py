"""The words of a refusal: message, code, type and wait, from an error body of any shape that OpenAI-compatible servers send.

Shapes that are read (each recorded or reported by users; see the tests):

* `{"error": {"message", "type", "code", "param", …}}`: OpenAI, Azure, Groq, DeepSeek, llama.cpp, vLLM, LiteLLM; `code` may be a number
* the same inside a list (Gemini), inside another `error` (some proxies), or as JSON text inside `message` (Gemini behind proxies)
* `{"error": {…, "metadata": {"raw": "…", "provider_name": …}}}`: OpenRouter; `raw` holds the words of the provider behind it
* `{"error": "…", "code": "…"}`: xAI, Venice, Ollama
* `{"message", "type", "code"}` without `error`: Mistral, Doubleword, older vLLM
* `{"detail": "…"}` or `{"detail": [{"loc", "msg"}]}`: FastAPI servers, Mistral
* `{"errors": [{"message", "code"}]}`: Cloudflare
* plain text or HTML: proxies and load balancers
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.wire.dates import LONGEST_WAIT
from muxer_core.wire.json import DEPTH, Unreadable
from muxer_core.wire.json import decode as decode_json

MAX_WORDS = 4000
"""The most characters of a server's message that are kept."""


class ServerWords(NamedTuple):
    """What a server said: its message, its machine-readable code and type, the status it named, and seconds to wait."""

    message: str
    code: str | None = None
    type: str | None = None
    status: int | None = None
    wait: float | None = None


def read_words(body: bytes) -> ServerWords:
    """The server's message, code and type from an error body of any shape. Never raises.

    >>> read_words(b'{"code":"invalid-argument","error":"Incorrect API key provided."}')
    ServerWords(message='Incorrect API key provided.', code='invalid-argument', type=None, status=None, wait=None)
    """
    try:
        value = decode_json(body, depth=DEPTH)
    except Unreadable:
        return ServerWords(_visible_text(body.decode("utf-8", "replace")))
    words = _from_json(value, 0)
    if not words.message and value not in (None, {}, []):
        words = words._replace(message=_cut(body.decode("utf-8", "replace")))
    return words


def words_of(error: Any) -> ServerWords:
    """The words of an `error` inside a reply, decoded. Never raises."""
    return _from_json({"error": error}, 0)


_WAIT_WORDS = re.compile(
    r"(?:try again in|retry (?:after|in)|please wait|available in)\s+"
    r"(?:(\d{1,4})h)?\s*(?:(\d{1,5})m(?!s))?\s*(?:(\d{1,7}(?:\.\d{1,9})?)\s*(ms|s\b|sec|second))?",
    re.IGNORECASE,
)
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")
_TAGS = re.compile(r"(?is)<(script|style)\b.*?</\1>|<[^>]{0,1000}>")
_SPACES = re.compile(r"\s+")
_NEST_LIMIT = 4


def _from_json(value: Any, depth: int) -> ServerWords:
    if is_list(value):
        value = value[0] if value else {}
    if isinstance(value, str):
        return _unwrap(ServerWords(_cut(value)), depth)
    if not is_object(value):
        return ServerWords("")
    inner = value.get("error")
    if inner is None and is_list(value.get("errors")) and value["errors"]:
        inner = value["errors"][0]
    if isinstance(inner, dict | list) and inner and depth < _NEST_LIMIT:
        words = _from_json(inner, depth + 1)
        return words._replace(status=words.status or _status_of(value))
    message = (
        inner
        if isinstance(inner, str)
        else _first_text(value, "message", "msg", "error_msg", "error_message", "Message", "title")
    )
    if not message:
        message = _detail(value.get("detail", value.get("details")))
    code = _code_of(value)
    inner_code = _inner_code(value.get("innererror"))
    kind = value.get("type") if isinstance(value.get("type"), str) else None
    named = value.get("status") if isinstance(value.get("status"), str) else None
    words = ServerWords(
        _cut(message or ""), code or inner_code, kind or named, _status_of(value), _retry_info(value.get("details"))
    )
    raw = _upstream_words(value.get("metadata"), depth)
    if raw and raw not in words.message:
        words = words._replace(message=_cut(f"{words.message}: {raw}" if words.message else raw))
    return _unwrap(words, depth)


def _unwrap(words: ServerWords, depth: int) -> ServerWords:
    """A message that is itself JSON text holds the words of a server behind; its wait may be told in words too."""
    text = words.message.strip()
    if text.startswith(("{", "[")) and depth < _NEST_LIMIT:
        try:
            inner = _from_json(decode_json(text.encode("utf-8", "replace"), depth=DEPTH), depth + 1)
        except Unreadable:
            inner = ServerWords("")
        if inner.message:
            return ServerWords(
                inner.message,
                inner.code or words.code,
                inner.type or words.type,
                inner.status or words.status,
                inner.wait or words.wait,
            )
    if words.wait is None:
        return words._replace(wait=_wait_from_words(words.message))
    return words


def _upstream_words(metadata: Any, depth: int) -> str:
    if not is_object(metadata):
        return ""
    raw = metadata.get("raw")
    if isinstance(raw, dict | list) and depth < _NEST_LIMIT:
        return _from_json(raw, depth + 1).message
    if isinstance(raw, str) and depth < _NEST_LIMIT:
        return _unwrap(ServerWords(_cut(raw)), depth + 1).message
    return ""


def _code_of(value: dict[str, Any]) -> str | None:
    code = value.get("code")
    if isinstance(code, str):
        return code or None
    return str(code) if type(code) is int else None


def _inner_code(inner: Any) -> str | None:
    return inner["code"] if is_object(inner) and isinstance(inner.get("code"), str) else None


def _status_of(value: dict[str, Any]) -> int | None:
    """The HTTP status that an error names in its body: a number, or a number as text (Azure)."""
    for name in ("status_code", "status", "code", "raw_status_code"):
        code = value.get(name)
        if isinstance(code, str) and len(code) == 3 and code.isascii() and code.isdigit():
            code = int(code)
        if type(code) is int and 400 <= code <= 599:
            return code
    return None


def _first_text(value: dict[str, Any], *names: str) -> str:
    for name in names:
        found = value.get(name)
        if isinstance(found, str) and found:
            return found
        if is_object(found) and isinstance(found.get("message"), str):
            return str(found["message"])
        if isinstance(found, dict | list) and found:
            return _detail(found) or _json(found)
    return ""


def _detail(detail: Any) -> str:
    """FastAPI's `detail`: text, an object with a message, or a list of complaints about fields."""
    if isinstance(detail, str):
        return detail
    if is_object(detail):
        return _first_text(detail, "message", "msg", "error", "detail") if detail else ""
    if not is_list(detail):
        return ""
    lines: list[str] = []
    for entry in detail[:10]:
        if is_object(entry) and isinstance(entry.get("msg"), str):
            loc = entry.get("loc")
            place = ".".join(str(step) for step in loc) if is_list(loc) else ""
            lines.append(f"{place}: {entry['msg']}" if place else entry["msg"])
        elif isinstance(entry, str):
            lines.append(entry)
    return "; ".join(lines)


def _json(value: Any) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError):
        return ""


def _retry_info(details: Any) -> float | None:
    """Google's RetryInfo among the details: `"retryDelay": "31.5s"`."""
    if not is_list(details):
        return None
    for entry in details[:50]:
        delay = entry.get("retryDelay") if is_object(entry) else None
        found = _DURATION.fullmatch(delay) if isinstance(delay, str) else None
        if found:
            return min(float(found.group(1)), LONGEST_WAIT)
    return None


def _wait_from_words(message: str) -> float | None:
    """Seconds to wait from words such as "try again in 1m2.5s" (OpenAI, Groq) or "retry after 7 seconds" (Azure)."""
    found = _WAIT_WORDS.search(message)
    if found is None or not any(found.groups()[:3]):
        return None
    hours, minutes, number, unit = found.groups()
    seconds = float(number or 0) / (1000 if unit and unit.lower() == "ms" else 1)
    return min(int(hours or 0) * 3600 + int(minutes or 0) * 60 + seconds, LONGEST_WAIT)


def _visible_text(text: str) -> str:
    """The text of a page without its tags; only its beginning, since a page is long and what it says stands first."""
    text = text[: 2 * MAX_WORDS]
    if "<" in text:
        text = _TAGS.sub(" ", text)
    return _cut(_SPACES.sub(" ", text).strip())


def _cut(text: str) -> str:
    return text if len(text) <= MAX_WORDS else text[:MAX_WORDS] + "…"
