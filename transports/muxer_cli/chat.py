"""`modelmuxer chat`: one call, streamed to the terminal; then the decision, the attempts, the usage and the cost."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from contextlib import suppress

from muxer_cli.asking import add_request_arguments, messages_of, options_of
from muxer_cli.load import Settings
from muxer_cli.open_client import config_for, opened
from muxer_cli.report import outcome_fields, print_outcome
from muxer_cli.screen import Screen
from muxer_core.call.outcome import CallFailed, Outcome
from muxer_core.call.reply_builder import ReplyBuilder
from muxer_core.values.context import CallContext
from muxer_core.values.errors import LocalProtocolError
from muxer_core.values.items import Item, ReasoningDelta, RefusalDelta, TextDelta
from muxer_drivers.sync_driver import SyncStream

HELP = "ask a model, and see the answer as it comes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add_request_arguments(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="print the answer and nothing else")


def run(arguments: argparse.Namespace, settings: Settings, screen: Screen) -> int:
    """Make the call. Raises `CallFailed` when no answer began. An interrupt ends it in mid-stream: what it cost is said all the same."""
    messages, options = messages_of(arguments), options_of(arguments)
    context = CallContext(tags=tuple(arguments.tag))
    with opened(settings, config_for(settings, arguments.model)) as (_, client):
        stream = client.stream(messages, model=arguments.model, context=context, **options)
        outcome, text = show_stream(stream, screen)
    if screen.as_json:
        screen.json({"text": text, **outcome_fields(outcome)})
    elif not arguments.quiet:
        if text:
            screen.line()
        print_outcome(outcome, screen)
    if outcome.status == "complete":
        return 0
    if outcome.status == "cancelled":
        raise KeyboardInterrupt
    if outcome.failure is not None and not screen.as_json:
        screen.trouble(f"modelmuxer: {outcome.failure.describe()}")
    return 1


Watch = Callable[[Sequence[Item]], None]
"""Is told of items right after they were shown."""


def ignore(_: Sequence[Item]) -> None:
    """Watches nothing."""


def show_stream(stream: SyncStream, screen: Screen, watch: Watch = ignore) -> tuple[Outcome, str]:
    """Show the items of a stream as they come; how the call ended, and the text. A failed call ends here too, with what
    had come, and so does one that the user interrupts: its status is then `cancelled`.
    """
    builder = ReplyBuilder()
    shown = _Shown(screen)
    outcome: Outcome | None = None
    try:
        with stream:
            while items := stream.next_batch():
                builder.add(items)
                for item in items:
                    shown.show(item)
                watch(items)
        outcome = stream.outcome
    except CallFailed as failed:
        outcome = failed.outcome
    except KeyboardInterrupt:
        with suppress(LocalProtocolError):
            outcome = stream.outcome
        if outcome is None:
            raise
    reply = builder.build(outcome)
    for call in reply.tool_calls if reply.answers else ():
        shown.whole_line(f"tool call {call.name}({call.arguments})")
    shown.end()
    return outcome, reply.text if reply.answers else ""


class _Shown:
    """What was shown of an answer: thinking on a terminal only, dimmed; text and refusals as they are. With `--json`, nothing yet."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._open = False
        self._thinking = False

    def show(self, item: Item) -> None:
        """Show what a reader wants to see of an item."""
        if self._screen.as_json:
            return
        if isinstance(item, ReasoningDelta):
            if self._screen.is_terminal and item.text:
                self._thinking = True
                self._text(item.text, "dim")
        elif isinstance(item, TextDelta | RefusalDelta) and item.text:
            if self._thinking:
                self._thinking = False
                self.whole_line("")
            self._text(item.text)

    def _text(self, text: str, style: str = "") -> None:
        self._screen.text(text, style)
        self._open = not text.endswith("\n")

    def whole_line(self, text: str) -> None:
        """A line of its own."""
        if not self._screen.as_json:
            self.end()
            self._screen.line(text)

    def end(self) -> None:
        """End the line that is open."""
        if self._open:
            self._screen.line()
            self._open = False
