"""The decision: contract, point and facts to allow, warn, transform, ask or deny, with reasons.

model.py       what is known before, and what is decided
budget.py      what a call reserves before it happens
before.py      the questions before a tool call, in their order; sources.py those about where arguments come from
after.py       the questions after a tool call; points.py those at the other points
decide.py      all of it together; explain.py in words
"""

from trimtab.vocabulary.contract.decision.budget import Reservation, Tally, add_amounts
from trimtab.vocabulary.contract.decision.decide import decide
from trimtab.vocabulary.contract.decision.explain import explain
from trimtab.vocabulary.contract.decision.leaks import masked_stream, stream_of
from trimtab.vocabulary.contract.decision.model import (
    Decision,
    Facts,
    Grant,
    Need,
    Reason,
    SessionState,
    digest_of_args,
)

__all__ = [
    "Decision",
    "Facts",
    "Grant",
    "Need",
    "Reason",
    "Reservation",
    "SessionState",
    "Tally",
    "add_amounts",
    "decide",
    "digest_of_args",
    "explain",
    "masked_stream",
    "stream_of",
]
