"""Parts of an item's content: our values <-> `input_text`, `input_image`, `input_file`, `input_audio`, `output_text` and `refusal`.

Rules that hold here:

* A key that is not known, and a known one with a surprising value, stays in the part's `extras` and is written back at the same place.
  A kind of part that is not known is a `ProviderPart`.
* `prompt_cache_breakpoint` is a cache mark. It stands on parts of input only. A mark of elsewhere on anything else, or for a model that
  knows none, is left out with a warning: OpenAI caches every prompt by itself, and the mark's meaning is kept.
* `form` of a part: the name of its kind, where it is another than the speaker has by default (`input_text`, for the assistant
  `output_text`); `bare` for an `output_text` without `annotations`.

Source: openai-python 3.57.0, `types/responses/response_input_*_param.py`, `response_output_*_param.py`, November 2026.
"""

from __future__ import annotations

import base64

from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.json_text import is_list, is_object
from muxer_core.dialects.openai_responses.citations import annotation_of, citation_of
from muxer_core.dialects.openai_responses.options import NAME, SIGNATURE
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import (
    AudioPart,
    CacheMark,
    FilePart,
    ImagePart,
    Part,
    ProviderPart,
    RefusalPart,
    TextPart,
)
from muxer_core.values.usage import JsonValue

ContentPart = TextPart | ImagePart | AudioPart | FilePart | RefusalPart | ProviderPart

JsonObject = dict[str, JsonValue]

LIFETIMES = ("30m", "12h")
"""How long a marked prompt may be kept, in the API's words."""

_BREAKPOINT = "prompt_cache_breakpoint"


def is_content(part: Part) -> bool:
    """Does this part stand in an item's content?"""
    return isinstance(part, TextPart | ImagePart | AudioPart | FilePart | RefusalPart)


def default_text_kind(role: str) -> str:
    """What text is called in the content of this speaker."""
    return "output_text" if role == "assistant" else "input_text"


def decode_part(part: JsonValue, role: str, where: str) -> ContentPart:
    """One part of an item's content. Raises `InvalidRequest`."""
    if isinstance(part, str):
        return TextPart(part, form=("string",))
    if not is_object(part):
        raise InvalidRequest(where, f"must be an object, got {type(part).__name__}")
    rest = dict(part)
    kind = rest.pop("type", None)
    match kind:
        case "input_text" | "output_text" | "text" if isinstance(rest.get("text"), str):
            return _text(rest, str(kind), role)
        case "refusal" if isinstance(rest.get("refusal"), str):
            return RefusalPart(rest.pop("refusal"), rest)
        case "input_image" if _one_text(rest, "image_url", "file_id"):
            cache = take_mark(rest)
            url, file_id, detail = (take_text(rest, name) for name in ("image_url", "file_id", "detail"))
            return ImagePart(url=url, detail=detail, extras=rest, file_id=file_id, cache=cache)
        case "input_file" if _one_text(rest, "file_data", "file_id", "file_url"):
            cache = take_mark(rest)
            names = ("file_id", "file_url", "file_data", "filename")
            file_id, url, data, filename = (take_text(rest, name) for name in names)
            media_type, data = _split_data_url(data)
            return FilePart(file_id, url, data, filename, media_type, rest, cache=cache)
        case "input_audio" if is_object(rest.get("input_audio")):
            audio = dict(rest.pop("input_audio"))
            data, form = take_text(audio, "data"), take_text(audio, "format")
            if audio:
                rest["input_audio"] = audio
            return AudioPart(data, form, None, rest)
        case _ if isinstance(kind, str):
            return ProviderPart(dict(part))
        case _:
            raise InvalidRequest(f"{where}.type", f"must be a text such as 'input_text', got {kind!r}")


def _text(rest: JsonObject, kind: str, role: str) -> TextPart:
    form = () if kind == default_text_kind(role) else (kind,)
    text = rest.pop("text")
    cache = take_mark(rest)
    annotations = rest.get("annotations") if kind == "output_text" else None
    if is_list(annotations):
        del rest["annotations"]
    elif kind == "output_text":
        form = (*form, "bare")
    citations = tuple(citation_of(one) for one in annotations) if is_list(annotations) else ()
    return TextPart(text, rest, cache, take_text(rest, SIGNATURE), citations, form)


def take_mark(rest: JsonObject) -> CacheMark | None:
    """Take the cache mark out of a part's fields; one that is not of the known form stays there."""
    mark = rest.get(_BREAKPOINT)
    if not is_object(mark) or mark.get("mode") != "explicit" or not isinstance(mark.get("ttl", ""), str):
        return None
    del rest[_BREAKPOINT]
    extras = {name: value for name, value in mark.items() if name not in ("mode", "ttl")}
    return CacheMark(mark.get("ttl"), extras)


def take_text(rest: JsonObject, name: str) -> str | None:
    """Take a field out, if it is text; anything else stays where it is."""
    return rest.pop(name) if isinstance(rest.get(name), str) else None


def _one_text(rest: JsonObject, *names: str) -> bool:
    return sum(isinstance(rest.get(name), str) for name in names) == 1


def _split_data_url(data: str | None) -> tuple[str | None, str | None]:
    if data is not None and data.startswith("data:"):
        media_type, found, body = data.removeprefix("data:").partition(";base64,")
        if found:
            return media_type, body
    return None, data


class PartWriter:
    """Writes parts for one request, and collects what had to be left out. `dialect` is the message's: whose words the extras are."""

    __slots__ = ("dialect", "marks", "warnings")

    def __init__(self, warnings: list[str], dialect: str | None = None, *, marks: bool = True) -> None:
        self.warnings = warnings
        self.dialect = dialect
        self.marks = marks
        """Does the model know cache marks?"""

    def own(self, extras: JsonObject, where: str) -> JsonObject:
        """The extras that are ours to write; those of another dialect are left out, each with a warning."""
        if self.dialect in (None, NAME):
            return extras
        for name, value in extras.items():
            if value is not None:
                place = f"{where}.extras.{name}".removeprefix(".")
                self.warnings.append(left_out(place, NAME, f"it is a field of {self.dialect}"))
        return {}

    def form(self, part: TextPart | RefusalPart | ImagePart) -> tuple[str, ...]:
        """Our own notes on the part."""
        return part.form if self.dialect in (None, NAME) else ()

    def mark(self, cache: CacheMark | None, where: str) -> JsonObject:
        """The field for a cache mark. A lifetime that the API does not have is left out; the mark stays, for the API's own lifetime."""
        if cache is None:
            return {}
        if not self.marks and self.dialect != NAME:
            self.unmarked(cache, where)
            return {}
        written: JsonObject = {"mode": "explicit"}
        if cache.ttl is not None:
            if cache.ttl in LIFETIMES or self.dialect == NAME:
                written["ttl"] = cache.ttl
            else:
                known = ", ".join(LIFETIMES)
                self.warnings.append(left_out(f"{where}.cache.ttl", NAME, f"{cache.ttl!r} is none of {known}"))
        return {_BREAKPOINT: {**written, **self.own(cache.extras, f"{where}.cache")}}

    def unmarked(self, cache: CacheMark | None, where: str) -> None:
        """Warn of a mark that has no place."""
        if cache is not None:
            self.warnings.append(
                left_out(f"{where}.cache".removeprefix("."), NAME, "OpenAI caches the whole prompt by itself here")
            )

    def write(self, part: ContentPart, role: str, where: str) -> JsonValue:
        """One part of an item's content. Raises `InvalidRequest` for what the API cannot say."""
        match part:
            case TextPart():
                return self._text(part, role, where)
            case RefusalPart():
                if role != "assistant":
                    raise refuse_field(where, NAME, "only the assistant refuses")
                return {"type": "refusal", "refusal": part.text, **self.own(part.extras, where)}
            case ImagePart():
                wire = {"type": "input_image", **_image_source(part, where)}
                if part.detail is not None:
                    wire["detail"] = part.detail
                self._unsealed(part.signature, where)
                return {**wire, **self.mark(part.cache, where), **self.own(part.extras, where)}
            case AudioPart():
                if part.data is None or part.format is None:
                    raise refuse_field(where, NAME, "audio is sent as base64 data with a format")
                self.unmarked(part.cache, where)
                inner = {"data": part.data, "format": part.format}
                extras = dict(self.own(part.extras, where))
                more = extras.pop("input_audio", None)
                return {"type": "input_audio", "input_audio": {**inner, **(more if is_object(more) else {})}, **extras}
            case FilePart():
                self._unsealed(part.signature, where)
                wire = {"type": "input_file", **_file_source(part, where)}
                return {**wire, **self.mark(part.cache, where), **self.own(part.extras, where)}
            case ProviderPart():
                if self.dialect not in (None, NAME):
                    raise refuse_field(where, NAME, f"it is a part of {self.dialect}")
                return part.spec

    def _text(self, part: TextPart, role: str, where: str) -> JsonValue:
        form = self.form(part)
        if "string" in form:
            return part.text
        self._unsealed(part.signature, where)
        kind = next((note for note in form if note in ("input_text", "output_text", "text")), default_text_kind(role))
        wire: JsonObject = {"type": kind, "text": part.text}
        if kind == "output_text":
            annotations = self._annotations(part, where)
            if annotations or "bare" not in form:
                wire["annotations"] = annotations
            self.unmarked(part.cache, where)
            return {**wire, **self.own(part.extras, where)}
        if part.citations:
            self.warnings.append(left_out(f"{where}.citations", NAME, "only text of the assistant has annotations"))
        return {**wire, **self.mark(part.cache, where), **self.own(part.extras, where)}

    def _annotations(self, part: TextPart, where: str) -> list[JsonValue]:
        written: list[JsonValue] = []
        for number, citation in enumerate(part.citations):
            annotation = annotation_of(citation)
            if annotation is None:
                why = f"no annotation says a citation of the kind {citation.kind}"
                self.warnings.append(left_out(f"{where}.citations[{number}]", NAME, why))
            else:
                written.append(annotation)
        return written

    def _unsealed(self, signature: str | None, where: str) -> None:
        if signature is not None:
            raise refuse_field(
                f"{where}.signature", NAME, "only thinking is sealed here, and the seal must not be lost"
            )


def _image_source(part: ImagePart, where: str) -> JsonObject:
    if [part.url, part.data, part.file_id].count(None) != 2:
        raise InvalidRequest(where, "an image needs exactly one of url, data and file_id")
    if part.file_id is not None:
        return {"file_id": part.file_id}
    if part.url is not None:
        return {"image_url": part.url}
    if part.media_type is None:
        raise InvalidRequest(where, "an image given as data needs its media_type, such as image/png")
    return {"image_url": f"data:{part.media_type};base64,{part.data}"}


def _file_source(part: FilePart, where: str) -> JsonObject:
    if [part.file_id, part.url, part.data, part.text].count(None) != 3:
        raise InvalidRequest(where, "a file needs exactly one of file_id, url, data and text")
    wire: JsonObject = {}
    if part.file_id is not None:
        wire["file_id"] = part.file_id
    elif part.url is not None:
        wire["file_url"] = part.url  # its media type is told by whoever serves it
    elif part.text is not None:
        body = base64.b64encode(part.text.encode("utf-8", "replace")).decode("ascii")
        wire["file_data"] = f"data:{part.media_type or 'text/plain'};base64,{body}"
    else:
        wire["file_data"] = part.data if part.media_type is None else f"data:{part.media_type};base64,{part.data}"
    if part.filename is not None:
        wire["filename"] = part.filename
    return wire
