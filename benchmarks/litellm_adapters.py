"""LiteLLM's adapter from Anthropic's stream to OpenAI's chunks, over the same bytes.

Run by the interpreter that has LiteLLM: `.venv-litellm/bin/python -m benchmarks.litellm_adapters REPETITIONS` prints one row as JSON. What
is timed: each event's JSON read, handed to `ModelResponseIterator`, and its chunk written as JSON again.
"""

from __future__ import annotations

import json
import os
import sys

from benchmarks.dialect_streams import anthropic_messages
from benchmarks.stream_bytes import CHUNKS
from benchmarks.timing import microseconds_each


def main(repetitions: int) -> None:
    """Measure and print."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    from litellm.llms.anthropic.chat.handler import ModelResponseIterator

    events = anthropic_messages()

    def work() -> None:
        iterator = ModelResponseIterator(streaming_response=iter(()), sync_stream=True)
        for event in events:
            data = event.partition(b"data: ")[2]
            iterator.chunk_parser(json.loads(data)).model_dump_json()

    print(json.dumps({"litellm: translate anthropic to openai": microseconds_each(work, CHUNKS, repetitions)}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
