"""Redaction at the door: everything passes through it before it is written or hashed.

The engine is `vocabulary/redaction`; here is what a door needs beside it.

model.py      what passes, and what is left of it
walk.py       every text of an OTLP message
redactor.py   the quick look at raw bytes, and the rewrite of what hits
"""

from trimtab.loop.ingest.redaction.model import Redacted, Signal
from trimtab.loop.ingest.redaction.redactor import Redactor
from trimtab.vocabulary.redaction import Mode, RedactionPolicy, Rule, RuleBook, rule_book

__all__ = ["Mode", "Redacted", "RedactionPolicy", "Redactor", "Rule", "RuleBook", "Signal", "rule_book"]
