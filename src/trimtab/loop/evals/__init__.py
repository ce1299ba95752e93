"""What is judged or inferred about sessions, and how far that can be trusted.

signals.py   what a session looks like from outside: errors, repetitions, hand-offs, turns
logistic.py  a model of the project's own labels, with its prediction for what it has not seen
estimate.py  the rate that labels and predictions support together
prior.py     a first guess for whoever has no labels yet
infer.py     all of it in one report
repeat.py    repeated trials of a task: ever, and always
"""

from trimtab.loop.evals.estimate import Estimate, powered
from trimtab.loop.evals.infer import facts_of, inference
from trimtab.loop.evals.logistic import Quality, quality
from trimtab.loop.evals.repeat import pass_at, pass_hat, trials

__all__ = [
    "Estimate",
    "Quality",
    "facts_of",
    "inference",
    "pass_at",
    "pass_hat",
    "powered",
    "quality",
    "trials",
]
