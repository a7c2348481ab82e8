"""From what a user types to a `ChatRequest`: a plain string, our own messages, or messages in OpenAI's form, with options by keyword.

A bad argument raises `InvalidRequest` at once and names the argument.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypedDict, TypeGuard, cast

from muxer_core.dialects.openai_chat.messages import decode_message
from muxer_core.dialects.openai_chat.tools import decode_output_format, decode_tool, decode_tool_choice
from muxer_core.values.amount import Usd
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import Message, TextPart
from muxer_core.values.request import CeilingMode, ChatRequest, OutputFormat, Tool, ToolChoice
from muxer_core.values.spelling import did_you_mean
from muxer_core.values.usage import JsonValue

Prompt = str | Message | Sequence[Message | Mapping[str, JsonValue]]
"""One user message as text, or a conversation."""


class ChatOptions(TypedDict, total=False):
    """Options of a chat call, as keywords. See `ChatRequest` for what they mean; what is not named here goes into `extras`."""

    max_tokens: int | None
    max_cost: Usd | Decimal | str | float | None
    ceiling: CeilingMode
    strategy: str | None
    temperature: float | None
    top_p: float | None
    frequency_penalty: float | None
    presence_penalty: float | None
    stop: str | Sequence[str]
    seed: int | None
    n: int
    tools: Sequence[Tool | Mapping[str, JsonValue]]
    tool_choice: ToolChoice | str | Mapping[str, JsonValue] | None
    parallel_tool_calls: bool | None
    output_format: OutputFormat | Mapping[str, JsonValue] | None
    reasoning_effort: str | None
    logprobs: bool | None
    top_logprobs: int | None
    modalities: Sequence[str]
    audio: dict[str, JsonValue] | None
    service_tier: str | None
    user: str | None
    top_k: int | None
    reasoning_budget: int | None
    reasoning_summary: str | None
    verbosity: str | None
    metadata: dict[str, JsonValue] | None
    store: bool | None
    prompt_cache_key: str | None
    safety_identifier: str | None
    extras: dict[str, JsonValue]


_OPTIONS = tuple(ChatOptions.__annotations__)


def _messages(prompt: Prompt) -> tuple[Message, ...]:
    if isinstance(prompt, str):
        return (Message("user", (TextPart(prompt),)),)
    if isinstance(prompt, Message):
        return (prompt,)
    if not _is_listed(prompt):
        raise InvalidRequest("messages", f"must be text or a list of messages, got {type(prompt).__name__}")
    return tuple(_message(one, f"messages[{number}]") for number, one in enumerate(prompt))


def _message(one: object, where: str) -> Message:
    if isinstance(one, Message):
        return one
    if not isinstance(one, Mapping):
        raise InvalidRequest(where, f"must be a message, or a mapping with role and content; got {type(one).__name__}")
    return decode_message(cast("Mapping[str, JsonValue]", one), where=where)


def _check_names(options: Mapping[str, object]) -> None:
    """A misspelt `max_cost` that went unheard would be money spent without a ceiling."""
    for name in options:
        if name not in _OPTIONS:
            hint = did_you_mean(name, _OPTIONS)
            raise InvalidRequest(name, f"is no option of a chat call{hint}; a provider's own fields go into extras")


def _is_listed(value: object) -> TypeGuard[Sequence[Any]]:
    """Text is a list of letters to Python, and never meant as one."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes | Mapping)


def _listed(field: str, value: object) -> Sequence[Any]:
    """A list that may be left out."""
    if value is None:
        return ()
    if not _is_listed(value):
        raise InvalidRequest(field, f"must be a list, got {type(value).__name__}")
    return value


def _object(field: str, value: object) -> Mapping[str, JsonValue]:
    if not isinstance(value, Mapping):
        raise InvalidRequest(field, f"must be a mapping, got {type(value).__name__}")
    return cast("Mapping[str, JsonValue]", value)


def _tools(tools: Sequence[Tool | Mapping[str, JsonValue]]) -> tuple[Tool, ...]:
    return tuple(
        decode_tool(one, where=f"tools[{number}]") if isinstance(one, Mapping) else one
        for number, one in enumerate(tools)
    )


def chat_request(prompt: Prompt, model: str, options: ChatOptions) -> ChatRequest:
    """The request that a user meant, checked.

    >>> chat_request("Why is the sky blue?", "auto", {"max_cost": "0.01"}).max_cost
    Usd('0.01')
    """
    _check_names(options)
    max_cost = options.get("max_cost")
    stop = options.get("stop")
    extras = options.get("extras")
    choice = options.get("tool_choice")
    form = options.get("output_format")
    request = ChatRequest(
        model=model,
        messages=_messages(prompt),
        max_tokens=options.get("max_tokens"),
        temperature=options.get("temperature"),
        top_p=options.get("top_p"),
        frequency_penalty=options.get("frequency_penalty"),
        presence_penalty=options.get("presence_penalty"),
        stop=(stop,) if isinstance(stop, str) else tuple(_listed("stop", stop)),
        seed=options.get("seed"),
        n=options.get("n", 1),
        tools=_tools(_listed("tools", options.get("tools"))),
        tool_choice=choice
        if choice is None or isinstance(choice, ToolChoice)
        else decode_tool_choice(choice if isinstance(choice, str) else _object("tool_choice", choice)),
        parallel_tool_calls=options.get("parallel_tool_calls"),
        output_format=form
        if form is None or isinstance(form, OutputFormat)
        else decode_output_format(_object("output_format", form)),
        reasoning_effort=options.get("reasoning_effort"),
        logprobs=options.get("logprobs"),
        top_logprobs=options.get("top_logprobs"),
        modalities=tuple(_listed("modalities", options.get("modalities"))),
        audio=options.get("audio"),
        service_tier=options.get("service_tier"),
        user=options.get("user"),
        top_k=options.get("top_k"),
        reasoning_budget=options.get("reasoning_budget"),
        reasoning_summary=options.get("reasoning_summary"),
        verbosity=options.get("verbosity"),
        metadata=options.get("metadata"),
        store=options.get("store"),
        prompt_cache_key=options.get("prompt_cache_key"),
        safety_identifier=options.get("safety_identifier"),
        max_cost=max_cost if max_cost is None or isinstance(max_cost, Usd) else Usd.parse(max_cost, field="max_cost"),
        ceiling=options.get("ceiling", "proven"),
        strategy=options.get("strategy"),
        extras={} if extras is None else extras,
    )
    request.check()
    return request
