"""The field table: the whole published schema is in it, and the encoder does what it says (law 8)."""

from __future__ import annotations

from muxer_core.dialects.ollama import Ollama
from muxer_core.dialects.ollama.fields import TABLE
from tests.support.reach import broken_promises

SCHEMA = {
    "request": (
        "model prompt suffix system template context stream raw format keep_alive images options think truncate shift _debug_render_only "
        "logprobs top_logprobs width height steps messages tools"
    ),
    "options": (
        "numa num_ctx num_batch num_gpu main_gpu low_vram f16_kv logits_all vocab_only use_mmap use_mlock embedding_only num_thread "
        "num_keep seed num_predict top_k top_p min_p tfs_z typical_p repeat_last_n temperature repeat_penalty presence_penalty "
        "frequency_penalty mirostat mirostat_tau mirostat_eta penalize_newline stop draft_num_predict"
    ),
    "message": "role content thinking images tool_calls tool_name tool_call_id",
    "call": "id function",
    "called": "index name arguments",
    "tool": "type items function",
    "function": "name description parameters",
    "reply": (
        "model remote_model remote_host created_at message response thinking done done_reason context tool_calls image completed total "
        "logprobs _debug_info total_duration load_duration prompt_eval_count prompt_eval_cached_count prompt_eval_duration eval_count "
        "eval_duration"
    ),
    "logprob": "token logprob bytes top_logprobs",
}
"""Every field of the published schema: `api/types.go` of github.com/ollama/ollama at fb30760996871fa9460115c753afd2c60d4ab0f7 (2026-08-21),
`_types.py` of ollama-python 0.6.3, and docs.ollama.com for what is newer; read 2026-11-24.
"""


def test_every_field_of_the_published_schema_is_in_the_table() -> None:
    named = {f"{value}.{name}" for value, names in SCHEMA.items() for name in names.split()}
    known = {f"{value}.{row.name}" for value, rows in TABLE.objects.items() for row in rows}
    assert named - known == set()
    assert known - named == {"request.temperature", "reply.error"}


def test_the_encoder_does_what_the_table_says() -> None:
    assert broken_promises(Ollama(), TABLE) == []
