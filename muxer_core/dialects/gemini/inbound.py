"""A client's request: path, query and body -> what is asked for.

| the path ends with | the client wants |
| --- | --- |
| `…/models/{model}:generateContent` | a whole answer |
| `…/models/{model}:streamGenerateContent`, `alt=sse` in the query | server-sent events (form `sse`) |
| the same without `alt=sse` | one JSON array, piece by piece (form `array`) |
| `…/models/{model}:countTokens` | a count (form `count`); the request may stand in `generateContentRequest` |

The model's name is that after `models/`; in `publishers/{publisher}/models/{model}` of another publisher than Google, and in
`tunedModels/…`, the path stays with it. Numbers instead of words for enums (`enum-encoding=int`) are not written: a warning says so.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote

from muxer_core.dialects.gemini.names import Fields, JsonObject
from muxer_core.dialects.gemini.requests import decode_body
from muxer_core.dialects.json_text import is_object, read_json
from muxer_core.dialects.server import Asked, Inbound
from muxer_core.values.errors import InvalidRequest
from muxer_core.wire.json import Unreadable
from muxer_core.wire.limits import Limits

_PATH = re.compile(
    r"(?:.*?/)?(?:publishers/(?P<publisher>[^/]+)/models/|models/|(?P<tuned>tunedModels/))(?P<model>.+):(?P<method>[A-Za-z]+)"
)
METHODS = ("generateContent", "streamGenerateContent", "countTokens")


def decode_chat(inbound: Inbound, *, limits: Limits) -> Asked:
    """What a client asks for. Raises `InvalidRequest`, naming the field."""
    found = _PATH.fullmatch(unquote(inbound.path))
    if found is None or found["method"] not in METHODS:
        raise InvalidRequest("path", f"must end with models/{{model}}:{' or :'.join(METHODS)}")
    if inbound.method != "POST":
        raise InvalidRequest("method", f"must be POST, got {inbound.method[:20]}")
    if len(inbound.body) > limits.body:
        raise InvalidRequest("body", f"is larger than {limits.body} bytes (limit body)")
    try:
        value = read_json(inbound.body, depth=limits.depth)
    except Unreadable as fault:
        raise InvalidRequest("body", f"is no JSON: {fault}") from None
    model = found["model"]
    if found["tuned"]:
        model = f"tunedModels/{model}"
    elif found["publisher"] not in (None, "google"):
        model = f"publishers/{found['publisher']}/models/{model}"
    method = found["method"]
    if method == "countTokens":
        return Asked(decode_body(_counted(value), model), form=("count",))
    query = {name.removeprefix("$"): word for name, word in parse_qsl(inbound.query)}
    warnings = (
        ("query.alt: enums are written as words, not as numbers",) if "enum-encoding" in query.get("alt", "") else ()
    )
    request = decode_body(value, model)
    if method == "generateContent":
        return Asked(request, warnings=warnings)
    form = ("sse",) if query.get("alt", "").startswith("sse") else ("array",)
    return Asked(request, stream=True, form=form, warnings=warnings)


def _counted(value: object) -> object:
    """The request to count: inside `generateContentRequest`, or the body itself."""
    if not is_object(value):
        return value
    inner = Fields(value, "").look("generateContentRequest")
    if not is_object(inner):
        return value
    told: JsonObject = {name: one for name, one in inner.items() if name != "model"}
    return told
