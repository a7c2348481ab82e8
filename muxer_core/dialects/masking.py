"""Secrets in servers' words. A server that refuses a key likes to repeat it; no failure, log or trace of ours may.

What is masked: the keys of known vendors by their prefixes, tokens after `Bearer`, JSON web tokens, what a message calls a key, token,
secret or password, such values in query strings, long runs of letters and digits, and keys that the server masked itself in part.
"""

from __future__ import annotations

import re

_PREFIXES = "sk|rk|pk|gsk|xai|hf|r8|pplx|nvapi|csk|fw|tgp|ghp|gho|glpat"
_NAMES = r"api[ _-]?key(?: provided)?|access[ _-]?token|token|secret|password"
_QUOTED = r"""["'`<]?[^\s"'`,;>]{2,}[^\s"'`,;>.]["'`>]?"""

_SECRETS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"(?i)\b({_PREFIXES})([-_.])[\w.*+/=-]{{5,}}[\w*+/=-]"), r"\1\2***"),
    (re.compile(r"\b(AIza|AKIA|ASIA|ya29)[\w*.-]{7,}[\w*-]"), r"\1***"),
    (re.compile(r"\beyJ[\w-]{6,}\.[\w-]+(?:\.[\w-]*)?"), "eyJ***"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=*-]{5,}[\w~+/=*-]"), r"\1 ***"),
    (re.compile(rf"(?i)(?<!unexpected )({_NAMES})(\s*[:=]\s*|\s+provided:\s*){_QUOTED}"), r"\1\2***"),
    (re.compile(r"(?i)([?&](?:key|api[_-]?key|access_token|token)=)[^&\s\"']+"), r"\1***"),
    (re.compile(r"\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{40,}\b"), "***"),
    (re.compile(r"(?<![\w])[\w-]{0,12}\*{4,}[\w-]{0,8}"), "***"),
)


def mask_secrets(text: str) -> str:
    """The text with everything that looks like a key, or is called one, replaced by `***`.

    >>> mask_secrets(
    ...     "Incorrect API key provided: sk-proj-abcdefgh1234. You can find your API key at https://example.org."
    ... )
    'Incorrect API key provided: ***. You can find your API key at https://example.org.'
    """
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text
