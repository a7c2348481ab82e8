"""The output of a response as it grows: items of a reply -> output items, and the events that tell of them.

The order of events is OpenAI's own: `output_item.added`, of each part `added`, deltas and `done`, then `output_item.done`. Rules:

* One thing is open at a time, save calls, whose pieces may be told in turn; they end with the reply, or when they are said to be whole.
* Ids are made of the reply's: `msg_`, `rs_`, `fc_`, `ctc_`, `ig_` and its number in the output. Ids, status and phase that this
  dialect's own reply told at the end of a part are kept where the answer is whole.
* Thinking is a summary, which is what clients show; each seal closes one. A seal of another vendor is wrapped (`options.wrap_seal`).
* A seal on a call or on text is the field `options.SIGNATURE`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.openai_responses.citations import annotation_of
from muxer_core.dialects.openai_responses.content_parts import JsonObject
from muxer_core.dialects.openai_responses.items import CALLS, IMAGE
from muxer_core.dialects.openai_responses.options import SIGNATURE, wrap_seal
from muxer_core.dialects.openai_responses.reasoning import GAP, PIECES, cut_up
from muxer_core.values.items import PartEnded, ReasoningDelta, SignatureReported, ToolCallDelta
from muxer_core.values.messages import Citation

Tell = Callable[..., None]
"""Tells of an event: its type without `response.`, and its fields."""

_PREFIX = {"message": "msg", "reasoning": "rs", "function_call": "fc", "custom_tool_call": "ctc", IMAGE: "ig"}
_TEXT_FIELD = {"output_text": "text", "refusal": "refusal"}


class _Call:
    """A call whose pieces are still arriving. It is told of once its name is known; what came before waits."""

    __slots__ = ("arguments", "done", "id", "index", "item", "kind", "name", "noted", "seal")

    def __init__(self) -> None:
        self.index = -1
        self.kind = "function_call"
        self.item: JsonObject = {}
        self.noted: JsonObject = {}
        self.id: str | None = None
        self.name: str | None = None
        self.arguments: list[str] = []
        self.seal: str | None = None
        self.done = False


class Output:
    """The output items of one reply. `own` says that the reply comes in this dialect, `whole` that nobody reads the events."""

    __slots__ = (
        "_calls", "_index", "_item", "_part", "_reply_id", "_tell", "_texts", "items", "own", "prefix", "status", "whole",
    )  # fmt: skip

    def __init__(self, reply_id: str, tell: Tell, *, whole: bool) -> None:
        self.items: list[JsonObject] = []
        self.own = False
        self.whole = whole
        self.status = "completed"
        """The status of an item that ends now."""
        self.prefix: JsonObject = {}
        """The fields of the open part's deltas; empty where no text is open."""
        self._reply_id = reply_id
        self._tell = tell
        self._item: JsonObject = {}
        self._index = -1
        self._part: JsonObject = {}
        self._texts: list[str] = []
        self._calls: dict[int, _Call] = {}

    def text(self, kind: str, text: str) -> None:
        """More text, or more of a refusal."""
        if self._part.get("type") != kind:
            self._begin_part(kind)
        self._texts.append(text)
        word = "output_text" if kind == "output_text" else "refusal"
        more: JsonObject = {"logprobs": []} if kind == "output_text" else {}
        self._tell(f"{word}.delta", **self.prefix, delta=text, **more)

    def think(self, delta: ReasoningDelta) -> None:
        """More thinking, or its seal."""
        sealed = "encrypted_content" in self._item
        seal = delta.signature if delta.signature is not None else delta.encrypted
        if self.own and self.whole and delta.id is not None and seal is not None and not delta.text:
            for item in self.items:
                if item.get("id") == delta.id and item is not self._item:
                    item["encrypted_content"] = seal  # of a thought that was interrupted: see `assembly`
                    return
        if self._item.get("type") != "reasoning" or (sealed and (delta.text or seal is not None)):
            self.close()
            self._open("reasoning", {"summary": []}, delta.id)
        if delta.text == GAP and self.own and self._texts:
            self._end_part()
        elif delta.text:
            if self._part.get("type") != "summary_text":
                self._begin_summary()
            self._texts.append(delta.text)
            self._tell("reasoning_summary_text.delta", **self.prefix, delta=delta.text)
        if seal is not None:
            signed = delta.signature is not None
            self._item["encrypted_content"] = wrap_seal(delta.vendor, "signature" if signed else "encrypted", seal)

    def call(self, piece: ToolCallDelta) -> None:
        """A piece of a call."""
        call = self._calls.get(piece.call)
        if call is None:
            self.close()
            call = self._calls[piece.call] = _Call()
        if call.done:
            return
        call.id = piece.id or call.id
        call.name = piece.name or call.name
        if piece.kind == "custom":
            call.kind = "custom_tool_call"
        if call.index < 0 and call.name is not None:
            self._open_call(piece.call, call)
            waiting = "".join(call.arguments)
            if waiting:
                self._tell_arguments(call, waiting)
        if piece.arguments:
            call.arguments.append(piece.arguments)
            if call.index >= 0:
                self._tell_arguments(call, piece.arguments)

    def end_part(self, end: PartEnded) -> None:
        """The part that is open, or a call, is whole."""
        extras = end.extras if self.own else {}
        if end.call is not None:
            call = self._calls.get(end.call)
            if call is not None:
                if self.own and self.whole:
                    call.item.pop("status", None)  # a call of our own dialect told it, or had none
                    call.noted = extras
                else:
                    call.noted = {name: value for name, value in extras.items() if name != "id"}
                self._end_call(end.call, call)
            return
        kind = self._item.get("type")
        if kind == "message":
            fields = extras.get("item")
            self._part.update({name: value for name, value in extras.items() if name != "item"})
            self._end_part()
            if not self.own or "message" in end.form:
                self._note(fields if is_object(fields) else {})
                if self.own:
                    self.close()
        elif kind == "reasoning":
            self._note(extras)
            self.close(form=end.form if self.own and self.whole else ())
        elif kind == IMAGE:
            self._note(extras)
            self.close()

    def sign(self, seal: SignatureReported) -> None:
        """A seal on a call, or on the text that is open (a new, empty one if none is)."""
        if seal.call is not None:
            call = self._calls.get(seal.call)
            if call is not None:
                call.seal = seal.signature
            return
        if self._part.get("type") != "output_text":
            self._begin_part("output_text")
        self._part[SIGNATURE] = seal.signature

    def cite(self, citations: list[Citation]) -> bool:
        """Annotations of the text that is open. False, where there is none, or where they cannot be said."""
        part = self._part
        told = True
        for citation in citations:
            annotation = annotation_of(citation)
            if annotation is None or part.get("type") != "output_text":
                told = False
                continue
            part["annotations"].append(annotation)
            number = len(part["annotations"]) - 1
            self._tell("output_text.annotation.added", **self.prefix, annotation_index=number, annotation=annotation)
        return told

    def logprobs(self, records: list[Any]) -> bool:
        """Log probabilities of the text just told. False, where there is none."""
        if self._part.get("type") != "output_text":
            return False
        self._part["logprobs"] += records
        self._tell("output_text.delta", **self.prefix, delta="", logprobs=records)
        return True

    def show(self, url: str) -> bool:
        """An image. False where it is no `data:` URL: the item holds the image itself."""
        head, found, body = url.partition(";base64,")
        if not found:
            return False
        self.close()
        form = head.removeprefix("data:image/") if head.startswith("data:image/") else "png"
        self._open(IMAGE, {}, None, "in_progress")
        self._item["result"] = body
        if form != "png":
            self._item["output_format"] = form
        return True

    def use(self, native: JsonObject) -> None:
        """A use of a provider's own tool, as this dialect's reply told it."""
        self.close()
        self._index = len(self.items)
        self.items.append(native)
        self._tell("output_item.added", output_index=self._index, item=native)
        self._tell("output_item.done", output_index=self._index, item=native)

    def close(self, form: tuple[str, ...] = ()) -> None:
        """End what is open, calls apart. `form` tells how the text of a thought falls into pieces."""
        item = self._item
        if not item:
            return
        self._end_part()
        kind = item["type"]
        if kind == "reasoning" and form:
            text = GAP.join(piece["text"] for piece in item.pop("summary"))
            item.update(_lists(text, form))
        if kind != "reasoning" and item.get("status") == "in_progress":
            item["status"] = self.status
        self._tell("output_item.done", output_index=self._index, item=item)
        self._item = {}

    def end(self) -> None:
        """End everything that is open."""
        self.close()
        for number, call in self._calls.items():
            self._end_call(number, call)

    def _open(self, kind: str, fields: JsonObject, name: str | None, status: str | None = None) -> None:
        self._index = len(self.items)
        item: JsonObject = {"id": name or f"{_PREFIX[kind]}_{self._reply_id}_{self._index}", "type": kind, **fields}
        if status is not None:
            item["status"] = status
        self._item = item
        self.items.append(item)
        self._tell("output_item.added", output_index=self._index, item=item)

    def _note(self, fields: JsonObject) -> None:
        """Further fields of the open item. Its id has been told, where the answer is a stream."""
        self._item.update({name: value for name, value in fields.items() if self.whole or name != "id"})

    def _begin_part(self, kind: str) -> None:
        if self._item.get("type") != "message":
            self.close()
            self._open("message", {"role": "assistant", "content": []}, None, "in_progress")
        self._end_part()
        content = self._item["content"]
        part: JsonObject = {"type": kind, _TEXT_FIELD[kind]: ""}
        if kind == "output_text":
            part |= {"annotations": [], "logprobs": []}
        self.prefix = {"item_id": self._item["id"], "output_index": self._index, "content_index": len(content)}
        content.append(part)
        self._part = part
        self._tell("content_part.added", **self.prefix, part=part)

    def _begin_summary(self) -> None:
        self._end_part()
        summary = self._item["summary"]
        self._part = {"type": "summary_text", "text": ""}
        self.prefix = {"item_id": self._item["id"], "output_index": self._index, "summary_index": len(summary)}
        summary.append(self._part)
        self._tell("reasoning_summary_part.added", **self.prefix, part=self._part)

    def _end_part(self) -> None:
        part = self._part
        if not part:
            return
        text = "".join(self._texts)
        if part["type"] == "summary_text":
            part["text"] = text
            self._tell("reasoning_summary_text.done", **self.prefix, text=text)
            self._tell("reasoning_summary_part.done", **self.prefix, part=part)
        elif part["type"] == "refusal":
            part["refusal"] = text
            self._tell("refusal.done", **self.prefix, refusal=text)
            self._tell("content_part.done", **self.prefix, part=part)
        else:
            part["text"] = text
            self._tell("output_text.done", **self.prefix, text=text, logprobs=part["logprobs"])
            self._tell("content_part.done", **self.prefix, part=part)
        self._part = {}
        self.prefix = {}
        self._texts = []

    def _open_call(self, number: int, call: _Call) -> None:
        call.index = len(self.items)
        name = f"{_PREFIX[call.kind]}_{self._reply_id}_{call.index}"
        call_id = call.id or f"call_{self._reply_id}_{number}"
        fields: JsonObject = {
            "id": name,
            "type": call.kind,
            "call_id": call_id,
            "name": call.name or "",
            CALLS[call.kind][1]: "",
        }
        call.item = {**fields, "status": "in_progress", **call.item}
        self.items.append(call.item)
        self._tell("output_item.added", output_index=call.index, item=call.item)

    def _tell_arguments(self, call: _Call, piece: str) -> None:
        word = "custom_tool_call_input" if call.kind == "custom_tool_call" else "function_call_arguments"
        self._tell(f"{word}.delta", item_id=call.item["id"], output_index=call.index, delta=piece)

    def _end_call(self, number: int, call: _Call) -> None:
        if call.done:
            return
        call.done = True
        whole = "".join(call.arguments)
        if call.index < 0:
            self._open_call(number, call)
            if whole:
                self._tell_arguments(call, whole)
        field = CALLS[call.kind][1]
        call.item[field] = whole
        if call.item.get("status") == "in_progress":
            call.item["status"] = self.status
        call.item.update(call.noted)
        if call.seal is not None:
            call.item[SIGNATURE] = call.seal
        place = {"item_id": call.item["id"], "output_index": call.index}
        if call.kind == "custom_tool_call":
            self._tell("custom_tool_call_input.done", **place, input=whole)
        else:
            self._tell("function_call_arguments.done", **place, name=call.item["name"], arguments=whole)
        self._tell("output_item.done", output_index=call.index, item=call.item)


def _lists(text: str, form: tuple[str, ...]) -> JsonObject:
    """The lists of a thought, as its notes tell them."""
    lists: JsonObject = {} if "no_summary" in form else {"summary": []}
    if "empty_content" in form:
        lists["content"] = []
    for name, piece in cut_up(text, form):
        lists.setdefault(name, []).append({"type": PIECES[name], "text": piece})
    return lists
