"""`ChatCompletion`: a whole reply in the shape that users of OpenAI's client know, with our cost, decision and outcome beside it."""

from __future__ import annotations

import msgspec

from muxer_compat.messages import ReplyMessage
from muxer_core.call.outcome import Outcome, decision_of
from muxer_core.call.reply import Answer, Reply
from muxer_core.dialects.openai_chat.messages import encode_messages
from muxer_core.routing.decision import Decision
from muxer_core.values.amount import Usd
from muxer_core.values.usage import JsonValue, Usage

FINISH = {"tool_call": "tool_calls"}
"""Our words for a finish reason that differ from OpenAI's."""


class ChatUsage(msgspec.Struct, frozen=True):
    """Tokens of the attempt that served. `exact` False: the provider named none, and these are an estimate."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    exact: bool = True


class Choice(msgspec.Struct, frozen=True):
    """One answer. `finish_reason` is the provider's own word where it gave one."""

    index: int
    message: ReplyMessage
    finish_reason: str | None = None


class ChatCompletion(msgspec.Struct, frozen=True, kw_only=True):
    """A whole reply.

    `cost` is exact, in US dollars over all attempts, None when a price is unknown. `outcome` holds every attempt, with the cost that the
    proxy reported beside ours; `decision` says why the call went where it went.
    """

    id: str | None
    model: str | None
    created: int | None
    choices: tuple[Choice, ...]
    usage: ChatUsage
    outcome: Outcome
    object: str = "chat.completion"

    @property
    def cost(self) -> Usd | None:
        """What the call cost."""
        return self.outcome.cost

    @property
    def decision(self) -> Decision:
        """Why it went where it went. Raises `LocalProtocolError` for a call that was not routed."""
        return decision_of(self.outcome)


def completion_of(reply: Reply) -> ChatCompletion:
    """The reply in OpenAI's shape."""
    used = reply.usage or Usage(exact=False)
    return ChatCompletion(
        id=reply.id,
        model=reply.model,
        created=reply.created,
        choices=tuple(_choice(index, answer) for index, answer in enumerate(reply.answers)),
        usage=ChatUsage(used.input_tokens, used.output_tokens, used.input_tokens + used.output_tokens, used.exact),
        outcome=reply.outcome,
    )


def _choice(index: int, answer: Answer) -> Choice:
    finish = answer.native_finish_reason or answer.finish_reason
    return Choice(index, _message(answer), finish and FINISH.get(finish, finish))


def _message(answer: Answer) -> ReplyMessage:
    """The answer as the dialect would send it back, so that nothing that the next turn needs is lost."""
    (wire,), _ = encode_messages((answer.message,), reasoning_field="reasoning_content")
    known = {name: wire.pop(name) for name in ReplyMessage.__struct_fields__ if name in wire}
    extras: dict[str, JsonValue] = wire
    return msgspec.convert({**known, "extras": extras}, ReplyMessage)
