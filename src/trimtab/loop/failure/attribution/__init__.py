"""Who went wrong first in a session that failed.

turns.py     a stored session as turns: what its agents decided, and what tools gave back
evidence.py  the signs for and against each decision
rules.py     how much each sign weighs; signs.json, data
rank.py      the decisions of a run, the likeliest culprit first, with the evidence in words
verdict.py   the same of a stored session, with the steps that the decisions are
"""

from trimtab.loop.failure.attribution.evidence import is_suspect, signs_of
from trimtab.loop.failure.attribution.rank import Verdict, blame
from trimtab.loop.failure.attribution.rules import Rules, Source, Weight, rules
from trimtab.loop.failure.attribution.turns import Said, turns_of
from trimtab.loop.failure.attribution.verdict import judge

__all__ = [
    "Rules",
    "Said",
    "Source",
    "Verdict",
    "Weight",
    "blame",
    "is_suspect",
    "judge",
    "rules",
    "signs_of",
    "turns_of",
]
