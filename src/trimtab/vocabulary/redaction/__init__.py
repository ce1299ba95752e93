"""Secrets and personal data in texts: one engine, at the door of the server and at the edge.

policy.py     what is redacted, and what stands in its place
rules.json    the rules; validators.py looks twice at what they find
shadow.py     what an escaped text really says
text.py       one text, one JSON-like value
stream.py     a text that comes in pieces
"""

from trimtab.vocabulary.redaction.policy import Mode, RedactionPolicy
from trimtab.vocabulary.redaction.rules import Rule, RuleBook, rule_book
from trimtab.vocabulary.redaction.stream import Stream
from trimtab.vocabulary.redaction.text import (
    ATTRIBUTE,
    IDENTITY,
    SENSITIVE_KEY,
    TOO_DEEP,
    TextRedactor,
    Whole,
)

__all__ = [
    "ATTRIBUTE",
    "IDENTITY",
    "SENSITIVE_KEY",
    "TOO_DEEP",
    "Mode",
    "RedactionPolicy",
    "Rule",
    "RuleBook",
    "Stream",
    "TextRedactor",
    "Whole",
    "rule_book",
]
