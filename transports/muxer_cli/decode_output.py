"""What `modelmuxer decode` writes: the items of a reply as the fields of one line (`decode` says what each means)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from muxer_core.values.failure import Failure
from muxer_core.values.items import (
    ChoiceFinished,
    CostReported,
    EmbeddingsReported,
    FailureReported,
    Item,
    ModelsListed,
    ReasoningDelta,
    RefusalDelta,
    ReplyStarted,
    TextDelta,
    TokensCounted,
    ToolCallDelta,
    UsageReported,
    WarningReported,
)
from muxer_core.values.usage import Usage


class _Answer:
    """One answer, put together from its items."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.reasoning: list[str] = []
        self.refusal: list[str] = []
        self.calls: dict[int, dict[str, Any]] = {}
        self.finished: ChoiceFinished | None = None

    def add_call(self, piece: ToolCallDelta) -> None:
        call = self.calls.setdefault(piece.call, {"id": None, "name": None, "arguments": "", "kind": "function"})
        call["id"] = piece.id or call["id"]
        call["name"] = piece.name or call["name"]
        call["kind"] = piece.kind or call["kind"]
        call["arguments"] += piece.arguments

    def fields(self) -> dict[str, Any]:
        return {
            "text": "".join(self.text),
            "reasoning": "".join(self.reasoning),
            "refusal": "".join(self.refusal),
            "tool_calls": list(self.calls.values()),
            "finish_reason": self.finished.native if self.finished else None,
            "finish": self.finished.reason if self.finished else None,
        }


class _Reply:
    """A reply, put together from its items."""

    def __init__(self) -> None:
        self.answers: dict[int, _Answer] = {}
        self.usage: Usage | None = None
        self.failure: Failure | None = None
        self.model: str | None = None
        self.costs: list[dict[str, str]] = []
        self.warnings: list[str] = []
        self.embeddings: dict[str, Any] | None = None
        self.input_tokens: int | None = None
        self.models: list[Any] | None = None

    def answer(self, choice: int) -> _Answer:
        return self.answers.setdefault(choice, _Answer())

    def add(self, item: Item) -> None:
        match item:
            case TextDelta():
                self.answer(item.choice).text.append(item.text)
            case ReasoningDelta():
                self.answer(item.choice).reasoning.append(item.text)
            case RefusalDelta():
                self.answer(item.choice).refusal.append(item.text)
            case ToolCallDelta():
                self.answer(item.choice).add_call(item)
            case ChoiceFinished():
                self.answer(item.choice).finished = item
            case _:
                self.add_beside(item)

    def add_beside(self, item: Item) -> None:
        match item:
            case UsageReported():
                self.usage = item.usage
            case CostReported():
                self.costs.append({"usd": _dollars(item.cost.pico_usd), "source": item.cost.source})
            case WarningReported():
                self.warnings.append(item.message)
            case FailureReported():
                self.failure = item.failure
            case ReplyStarted():
                self.model = item.model
            case EmbeddingsReported():
                self.embeddings = self.embeddings or _measured(item)
            case TokensCounted():
                self.input_tokens = item.input_tokens
            case ModelsListed():
                self.models = [model["id"] for model in item.models]
            case _:
                pass


def _measured(item: EmbeddingsReported) -> dict[str, Any]:
    lengths = {None if isinstance(vector, str) else len(vector) for vector in item.vectors}
    return {"count": len(item.vectors), "dimensions": lengths.pop() if len(lengths) == 1 else None}


def line_of_items(record: dict[str, Any], items: Iterable[Item], *, api: str) -> dict[str, Any]:
    """The output line of a reply."""
    reply = _Reply()
    for item in items:
        reply.add(item)
    return output_line(
        record, outcome="finished" if reply.failure is None else "failed", api=api, reply=reply, failure=reply.failure
    )


def output_line(
    record: dict[str, Any],
    *,
    outcome: str,
    api: str,
    reply: _Reply | None = None,
    failure: Failure | None = None,
    warnings: Sequence[str] = (),
) -> dict[str, Any]:
    """The output line, always with the same fields."""
    said = reply or _Reply()
    usage = said.usage
    answers = [said.answers[index].fields() for index in sorted(said.answers)]
    return {
        "id": record.get("id"),
        "provider": record.get("provider"),
        "api": api,
        "model": said.model or record.get("model"),
        "outcome": outcome,
        **(answers[0] if answers else _Answer().fields()),
        "usage": None if usage is None else {name: getattr(usage, name) for name in usage.__struct_fields__},
        "costs": said.costs,
        "failure": None if failure is None else _failure_fields(failure),
        "warnings": [*said.warnings, *warnings],
        "choices": answers if len(answers) > 1 else None,
        "embeddings": said.embeddings,
        "input_tokens": said.input_tokens,
        "models": said.models,
    }


def _failure_fields(failure: Failure) -> dict[str, Any]:
    return {name: getattr(failure, name) for name in ("kind", "message", "status", "code", "retry_after")}


def _dollars(pico: int) -> str:
    """Pico-dollars as a decimal number of dollars."""
    whole, rest = divmod(pico, 10**12)
    return f"{whole}.{rest:012d}".rstrip("0").rstrip(".")
