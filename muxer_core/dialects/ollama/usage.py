"""What Ollama reports as used, brought to our terms (`values.usage`). One report comes with the last object.

| rule | when | what |
| --- | --- | --- |
| `plain` | both counts are there | input = `prompt_eval_count`, output = `eval_count` |
| `cached` | `prompt_eval_cached_count` is there (newer servers) | so many of the input; it lies *inside* `prompt_eval_count` |
| `part_clipped` | it is larger than the whole | the part is cut, with a warning |
| `partial` | a count is missing (older servers leave out that of a prompt from their cache) | the other is kept, `exact=False` |
| `none` | both are missing | no report |
| `refused` | a count is negative, no whole number, or above `MAX_COUNT` | not used, with a warning |

Source: github.com/ollama/ollama, `api/types.go` (`Metrics`) and pull requests 5371 and 16916, November 2026.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from muxer_core.dialects.json_events import is_count
from muxer_core.values.usage import Usage

COUNTS = ("prompt_eval_count", "eval_count", "prompt_eval_cached_count")


class UsageReading(NamedTuple):
    """What the last object says: counts, or None when none can be used; what was wrong, in words."""

    usage: Usage | None
    warning: str | None = None


def read_usage(fields: dict[str, Any]) -> UsageReading:
    """Read the counts of an object. Never raises.

    >>> read_usage({"eval_count": 38}).usage.exact
    False
    """
    counts = {name: fields.get(name) for name in COUNTS}
    for name, count in counts.items():
        if count is not None and not is_count(count):
            return UsageReading(None, f"usage was not used: {name} is no count")
    sent, said, cached = (counts[name] for name in COUNTS)
    if sent is None and said is None:
        return UsageReading(None)
    exact = sent is not None and said is not None
    sent, cached = sent or 0, cached or 0
    usage = Usage(input_tokens=sent, output_tokens=said or 0, cached_input_tokens=min(cached, sent), exact=exact)
    return UsageReading(
        usage, "prompt_eval_cached_count was cut: it is more than the prompt" if cached > sent else None
    )
