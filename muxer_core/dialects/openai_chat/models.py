"""The list of models that a server offers, whatever form it has: `{"data": […]}`, a bare list (Together), or `{"models": […]}` (Ollama)."""

from __future__ import annotations

from typing import Any

from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_chat.failures import failure_from_reply
from muxer_core.dialects.openai_chat.reply import BodyBuffer
from muxer_core.values.failure import Failure
from muxer_core.values.items import FailureReported, Item, ModelsListed, ReplyEnded
from muxer_core.wire.json import Unreadable
from muxer_core.wire.json import decode as decode_json
from muxer_core.wire.limits import Limits

EVIDENCE = "end of a whole JSON body"


class ModelsDecoder:
    """Decodes to one `ModelsListed`; each model is an object with an `id`, otherwise as the server sent it."""

    __slots__ = ("_body", "_closed", "_limits")

    def __init__(self, limits: Limits) -> None:
        self._body = BodyBuffer(limits.body)
        self._limits = limits
        self._closed = False

    def receive_data(self, data: bytes) -> list[Item]:
        """Nothing, until the body ends; a failure when it crosses its limit."""
        if self._closed or self._body.add(data):
            return []
        self._closed = True
        message = f"the list of models is larger than {self._limits.body} bytes (limit body)"
        return [FailureReported(Failure(kind="limit_exceeded", message=message))]

    def receive_eof(self) -> list[Item]:
        """The list, or a failure."""
        if self._closed:
            return []
        self._closed = True
        body = self._body.take()
        if not body:
            return [
                FailureReported(Failure(kind="truncated", message="the list of models has no body; check base_url"))
            ]
        try:
            value = decode_json(body, depth=self._limits.depth)
        except Unreadable as fault:
            return [
                FailureReported(
                    Failure(kind="malformed", message=f"the list of models is no JSON ({fault}); check base_url")
                )
            ]
        if is_object(value) and value.get("error"):
            return [FailureReported(failure_from_reply(value["error"]))]
        listed = value
        if is_object(value):
            listed = value.get("data") if is_list(value.get("data")) else value.get("models")
        if not is_list(listed):
            return [
                FailureReported(Failure(kind="malformed", message="the list of models holds no list; check base_url"))
            ]
        return [
            ModelsListed([model for entry in listed if (model := _with_id(entry)) is not None]),
            ReplyEnded(EVIDENCE),
        ]


def _with_id(entry: Any) -> dict[str, Any] | None:
    """The model as an object with an `id`; None for what names no model."""
    if isinstance(entry, str) and entry:
        return {"id": entry}
    if not is_object(entry):
        return None
    for name in ("id", "name", "model"):
        found = entry.get(name)
        if isinstance(found, str) and found:
            return entry if name == "id" else {**entry, "id": found}
    return None
