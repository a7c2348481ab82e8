"""Thinking and the form of the answer: our fields <-> `thinking`, `output_config` and `output_format`.

| ours | the API's |
| --- | --- |
| `reasoning_budget` above 0 | `thinking` `enabled` with `budget_tokens` |
| `reasoning_budget` 0, or `reasoning_effort` `none` | `thinking` `disabled` |
| `reasoning_budget` -1 (as much as the model likes, Gemini's word), or the note `thinking:adaptive` | `thinking` `adaptive` |
| `reasoning_effort` | `output_config.effort`; `minimal` becomes `low`, with a warning. With the option `effort_thinks` also `adaptive` |
| `reasoning_summary` | `thinking.display`: the API's words as they are; `auto`, `concise` and `detailed` (OpenAI's) are `summarized` |
| `output_format` `json_schema` | `output_config.format`, or `output_format` where it came so (the form before 2026) |
| its `name` | nothing: a label, which the API does not need |
| `output_format` `json_object` | refused: the API follows a schema or nothing |

`adaptive` says nothing to another dialect: that the model decides is what other APIs do by default. A kind of thinking that is not known
here (`between_tools`) stays whole in `extras["thinking"]`; fields beside (`block_binding`, `task_budget`) stay there under their objects.
"""

from __future__ import annotations

from muxer_core.dialects.anthropic_messages.marks import JsonObject, kind_of, merged, put_nulls, take_nulls
from muxer_core.dialects.anthropic_messages.parts import foreign
from muxer_core.dialects.anthropic_messages.words import DIALECT
from muxer_core.dialects.field_table import left_out, refuse_field
from muxer_core.dialects.json_text import is_object
from muxer_core.values.errors import InvalidRequest
from muxer_core.values.messages import Form
from muxer_core.values.request import ChatRequest, OutputFormat
from muxer_core.values.usage import JsonValue

ADAPTIVE = "thinking:adaptive"
TOP_LEVEL = "output_format"
DISPLAYS = ("summarized", "omitted", "updates")
EFFORTS = ("low", "medium", "high", "xhigh", "max")

_DISPLAY_WORDS = {"auto": "summarized", "concise": "summarized", "detailed": "summarized"}


def encode_thinking(request: ChatRequest, body: JsonObject, warnings: list[str], *, effort_thinks: bool) -> None:
    """Put thinking and effort into `body`. Raises `InvalidRequest`, naming the field."""
    own = request.dialect in (None, DIALECT)
    budget, effort = request.reasoning_budget, request.reasoning_effort
    thinking: JsonObject | None = None
    if budget is not None and budget > 0:
        thinking = {"type": "enabled", "budget_tokens": budget}
    elif budget == 0 or (budget is None and effort == "none"):
        thinking = {"type": "disabled"}
    elif budget is not None and budget != -1:
        raise refuse_field(
            "reasoning_budget", DIALECT, f"must be at least 0, or -1 for as much as it takes, got {budget}"
        )
    elif budget == -1 or (own and ADAPTIVE in request.form) or (effort_thinks and effort is not None):
        thinking = {"type": "adaptive"}
    _summary(request, thinking, warnings, own=own)
    if thinking is not None:
        if own:
            put_nulls(thinking, _notes(request.form, "thinking."))
        body["thinking"] = thinking
    if effort is not None and effort != "none":
        body["output_config"] = {"effort": _effort(effort, warnings, own=own)}


def _notes(form: Form, prefix: str) -> Form:
    return tuple(note.removeprefix(prefix) for note in form if note.startswith(prefix))


def _effort(effort: str, warnings: list[str], *, own: bool) -> str:
    if effort == "minimal":
        warnings.append("reasoning_effort: sent as 'low', because the API knows no 'minimal'")
        return "low"
    if not own and effort not in EFFORTS:
        raise refuse_field("reasoning_effort", DIALECT, f"the API knows {', '.join(EFFORTS)}, not {effort!r}")
    return effort


def _summary(request: ChatRequest, thinking: JsonObject | None, warnings: list[str], *, own: bool) -> None:
    word = request.reasoning_summary
    if word is None:
        return
    if thinking is None or thinking["type"] == "disabled":
        warnings.append(left_out("reasoning_summary", DIALECT, "no thinking is asked for that could be shown"))
        return
    shown = _DISPLAY_WORDS.get(word, word)
    if shown in DISPLAYS or own:
        thinking["display"] = shown
    else:
        warnings.append(left_out("reasoning_summary", DIALECT, f"the API knows {', '.join(DISPLAYS)}, not {word!r}"))


def encode_format(request: ChatRequest, body: JsonObject, warnings: list[str]) -> None:
    """Put the form of the answer into `body`. Raises `InvalidRequest`, naming the field."""
    wanted = request.output_format
    if wanted is None or wanted.kind == "text":
        return
    own = request.dialect in (None, DIALECT)
    if wanted.kind == "json_object":
        raise refuse_field("output_format.kind", DIALECT, "the API has no JSON without a schema; give a schema")
    if wanted.schema is None:
        raise InvalidRequest("output_format.schema", "must be given when the kind is json_schema")
    wire: JsonObject = {"type": "json_schema", "schema": wanted.schema}
    if wanted.description is not None:
        warnings.append(left_out("output_format.description", DIALECT, "the API has no such field"))
    if wanted.strict is False:
        warnings.append(left_out("output_format.strict", DIALECT, "the API always follows the schema"))
    if own:
        merged(wire, wanted.extras)
    else:
        warnings += foreign("output_format.extras", wanted.extras)
    if own and TOP_LEVEL in wanted.form:
        body["output_format"] = wire
    else:
        body["output_config"] = {**body.get("output_config", {}), "format": wire}


# --- decoding -----------------------------------------------------------------------------------------------------------------------


def take_thinking(body: JsonObject) -> tuple[int | None, str | None, Form]:
    """Budget, summary and notes of `thinking`, which is taken out of `body`; what has no field of ours stays in it."""
    value = body.get("thinking")
    if not is_object(value):
        return None, None, take_nulls(body, "thinking")
    rest = dict(value)
    word = rest.pop("type", None)
    notes = tuple(f"thinking.{note}" for note in take_nulls(rest, "display"))
    display = rest.pop("display") if isinstance(rest.get("display"), str) else None
    budget: int | None
    match word:
        case "enabled" if type(rest.get("budget_tokens")) is int and rest["budget_tokens"] > 0:
            budget = rest.pop("budget_tokens")
        case "adaptive":
            budget, notes = None, (ADAPTIVE, *notes)
        case "disabled" if display is None:
            budget = 0
        case _:
            return None, None, ()
    if rest:
        body["thinking"] = rest
    else:
        del body["thinking"]
    return budget, display, notes


def take_output(body: JsonObject) -> tuple[str | None, OutputFormat | None, Form]:
    """Effort, the form of the answer, and notes of `output_config` and `output_format`, which are taken out of `body`."""
    form = take_nulls(body, "output_format", "output_config")
    wanted = None
    if "output_format" in body:
        wanted = _format(body.pop("output_format"), "output_format", (TOP_LEVEL,))
    config = body.get("output_config")
    if not is_object(config):
        if config is not None:
            raise InvalidRequest("output_config", f"must be an object, got {kind_of(config)}")
        return None, wanted, form
    rest = dict(config)
    form += tuple(f"output_config.{note}" for note in take_nulls(rest, "effort", "format"))
    effort = rest.pop("effort") if isinstance(rest.get("effort"), str) and rest["effort"] != "none" else None
    if "format" in rest and wanted is None:
        wanted = _format(rest.pop("format"), "output_config.format", ())
    if rest or not config:
        body["output_config"] = rest
    else:
        del body["output_config"]
    return effort, wanted, form


def _format(value: JsonValue, where: str, form: Form) -> OutputFormat:
    if not is_object(value):
        raise InvalidRequest(where, f"must be an object, got {kind_of(value)}")
    rest = dict(value)
    word, schema = rest.pop("type", None), rest.pop("schema", None)
    if word != "json_schema" or not is_object(schema):
        raise InvalidRequest(where, "must have the type json_schema and a schema that is an object")
    return OutputFormat("json_schema", schema=schema, extras=rest, form=form)
