"""The response object: what a response says of itself, beside its output.

It repeats the request's settings, as the API does; a reply of this dialect told its own, which win. `store` is false where the client did
not say: we keep no replies.
"""

from __future__ import annotations

from muxer_core.dialects.json_text import is_object
from muxer_core.dialects.openai_responses.content_parts import JsonObject, PartWriter
from muxer_core.dialects.openai_responses.messages import KEPT
from muxer_core.dialects.openai_responses.options import NAME
from muxer_core.dialects.openai_responses.tools import encode_output_format, encode_tool, encode_tool_choice
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.failure import Failure, FailureKind
from muxer_core.values.items import ChoiceFinished, UsageReported
from muxer_core.values.messages import ProviderPart
from muxer_core.values.request import ChatRequest

ERROR_CODES: dict[FailureKind, str] = {
    "rate_limited": "rate_limit_exceeded",
    "quota_exhausted": "rate_limit_exceeded",
    "overloaded": "server_error",
    "bad_request": "invalid_prompt",
    "context_too_long": "invalid_prompt",
    "content_policy": "invalid_prompt",
    "unsupported": "invalid_prompt",
}
"""The code of a failure that ends a response, from the API's own list; any other kind is `server_error`."""


def settings(request: ChatRequest) -> JsonObject:
    """The request's settings, as a response repeats them."""
    extras = request.extras
    kept: JsonObject = {}
    instructions: str | None = None
    for message in request.messages:
        if message.form == KEPT:
            kept = {
                name: value
                for part in message.parts
                if isinstance(part, ProviderPart)
                for name, value in part.spec.items()
            }
        elif message.form == ("instructions",):
            instructions = message.text
    text = extras.get("text")
    reasoning = extras.get("reasoning")
    return {
        "background": bool(extras.get("background")),
        "error": None,
        "incomplete_details": None,
        "instructions": instructions,
        "max_output_tokens": request.max_tokens,
        "max_tool_calls": extras.get("max_tool_calls"),
        "metadata": request.metadata or {},
        "parallel_tool_calls": request.parallel_tool_calls is not False,
        "previous_response_id": kept.get("previous_response_id"),
        "prompt_cache_key": request.prompt_cache_key,
        "reasoning": {
            "effort": request.reasoning_effort,
            "summary": request.reasoning_summary,
            **(reasoning if is_object(reasoning) else {}),
        },
        "safety_identifier": request.safety_identifier,
        "service_tier": request.service_tier,
        "store": bool(request.store),
        "temperature": request.temperature,
        "text": {**_text(request), **(text if is_object(text) else {})},
        "top_logprobs": request.top_logprobs,
        "top_p": request.top_p,
        "truncation": extras.get("truncation") or "disabled",
        "user": request.user,
        **_tools(request),
    }


def _text(request: ChatRequest) -> JsonObject:
    own = PartWriter([], request.dialect).own
    try:
        form = {"type": "text"} if request.output_format is None else encode_output_format(request.output_format, own)
    except InvalidRequest:  # a request that no client of this dialect wrote
        form = {"type": "text"}
    return {"format": form} if request.verbosity is None else {"format": form, "verbosity": request.verbosity}


def _tools(request: ChatRequest) -> JsonObject:
    home = request.dialect == NAME
    writer = PartWriter([], request.dialect)
    try:
        choice = (
            "auto"
            if request.tool_choice is None
            else encode_tool_choice(request.tool_choice, request.tools, writer.own, home=home)
        )
        return {
            "tools": [encode_tool(tool, "tools", writer, home=home) for tool in request.tools],
            "tool_choice": choice,
        }
    except InvalidRequest:
        return {"tools": [], "tool_choice": "auto"}


def usage_object(report: UsageReported, extras: JsonObject) -> JsonObject:
    """`usage` in the API's words. Totals hold their parts, as ours do. `extras` are its further fields, of a reply in this dialect."""
    usage = report.usage
    written: JsonObject = {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cached_input_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
    for name, value in extras.items():
        known = written.get(name)
        written[name] = {**value, **known} if is_object(known) and is_object(value) else value
    return written


def ending_fields(finish: ChoiceFinished | None, *, own: bool) -> JsonObject:
    """Status, and why the response is incomplete where it is. `own`: the native word is this API's."""
    if finish is not None and finish.reason in ("length", "content_filter"):
        if own and finish.native == "incomplete":
            return {"status": "incomplete"}
        reason = "max_output_tokens" if finish.reason == "length" else "content_filter"
        if own and finish.native:
            reason = finish.native
        return {"status": "incomplete", "incomplete_details": {"reason": reason}}
    if own and finish is not None and finish.native == "steered":
        return {"status": "incomplete", "incomplete_details": {"reason": finish.native}}
    return {"status": "completed"}


def error_fields(failure: Failure) -> JsonObject:
    """Status and error of a response that failed."""
    code = ERROR_CODES.get(failure.kind, "server_error")
    return {"status": "failed", "error": {"code": code, "message": failure.message}}
