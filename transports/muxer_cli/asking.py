"""From arguments and standard input to a request: shared by `chat` and `route`."""

from __future__ import annotations

import argparse
import sys
from typing import cast

from muxer_core.asking import ChatOptions
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import Message, TextPart

OPTIONS = ("max_tokens", "max_cost", "ceiling", "strategy", "temperature")


def add_request_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that describe a request."""
    parser.add_argument("prompt", nargs="*", help="the prompt; without one, or as -, standard input is read")
    parser.add_argument("-m", "--model", default="auto", help="a model, deployment, group or alias, or auto (default)")
    parser.add_argument("--system", metavar="TEXT", help="instructions before the prompt")
    parser.add_argument("--max-tokens", type=int, metavar="N", help="most output tokens")
    parser.add_argument("--max-cost", metavar="USD", help="most US dollars for the call, over all its attempts")
    parser.add_argument("--ceiling", choices=("proven", "estimate"), help="how --max-cost is kept")
    parser.add_argument("--strategy", help="routing strategy for this call")
    parser.add_argument("--temperature", type=float, metavar="T", help="sampling temperature")
    parser.add_argument("--tag", action="append", default=[], metavar="TAG", help="tag of the call; may be repeated")


def messages_of(arguments: argparse.Namespace) -> list[Message]:
    """The conversation. Raises `InvalidRequest` when there is no prompt."""
    words = " ".join(arguments.prompt)
    prompt = sys.stdin.read() if words in ("", "-") else words
    if not prompt.strip():
        raise InvalidRequest("prompt", "is empty: write it after the command, or pipe it in")
    messages = [Message("user", (TextPart(prompt),))]
    return [Message("system", (TextPart(arguments.system),)), *messages] if arguments.system else messages


def options_of(arguments: argparse.Namespace) -> ChatOptions:
    """The options that were given."""
    given = {name: getattr(arguments, name) for name in OPTIONS}
    return cast("ChatOptions", {name: value for name, value in given.items() if value is not None})
