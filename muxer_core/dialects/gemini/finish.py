"""Why a candidate ended: the vendor's words and ours, in both directions.

| the vendor's word | ours | why |
| --- | --- | --- |
| STOP | `stop`, or `tool_call` where the candidate called functions | the vendor says STOP for both |
| MAX_TOKENS | `length` | |
| SAFETY, RECITATION, LANGUAGE, BLOCKLIST, PROHIBITED_CONTENT, SPII, IMAGE_*, MODEL_ARMOR, ESCALATION | `content_filter` | a filter |
| MALFORMED_FUNCTION_CALL, UNEXPECTED_TOOL_CALL, TOO_MANY_TOOL_CALLS | `error` | the model's slip |
| MISSING_THOUGHT_SIGNATURE, MALFORMED_RESPONSE | `error` | the same |
| OTHER, IMAGE_OTHER, NO_IMAGE, PUP_LIMITED_DISABLED | `error` | the vendor does not say why nothing came |
| CONTINUATION | `pause` | the vendor goes on when it is asked again |
| FINISH_REASON_UNSPECIFIED, an unknown word | `stop` | the word itself is always kept |

`error` ends the call as a failure only where no candidate brought any content (`assembly`). A prompt that was blocked
(`promptFeedback.blockReason`, no candidates) is an answer too: it is finished with `content_filter` and the block reason as native word,
as a candidate that a filter emptied is. Servers that write enums as numbers (`enum-encoding=int`) mean Vertex AI's numbers.

Source: google-genai 3.6.1, `FinishReason` and `BlockedReason`, November 2026.
"""

from __future__ import annotations

from typing import Any

from muxer_core.values.items import FinishReason

FINISH_REASONS: dict[str, FinishReason] = {
    "FINISH_REASON_UNSPECIFIED": "stop",
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "ESCALATION": "content_filter",
    "MALFORMED_FUNCTION_CALL": "error",
    "UNEXPECTED_TOOL_CALL": "error",
    "TOO_MANY_TOOL_CALLS": "error",
    "MISSING_THOUGHT_SIGNATURE": "error",
    "MALFORMED_RESPONSE": "error",
    "OTHER": "error",
    "IMAGE_OTHER": "error",
    "NO_IMAGE": "error",
    "PUP_LIMITED_DISABLED": "error",
    "CONTINUATION": "pause",
}

NUMBERS = {
    0: "FINISH_REASON_UNSPECIFIED",
    1: "STOP",
    2: "MAX_TOKENS",
    3: "SAFETY",
    4: "RECITATION",
    5: "OTHER",
    6: "BLOCKLIST",
    7: "PROHIBITED_CONTENT",
    8: "SPII",
    9: "MALFORMED_FUNCTION_CALL",
    10: "MODEL_ARMOR",
}
"""Vertex AI's numbers of finish reasons (google.cloud.aiplatform.v1, `Candidate.FinishReason`, November 2026)."""

WORDS: dict[FinishReason, str] = {
    "stop": "STOP",
    "tool_call": "STOP",
    "length": "MAX_TOKENS",
    "content_filter": "SAFETY",
    "error": "OTHER",
    "pause": "STOP",
}
"""What we say for a reason of another dialect."""


def word_of(value: Any) -> str | None:
    """A finish reason as the vendor's word; None for what is none."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool):
        return NUMBERS.get(value, str(value))
    return None


def reason_of(word: str, *, called: bool) -> FinishReason:
    """Our reason. `called` says that the candidate called a function."""
    reason = FINISH_REASONS.get(word, "stop")
    return "tool_call" if called and reason == "stop" else reason


def native_word(reason: FinishReason, native: str) -> str:
    """The vendor's word for our reason: the native one where it is a word of the vendor's, else the nearest."""
    return native if native in FINISH_REASONS else WORDS[reason]
