"""A tiny server made of our server roles: it decodes what a client sends, and answers with the items that a test names."""

from __future__ import annotations

from collections.abc import Sequence

from muxer_core.dialects.server import Answered, Answering, Asked, Inbound, ServerDialect, invalid_as_failure
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.failure import Failure
from muxer_core.values.items import Item
from muxer_core.wire.heads import Headers
from muxer_core.wire.limits import Limits
from tests.support.loopback import Answer, LoopbackServer, Request

CREATED = 1_700_000_000
REPLY_ID = "0123456789abcdef"


class DialectServer(LoopbackServer):
    """Answers every chat request in `codec` with the same items, or with a failure. It keeps what was asked, decoded."""

    def __init__(self, codec: ServerDialect, reply: Sequence[Item] | Failure) -> None:
        self.codec = codec
        self.reply = reply
        self.asked: list[Asked] = []
        super().__init__(self._reply)

    def _reply(self, request: Request) -> Answer:
        path, _, query = request.path.partition("?")
        inbound = Inbound(request.method, path, query, Headers(tuple(request.headers.items())), request.body)
        try:
            asked = self.codec.decode_chat(inbound, limits=Limits())
        except InvalidRequest as problem:
            return _whole(self.codec.answer_failure(invalid_as_failure(problem)))
        self.asked.append(asked)
        if isinstance(self.reply, Failure):
            return _whole(self.codec.answer_failure(self.reply))
        encoder = self.codec.reply_encoder(asked, Answering(reply_id=REPLY_ID, created=CREATED))
        pieces = [encoder.receive_items([item]) for item in self.reply]
        head = encoder.head
        if asked.stream:
            return Answer(head.status, [piece for piece in pieces if piece], head.headers.fields)
        return Answer(head.status, b"".join(pieces), head.headers.fields)


def _whole(answered: Answered) -> Answer:
    return Answer(answered.head.status, answered.body, answered.head.headers.fields)
