"""Redaction at the door: everything passes through it before it is written or hashed.

policy.py     what is redacted, and what stands in its place
rules.json    the rules; validators.py looks twice at what they find
shadow.py     what an escaped text really says
text.py       one text, one JSON-like value
walk.py       every text of an OTLP message
redactor.py   the quick look at raw bytes, and the rewrite of what hits
"""

from trimtab.loop.ingest.redaction.policy import Mode, Redacted, RedactionPolicy, Signal
from trimtab.loop.ingest.redaction.redactor import Redactor
from trimtab.loop.ingest.redaction.rules import Rule, RuleBook, rule_book

__all__ = ["Mode", "Redacted", "RedactionPolicy", "Redactor", "Rule", "RuleBook", "Signal", "rule_book"]
