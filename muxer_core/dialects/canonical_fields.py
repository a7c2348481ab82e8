"""Our own fields, by the names that field tables use (`ChatRequest.top_p`, `TextPart.text`): what a dialect's `reach` rows must cover.

They are read off the values themselves, so that a field that is added there is missing in every table until somebody says what becomes of
it. Left out are fields that never go to a provider (what routing and money read), and notes of a dialect to itself.
"""

from __future__ import annotations

import msgspec

from muxer_core.values.messages import (
    AudioPart,
    CacheMark,
    Citation,
    FilePart,
    ImagePart,
    Message,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    ServerToolCallPart,
    ServerToolResultPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from muxer_core.values.request import ChatRequest, CustomTool, FunctionTool, OutputFormat, ProviderTool, ToolChoice

OF_A_REQUEST: tuple[type[msgspec.Struct], ...] = (
    ChatRequest,
    Message,
    TextPart,
    ImagePart,
    AudioPart,
    FilePart,
    RefusalPart,
    ReasoningPart,
    ToolCallPart,
    ToolResultPart,
    ServerToolCallPart,
    ServerToolResultPart,
    ProviderPart,
    CacheMark,
    Citation,
    FunctionTool,
    CustomTool,
    ProviderTool,
    ToolChoice,
    OutputFormat,
)
"""The values that a request is made of."""

NOT_SENT = frozenset({
    "ChatRequest.max_cost", "ChatRequest.ceiling", "ChatRequest.strategy",
    "Citation.native", "ServerToolCallPart.native", "ServerToolResultPart.native",
})  # fmt: skip
"""What only we read, and what says again in one dialect's words what other fields say in ours."""

_NOTES = frozenset({"extras", "dialect", "form"})


def canonical_fields() -> tuple[str, ...]:
    """The names of all fields that a table's `reach` must speak of.

    >>> [name for name in canonical_fields() if name.startswith("RefusalPart.")]
    ['RefusalPart.text']
    """
    names = [
        f"{value.__name__}.{name}" for value in OF_A_REQUEST for name in value.__struct_fields__ if name not in _NOTES
    ]
    return tuple(name for name in names if name not in NOT_SENT)
