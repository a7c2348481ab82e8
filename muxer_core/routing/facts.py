"""`RouteFacts`: all that routing knows of a request. With a view of the fleet it is the whole input of a decision."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from muxer_core.catalog.cards import capability_mask
from muxer_core.routing.group import Group
from muxer_core.routing.task import Task, judge_task
from muxer_core.routing.tokens import Tokens, count
from muxer_core.values.context import NOBODY, CallContext
from muxer_core.values.messages import AudioPart, FilePart, ImagePart, Part, ToolResultPart
from muxer_core.values.request import CeilingMode, ChatRequest

SMALLEST_ANSWER = 16
"""Tokens. When a caller names no `max_tokens`, a deployment fits under `max_cost` when an answer of this length does."""

USUAL_ANSWER = 215
"""Tokens that an answer is expected to have when nothing better is known: the mean of a million conversations (Zheng et al.,
"LMSYS-Chat-1M", 2023: 214.5). Only rankings use it; no ceiling does."""


class RouteFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision is about. Token counts are for one attempt.

    * `group`: the deployments that may serve. `tried`: bits of those that are out of the question. `tags`: the call's own.
    * `needs`: bits of `CAPABILITIES`.
    * `tokens`: input, estimated and proven. `max_tokens`: the caller's, for one answer; `answers`: how many are wanted. An answer of 0
      tokens is none: vectors are billed by their input alone.
    * `longest`: estimated tokens of the longest input where each has the context window to itself (vectors); None: all is one input.
    * `left`: pico-dollars that remain under `max_cost`, None without one; `ceiling`: how it is kept.
    * `task`: kind and difficulty, by the form of the prompt. `seed`: for spreading load.
    """

    group: Group
    tokens: Tokens
    task: Task
    needs: int = 0
    max_tokens: int | None = None
    answers: int = 1
    tags: tuple[str, ...] = ()
    tried: int = 0
    left: int | None = None
    ceiling: CeilingMode = "proven"
    seed: int = 0
    longest: int | None = None

    @property
    def window(self) -> int:
        """Tokens that the context window must hold: the estimated input, and the answer that was asked for (or the smallest)."""
        counted = self.tokens.estimate if self.longest is None else self.longest
        return counted + (SMALLEST_ANSWER if self.max_tokens is None else self.max_tokens)

    @property
    def expected_output(self) -> int:
        """Output tokens to expect, over all answers."""
        return self.answers * (USUAL_ANSWER if self.max_tokens is None else min(USUAL_ANSWER, self.max_tokens))

    @property
    def least_output(self) -> int:
        """Output tokens that must fit under the ceiling, over all answers."""
        return self.answers * (SMALLEST_ANSWER if self.max_tokens is None else self.max_tokens)

    @property
    def counted_input(self) -> int | None:
        """Input tokens by which the ceiling is kept; None when it cannot be, because nothing is proven."""
        return self.tokens.estimate if self.ceiling == "estimate" else self.tokens.bound


def route_facts(request: ChatRequest, group: Group, *, context: CallContext = NOBODY, seed: int = 0) -> RouteFacts:
    """The facts of a chat request."""
    tokens = count(request)
    media = frozenset(_media(part for message in request.messages for part in message.parts))
    return RouteFacts(
        group=group,
        tokens=tokens,
        task=judge_task(request, tokens.estimate, media),
        needs=capability_mask(_needs(request, media)),
        max_tokens=request.max_tokens,
        answers=request.n,
        tags=context.tags,
        left=None if request.max_cost is None else request.max_cost.pico,
        ceiling=request.ceiling,
        seed=seed,
    )


def _media(parts: Iterable[Part]) -> Iterable[str]:
    for part in parts:
        match part:
            case ImagePart():
                yield "image"
            case AudioPart():
                yield "audio"
            case FilePart():
                yield "file"
            case ToolResultPart():
                yield from _media(part.parts)
            case _:
                pass


def _needs(request: ChatRequest, media: frozenset[str]) -> Iterable[str]:
    if request.tools:
        yield "tools"
        if request.parallel_tool_calls:
            yield "parallel_tools"
    if request.output_format is not None and request.output_format.kind != "text":
        yield request.output_format.kind
    for kind, capability in (("image", "vision"), ("audio", "audio_input"), ("file", "files")):
        if kind in media:
            yield capability
    for modality, capability in (("audio", "audio_output"), ("image", "image_output")):
        if modality in request.modalities:
            yield capability
    if request.reasoning_effort not in (None, "none"):
        yield "reasoning"
    if request.logprobs:
        yield "logprobs"
    if request.n > 1:
        yield "many_answers"
