"""Requests of legacy completions: one user's text becomes the prompt. What cannot be said is refused or left out, as `fields` says.

* The conversation is one user message of text parts, joined. A system (or developer) message is refused or put before the prompt, by
  the option `system`. Anything else is refused with the message's position.
* `logprobs` is a number here: how many likely tokens to tell beside each (`top_logprobs`, or 0).
* A streamed request asks for usage, because accounting needs it; what the caller put into `stream_options` beside it is kept.

Source of the fields: openai-python 3.57.0, `types/completion_create_params.py`, November 2026.
"""

from __future__ import annotations

from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.json_request import own_extras, post_json
from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.openai_chat.options import is_openais_own
from muxer_core.dialects.openai_chat.paths import url_of
from muxer_core.dialects.openai_completions.chunks import DIALECT
from muxer_core.dialects.openai_completions.fields import LEFT_OUT, OWNED, REFUSED
from muxer_core.dialects.openai_completions.options import OpenAICompletionsOptions
from muxer_core.dialects.protocol import Encoded, Target
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import Message, TextPart
from muxer_core.values.request import ChatRequest
from muxer_core.values.usage import JsonValue

_SAME_NAME = ("temperature", "top_p", "frequency_penalty", "presence_penalty", "seed", "user")


def encode_chat(
    request: ChatRequest, target: Target, *, max_tokens: int | None, stream: bool, options: OpenAICompletionsOptions
) -> Encoded:
    """The request for one attempt. Raises `InvalidRequest`, naming the field, for what this API cannot say."""
    extras, warnings = own_extras(request.extras, request.dialect, DIALECT, OWNED)
    _refuse(request)
    body: dict[str, JsonValue] = {"model": target.model, "prompt": _prompt(request.messages, options, warnings)}
    if max_tokens is not None:
        body["max_tokens"] = max_tokens
    for name in _SAME_NAME:
        value = getattr(request, name)
        if value is not None:
            body[name] = value
    if request.stop:
        body["stop"] = list(request.stop)
    if request.n != 1:
        body["n"] = request.n
    if request.logprobs:
        body["logprobs"] = request.top_logprobs or 0
    if request.top_k is not None:
        if is_openais_own(target.base_url):
            warnings.append(left_out("top_k", DIALECT, "OpenAI's own servers refuse the field"))
        else:
            body["top_k"] = request.top_k
    warnings += [left_out(name, DIALECT, why) for name, why in LEFT_OUT.items() if getattr(request, name) is not None]
    body.update(extras)
    _put_stream(body, warnings, stream=stream, options=options)
    accept = "text/event-stream" if stream else "application/json"
    url = url_of(target, "completions", options.api_version)
    return Encoded(post_json(target, url, body, accept=accept), tuple(warnings))


def _refuse(request: ChatRequest) -> None:
    for name, why in REFUSED.items():
        if getattr(request, name):
            raise refuse_field(name, DIALECT, why)
    if request.tool_choice is not None and request.tool_choice.mode == "required":
        raise refuse_field("tool_choice", DIALECT, "it has no tools")
    if request.output_format is not None and request.output_format.kind != "text":
        raise refuse_field("output_format", DIALECT, "the answer is free text")
    if any(one != "text" for one in request.modalities):
        raise refuse_field("modalities", DIALECT, "the answer is text")


def _prompt(messages: tuple[Message, ...], options: OpenAICompletionsOptions, warnings: list[str]) -> str:
    before: list[str] = []
    prompt: str | None = None
    for position, message in enumerate(messages):
        where = f"messages[{position}]"
        text = _text(message, where, warnings)
        if message.role in ("system", "developer"):
            if options.system == "refuse":
                raise refuse_field(
                    where, DIALECT, f"it has no {message.role} message (set the option system to prepend)"
                )
            before.append(text)
            warnings.append(
                f"{where}: put before the prompt, because the dialect {DIALECT} has no {message.role} message"
            )
        elif message.role != "user" or prompt is not None:
            raise refuse_field(where, DIALECT, "the conversation is one message of the user")
        else:
            prompt = text
    if prompt is None:
        raise refuse_field("messages", DIALECT, "there is no message of the user")
    return "\n\n".join([*before, prompt])


def _text(message: Message, where: str, warnings: list[str]) -> str:
    for position, part in enumerate(message.parts):
        field = f"{where}.parts[{position}]"
        if not isinstance(part, TextPart):
            raise refuse_field(field, DIALECT, f"a prompt is text, and holds no {type(part).__name__}")
        if part.signature is not None:
            raise refuse_field(f"{field}.signature", DIALECT, "a prompt holds no seals")
        if part.citations:
            warnings.append(left_out(f"{field}.citations", DIALECT, "a prompt is text alone"))
        if part.cache is not None:
            warnings.append(left_out(f"{field}.cache", DIALECT, "a prompt has no marks"))
        warnings += [left_out(f"{field}.extras.{name}", DIALECT, "a prompt is text alone") for name in part.extras]
    if message.name is not None:
        warnings.append(left_out(f"{where}.name", DIALECT, "a prompt is text alone"))
    warnings += [left_out(f"{where}.extras.{name}", DIALECT, "a prompt is text alone") for name in message.extras]
    return message.text


def _put_stream(
    body: dict[str, JsonValue], warnings: list[str], *, stream: bool, options: OpenAICompletionsOptions
) -> None:
    asked = body.get("stream_options")
    if asked is not None and not is_object(asked):
        raise InvalidRequest("extras.stream_options", f"must be an object, got {type(asked).__name__}")
    if not stream:
        if body.pop("stream_options", None) is not None:
            warnings.append("extras.stream_options: left out, because the call is not streamed")
        return
    body["stream"] = True
    if options.ask_stream_usage:
        body["stream_options"] = {**(asked or {}), "include_usage": True}
