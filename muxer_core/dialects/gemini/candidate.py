"""One candidate of a reply: its parts and findings -> items. It lives as long as the reply.

* A part of the wire is an item; empty text without a seal is none. Nothing is merged, split or held back.
* A part with a thought signature, or with fields of its own, is never joined to the part before it: `PartEnded` closes that one first.
* A call is numbered by us, in the order of parts. One without an id gets one made of the reply's id, its place and what it says, and its
  note `noid` says that the vendor gave none. Arguments that come in pieces grow as text (`partial_arguments`).
* A part of a kind that has no item of ours is a `ProviderPart`, whole.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from muxer_core.dialects.gemini.citations import grounding_citations, page_citations, source_citations
from muxer_core.dialects.gemini.finish import reason_of
from muxer_core.dialects.gemini.logprobs import records_of
from muxer_core.dialects.gemini.names import VENDOR, JsonObject
from muxer_core.dialects.gemini.partial_arguments import OutOfOrder, PartialArguments
from muxer_core.dialects.gemini.safety import ratings_of
from muxer_core.dialects.gemini.server_tools import server_tool_part
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.values.items import (
    AudioDelta,
    ChoiceFinished,
    CitationsReported,
    ExtrasReported,
    ImageDelta,
    Item,
    LogprobsReported,
    PartEnded,
    ReasoningDelta,
    ServerToolReported,
    SignatureReported,
    TextDelta,
    ToolCallDelta,
)
from muxer_core.values.messages import Citation, ProviderPart

MAX_CALLS = 10_000
"""The most calls of one candidate."""

MAX_REMEMBERED = 64
"""The most fields whose last value is remembered; further ones are told each time."""


class MalformedChunk(Exception):
    """A chunk that is none; the message says why."""


class LimitCrossed(Exception):
    """A reply has more of something than anybody could mean; the message names it."""


class Candidate:
    """What is known of one candidate so far. `open` is the kind of the part that more text would go on."""

    __slots__ = (
        "_reply_id",
        "calls",
        "finish",
        "index",
        "open",
        "partial",
        "partial_made",
        "ratings",
        "said",
        "seen",
        "text",
    )

    def __init__(self, index: int, reply_id: str) -> None:
        self.index = index
        self._reply_id = reply_id
        self.text: list[str] = []
        self.open = ""
        self.calls = 0
        self.partial: PartialArguments | None = None
        self.partial_made = False
        self.finish: str | None = None
        self.ratings = b""
        self.said = False
        self.seen: JsonObject = {}

    def end(self, word: str, items: list[Item]) -> None:
        """Append that the candidate ended, for this reason of the vendor's."""
        if self.partial is not None:
            self._close_partial(items)
        self.finish = word
        items.append(ChoiceFinished(reason_of(word, called=self.calls > 0), word, self.index))

    def add_content(self, content: Any, items: list[Item]) -> None:
        """Append the items of a content. Raises `MalformedChunk`, `LimitCrossed`."""
        if not is_object(content):
            raise MalformedChunk("a candidate's content is no object")
        parts = content.get("parts")
        if parts is not None:
            if not is_list(parts):
                raise MalformedChunk("the parts of a candidate are no list")
            for part in parts:
                if not is_object(part):
                    raise MalformedChunk("a part of a candidate is no object")
                self._add_part(part, items)
        unknown = {
            name: value for name, value in content.items() if name not in ("parts", "role") and value is not None
        }
        if unknown:
            items.append(ExtrasReported({"content": unknown}, self.index))

    def _add_part(self, part: JsonObject, items: list[Item]) -> None:
        rest = {name: value for name, value in part.items() if value is not None}
        signature = rest.pop("thoughtSignature", None)
        if signature is not None and not isinstance(signature, str):
            raise MalformedChunk("a thought signature is no text")
        if is_object(rest.get("functionCall")):
            self._add_call(rest.pop("functionCall"), rest, signature, items)
            return
        if isinstance(rest.get("text"), str) or (signature is not None and not rest.keys() - {"thought"}):
            self._add_text(rest, signature, items)
            return
        tool = server_tool_part(part, signature)
        if tool is not None:
            self.open, self.said = "", True
            items.append(ServerToolReported(tool, self.index))
            return
        if not rest:
            return
        kept_whole = self._add_media(part, rest, items, sealed=signature is not None)
        if signature is not None and not kept_whole:
            items.append(SignatureReported(signature, self.index, None, VENDOR))
            self.open = ""

    def _add_text(self, rest: JsonObject, signature: str | None, items: list[Item]) -> None:
        text = rest.pop("text", "")
        thought = rest.pop("thought", None) is True
        kind = "thought" if thought else "text"
        if self.open == kind and (signature is not None or rest):
            items.append(PartEnded(self.index))
        if text or signature is not None:
            self.said = True
        if thought:
            if text or signature is not None:
                items.append(ReasoningDelta(text, self.index, signature, None, None if signature is None else VENDOR))
                self.open = kind
        elif text or (rest and signature is None):
            self.text.append(text)
            items.append(TextDelta(text, self.index))
            self.open = kind
        if signature is not None and not thought:
            items.append(SignatureReported(signature, self.index, None, VENDOR))
        if signature is not None:
            self.open = ""
        if rest:
            items.append(
                ExtrasReported({"content": {"parts": [rest]}}, self.index)
                if signature is not None and not thought  # the seal has closed the part
                else PartEnded(self.index, extras=rest)
            )
            self.open = ""

    def _add_call(
        self,
        call: JsonObject,
        rest: JsonObject,
        signature: str | None,
        items: list[Item],
    ) -> None:
        told = {name: value for name, value in call.items() if value is not None}
        pieces = told.pop("partialArgs", None)
        goes_on = told.pop("willContinue", None) is True
        self.open, self.said = "", True
        if self.partial is not None:
            if not told:
                self._add_pieces(pieces, items)
                if not goes_on:
                    self._close_partial(items)
                return
            self._close_partial(items)
        number = self.calls
        if number >= MAX_CALLS:
            raise LimitCrossed(f"an answer has more than {MAX_CALLS} tool calls")
        self.calls += 1
        name = text_of(told, "name") or ""
        arguments = told.pop("args", None)
        told.pop("name", None)
        call_id = text_of(told, "id")
        told.pop("id", None)
        partial = goes_on or pieces is not None
        written = "" if partial else _json({} if arguments is None else arguments)
        made = call_id is None
        if call_id is None:
            call_id = self._made_id(number, name, written)
        items.append(ToolCallDelta(number, written, call_id, name, "function", self.index))
        if signature is not None:
            items.append(SignatureReported(signature, self.index, number, VENDOR))
        extras = {**rest, "functionCall": told} if told else rest
        if partial:
            self.partial, self.partial_made = PartialArguments(), made
            self._add_pieces(pieces, items)
            if extras:
                items.append(PartEnded(self.index, number, extras))
            if not goes_on:
                self._close_partial(items)
            return
        form = (("noid",) if made else ()) + (("noargs",) if arguments is None else ())
        if extras or form:
            items.append(PartEnded(self.index, number, extras, form))

    def _add_pieces(self, pieces: Any, items: list[Item]) -> None:
        if pieces is None or self.partial is None:
            return
        if not is_list(pieces):
            raise MalformedChunk("the pieces of a call's arguments are no list")
        for piece in pieces:
            try:
                text = self.partial.add(piece)
            except OutOfOrder as fault:
                raise MalformedChunk(str(fault)) from None
            if text:
                items.append(ToolCallDelta(self.calls - 1, text, choice=self.index))

    def _close_partial(self, items: list[Item]) -> None:
        if self.partial is not None:
            number = self.calls - 1
            items.append(ToolCallDelta(number, self.partial.close(), choice=self.index))
            items.append(PartEnded(self.index, number, form=("noid",) if self.partial_made else ()))
            self.partial = None

    def _made_id(self, number: int, name: str, arguments: str) -> str:
        place = f"{self._reply_id}\0{self.index}\0{number}\0{name}\0{arguments}"
        return f"call_{hashlib.sha256(place.encode('utf-8', 'replace')).hexdigest()[:24]}"

    def _add_media(self, part: JsonObject, rest: JsonObject, items: list[Item], *, sealed: bool) -> bool:
        """Append media; True where the part, with its seal, is kept whole."""
        self.said, self.open = True, ""
        blob, file = rest.get("inlineData"), rest.get("fileData")
        told: JsonObject = blob if is_object(blob) else file if is_object(file) else {}
        media, data, uri = text_of(told, "mimeType") or "", text_of(told, "data"), text_of(told, "fileUri")
        if media.startswith("image/") and (data is not None or uri is not None):
            items.append(ImageDelta(f"data:{media};base64,{data}" if uri is None else uri, self.index))
            key = "inlineData" if uri is None else "fileData"
            further = {name: value for name, value in told.items() if name not in ("mimeType", "data", "fileUri")}
            extras = {name: value for name, value in rest.items() if name != key} | ({key: further} if further else {})
            if extras:  # a seal that follows closes the part, so that its fields cannot be told with its end
                told_apart = ExtrasReported({"content": {"parts": [extras]}}, self.index)
                items.append(told_apart if sealed else PartEnded(self.index, extras=extras))
        elif media.startswith("audio/") and data is not None:
            items.append(AudioDelta(data, choice=self.index))
            if is_new(self.seen, "audio", media):
                items.append(ExtrasReported({"inlineData": {"mimeType": media}}, self.index))
        else:
            items.append(ServerToolReported(ProviderPart(part), self.index))
            return True
        return False

    def add_findings(self, rest: JsonObject, items: list[Item]) -> None:
        """What the candidate says of its text: sources, probabilities, ratings. The whole metadata stays in `rest`, as extras."""
        grounding, sources, pages = (
            rest.get("groundingMetadata"),
            rest.get("citationMetadata"),
            rest.get("urlContextMetadata"),
        )
        citations: list[Citation] = []
        if is_object(grounding) and self.seen.get("groundingMetadata") != grounding:
            citations += grounding_citations(grounding, "".join(self.text))
        if is_object(sources) and self.seen.get("citationMetadata") != sources:
            citations += source_citations(sources, "".join(self.text))
        if is_object(pages) and self.seen.get("urlContextMetadata") != pages:
            citations += page_citations(pages)
        if citations:
            items.append(CitationsReported(citations, self.index))
        result = rest.get("logprobsResult")
        if is_object(result):
            told = rest.pop("logprobsResult")
            items.append(LogprobsReported(records_of(told), choice=self.index))
            further = {name: value for name, value in told.items() if name not in ("chosenCandidates", "topCandidates")}
            if further:
                rest["logprobsResult"] = further
        self.rate(rest.pop("safetyRatings", None), items)

    def rate(self, ratings: Any, items: list[Item]) -> None:
        """Append what filters found, where it is new."""
        if is_list(ratings) and is_new(self.seen, "safetyRatings", ratings):
            items.append(ratings_of(ratings, self.index))


def is_new(seen: JsonObject, name: str, value: Any) -> bool:
    """Is this another value than the last one of that name? It is remembered."""
    if name in seen and seen[name] == value:
        return False
    if name in seen or len(seen) < MAX_REMEMBERED:
        seen[name] = value
    return True


def text_of(fields: JsonObject, name: str) -> str | None:
    """The text under a name; None where there is none, or it is empty."""
    value = fields.get(name)
    return value if isinstance(value, str) and value else None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
