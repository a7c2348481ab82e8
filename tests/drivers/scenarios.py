"""The scenarios that every driver must run alike. One list; `test_equal_traces.py` plays it on each."""

from __future__ import annotations

from muxer_core.call.policies import CascadePolicy, Policies, RetryPolicy, Timeouts
from muxer_core.simulation.script import (
    REFUSED_CONNECTION,
    Break,
    Data,
    End,
    Hang,
    Head,
    Script,
    Wait,
    answer,
)
from muxer_core.testing.calls import DONE, ERROR_BODIES, FINISH, IN_STREAM_ERROR, ROLE, USAGE, text_chunk
from muxer_core.values.items import Item, TextDelta
from tests.drivers.virtual import TIMEOUTS, Case

REPLY = [ROLE, text_chunk("The sky "), text_chunk("is blue."), FINISH, USAGE, DONE]
WHOLE = b"".join(REPLY)
PLAIN = (
    b'{"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0, "message": {"role": "assistant",'
    b' "content": "The sky is blue."}, "finish_reason": "stop"}],'
    b' "usage": {"prompt_tokens": 12, "completion_tokens": 7, "total_tokens": 19}}'
)
JSON = (("content-type", "application/json"),)


def refusal(status: int, *headers: tuple[str, str]) -> Script:
    """An error reply."""
    return (Head(status, (*JSON, *headers)), Data(ERROR_BODIES[status]), End())


def says_good(items: tuple[Item, ...]) -> bool:
    """A judge that wants one word."""
    return "good" in "".join(item.text for item in items if isinstance(item, TextDelta))


GOOD = [ROLE, text_chunk("good"), FINISH, USAGE, DONE]
ALONE = {"places": 1}
NO_RETRY = Policies(timeouts=TIMEOUTS, retry=RetryPolicy(max_retries=0))
CASCADE = Policies(timeouts=TIMEOUTS, cascade=CascadePolicy(steps=2))

CASES: dict[str, Case] = {
    "plain success": Case(scripts=(answer(REPLY),)),
    "one read": Case(scripts=(answer([WHOLE]),)),
    "byte-wise": Case(scripts=(answer([WHOLE[at : at + 1] for at in range(len(WHOLE))]),)),
    "slow but steady": Case(scripts=(answer(REPLY, first=3.5, gap=9.0),)),
    "not streamed": Case(
        scripts=((Wait(2.0), Head(200, JSON), Data(PLAIN[:40]), Data(PLAIN[40:]), End()),), streamed=False
    ),
    "retry after 500": Case(scripts=(refusal(500), answer(REPLY)), places=1),
    "retry-after": Case(scripts=(refusal(429, ("retry-after", "3")), answer(REPLY)), places=1),
    "fallback after 401": Case(scripts=(refusal(401), answer(REPLY))),
    "refused by all": Case(scripts=(refusal(400),)),
    "nobody listens": Case(scripts=(REFUSED_CONNECTION,)),
    "refused, then answered": Case(scripts=(REFUSED_CONNECTION, answer(REPLY))),
    "reset before the head": Case(scripts=((Wait(1.0), Break()), answer(REPLY))),
    "reset before content": Case(scripts=((Head(), Data(ROLE), Break()), answer(REPLY))),
    "reset in mid-stream": Case(
        scripts=((Head(), Data(ROLE), Data(text_chunk("The ")), Wait(0.5), Break()), answer(REPLY))
    ),
    "cut in mid-stream": Case(scripts=((Head(), Data(ROLE), Data(text_chunk("The ")), End()),)),
    "error in the stream": Case(scripts=((Head(), Data(ROLE), Data(IN_STREAM_ERROR), End()), answer(REPLY))),
    "error after content": Case(scripts=((Head(), Data(text_chunk("The ")), Data(IN_STREAM_ERROR), End()),)),
    "error body stalls": Case(scripts=((Head(500, JSON), Data(b'{"err'), Hang()), answer(REPLY))),
    "no head": Case(scripts=((Hang(),), answer(REPLY))),
    "no first chunk": Case(scripts=((Head(), Hang()), answer(REPLY))),
    "only markers": Case(scripts=((Head(), Data(ROLE), Wait(9.0), Data(b": ping\n\n"), Hang()), answer(REPLY))),
    "stall": Case(scripts=((Head(), Data(ROLE), Data(text_chunk("The ")), Hang()),)),
    "late again and again": Case(scripts=((Hang(),),)),
    "attempt timeout": Case(
        scripts=(answer([ROLE] * 8, gap=3.0), answer(REPLY)),
        policies=Policies(timeouts=Timeouts(first_chunk=20, stall=10, attempt=12.5, call=100)),
    ),
    "call timeout in mid-stream": Case(scripts=(answer([ROLE] + [text_chunk("x")] * 30, gap=4.3),)),
    "call timeout in a backoff": Case(
        scripts=(refusal(429, ("retry-after", "30")),),
        places=1,
        policies=Policies(timeouts=Timeouts(first_chunk=20, stall=10, call=12.0)),
    ),
    "nothing more after the end mark": Case(scripts=((*answer(REPLY)[:-1], Hang()),)),
    "more after the end mark": Case(scripts=((*answer(REPLY)[:-1], *[Data(b": ping\n\n")] * 5, Break()),)),
    "slow consumer": Case(scripts=(answer(REPLY, gap=1.0),), consumer_pause=15.3),
    "slow consumer, then stall": Case(scripts=((*answer(REPLY[:3])[:-1], Hang()),), consumer_pause=15.3),
    "consumer slower than the call": Case(scripts=(answer(REPLY),), consumer_pause=60.3),
    "cascade, first is good": Case(scripts=(answer(GOOD), answer(REPLY)), policies=CASCADE, judge=says_good),
    "cascade, second answers": Case(scripts=(answer(REPLY, gap=0.5), answer(GOOD)), policies=CASCADE, judge=says_good),
    "cascade, second fails": Case(scripts=(answer(REPLY), refusal(400)), policies=CASCADE, judge=says_good),
    "cancelled before the head": Case(scripts=((Hang(),),), cancel_at=2.0),
    "cancelled before content": Case(scripts=((Head(), Data(ROLE), Hang()),), cancel_at=2.0),
    "cancelled in mid-stream": Case(scripts=(answer(REPLY, gap=1.0),), cancel_at=2.5),
    "cancelled in a backoff": Case(scripts=(refusal(429, ("retry-after", "9")),), places=1, cancel_at=4.0),
    "cancelled in a second attempt": Case(scripts=(refusal(401), answer(REPLY, first=5.0)), cancel_at=4.0),
}
