"""Obvious secrets, masked before anything is sent or written: best effort, the server masks again and knows more."""

import re

SECRETS: tuple[tuple[str, str], ...] = (
    (
        "private_key",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^-]*(?:-----END [A-Z0-9 ]{0,40}-----)?",
    ),
    ("openai_key", r"\bsk-[A-Za-z0-9_-]{20,}"),
    ("stripe_key", r"\b(?:sk|rk)_live_[A-Za-z0-9]{16,}"),
    ("aws_access_key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"),
    ("google_api_key", r"\bAIza[A-Za-z0-9_-]{35}"),
    ("github_token", r"\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{30,}"),
    ("gitlab_token", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("slack_token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("trimtab_key", r"\btt_[A-Za-z0-9_-]{20,}"),
    ("jwt", r"\beyJ[A-Za-z0-9_-]{6,2000}\.eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*"),
)
"""What is masked as a whole."""
BEHIND_A_NAME = (
    r"(?i)((?:password|passwd|secret|api[_-]?key|access[_-]?token|client[_-]?secret)"
    r"[\"'\\]{0,3}\s{0,3}[:=]\s{0,3}[\"'\\]{0,3})[^\s\"'\\,;&}\[]{6,}"
)
PARTS: tuple[tuple[str, str], ...] = (
    ("bearer_token", r"(?i)(\b(?:bearer|basic)\s{1,3})[A-Za-z0-9._~+/=-]{16,}"),
    ("database_url", r"(\b[A-Za-z][A-Za-z0-9+.-]{1,20}://)[^\s:/@\"'<>]{0,100}:[^\s/@\"'<>]{1,200}(?=@)"),
    ("password", BEHIND_A_NAME),
)
"""What is masked behind the word that gives it away."""
HINT = re.compile(
    r"(?i)PRIVATE KEY|sk-|k_live_|A[KSBC][IC]A|AIza|gh[pousr]_|github_pat_|glpat-|xox|tt_|eyJ|bearer|basic|://|passw|secret"
    r"|api[_-]?key|token"
)
"""One look that says whether any rule could hit; most texts end here."""
RULES = [(name, re.compile(pattern), False) for name, pattern in SECRETS] + [
    (name, re.compile(pattern), True) for name, pattern in PARTS
]


def mask(text: str) -> str:
    """The text with `[redacted:...]` where a secret stood."""
    if not HINT.search(text):
        return text
    for name, pattern, behind in RULES:
        text = pattern.sub(rf"\g<1>[redacted:{name}]" if behind else f"[redacted:{name}]", text)
    return text
