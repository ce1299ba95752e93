"""The inferred outcome: what the labels of some sessions say about the others that look like them."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from trimtab.loop.evals.estimate import powered
from trimtab.loop.evals.logistic import Matrix, Vector, fit, held_out, quality
from trimtab.loop.evals.prior import prior
from trimtab.loop.evals.signals import SIGNALS, signals_of
from trimtab.loop.store import Analytics, Row, Scope
from trimtab.vocabulary.kernel import wilson

Json = dict[str, Any]
FEWEST = 20
"""Labels of each kind below which nothing is inferred: a model of fewer says what it was told, no more."""
VERSION = 1
TOLD = frozenset({"human", "app", "ticket"})


def label_of(row: Row) -> float | None:
    """1 for a success, 0 for a failure, None where nobody reported either; what a judge or we inferred is no label."""
    if row["outcome_source"] not in TOLD:
        return None
    if row["outcome"] == "success":
        return 1.0
    defect = row["outcome"] == "escalated" and row["outcome_reason"] == "defect"
    return 0.0 if defect or row["outcome"] in {"failure", "abandoned"} else None


def inference(analytics: Analytics, scope: Scope, group: str = "") -> Json:
    """The rate of success by labels alone and with predictions, and how good these are on sessions they have not seen."""
    rows, signals = signals_of(analytics, scope, group)
    labels = [label_of(row) for row in rows]
    known = np.array([label is not None for label in labels], dtype=bool)
    success = np.array([label for label in labels if label is not None], dtype=np.float64)
    good, n = int(success.sum()), len(success)
    interval = wilson(good, n)
    answer: Json = {
        "sessions": len(rows),
        "labelled": {
            "n": n,
            "value": good / n if n else None,
            "interval": list(interval) if interval else None,
        },
        "method": "",
        "estimate": None,
        "quality": None,
        "guess": None,
        "inferred": [],
    }
    unlabelled = [row for row, mine in zip(rows, known, strict=True) if not mine]
    if min(good, n - good) < FEWEST:
        why = f"needs {FEWEST} labelled successes and {FEWEST} failures, has {good} and {n - good}"
        return answer | guessed(unlabelled, signals[~known]) | {"why": why}
    tasks = [str(row["task"]) for row, mine in zip(rows, known, strict=True) if mine]
    tried = held_out(signals[known], success, tasks)
    model = fit(signals[known], success)
    others = model.predict(signals[~known])
    estimate = powered(success, tried, others)
    return answer | {
        "method": method_of(model.weights),
        "estimate": asdict(estimate) if estimate else None,
        "quality": asdict(quality(tried, success)),
        "weights": dict(zip(SIGNALS, map(float, model.weights[1:]), strict=True)),
        "inferred": listed(unlabelled, others),
        "why": "",
    }


def guessed(rows: Sequence[Row], signals: Matrix) -> Json:
    """A first number where nobody has told enough: no interval, for nothing of the project's own stands behind it."""
    if not rows:
        return {}
    predicted = prior().model.predict(signals)
    said = {"value": float(predicted.mean()), "n": len(rows), "learnt_on": list(prior().learnt_on)}
    return {
        "method": prior().method,
        "guess": said | {"measured": list(prior().measured)},
        "inferred": listed(rows, predicted),
    }


def method_of(weights: Vector) -> str:
    """The name of a fitted model: another fit is another method."""
    digest = hashlib.blake2b(np.round(weights, 9).tobytes(), digest_size=4).hexdigest()
    return f"logistic@{VERSION}-{digest}"


def listed(rows: Sequence[Row], predicted: Vector) -> list[Json]:
    """The inferred probability of success of each session, the lowest first."""
    found = [
        {"session": row["session"], "probability": float(p), "closed": bool(row["closed"])}
        for row, p in zip(rows, predicted, strict=True)
    ]
    return sorted(found, key=lambda one: (one["probability"], one["session"]))


def facts_of(found: Json, time_s: float) -> list[Json]:
    """What was inferred of the closed sessions as facts, to be told to the store; told anew, they take the old ones' place.

    Whatever anybody else says of a session weighs more. The value of a fact is the probability of success.
    """
    return [
        {
            "id": f"inferred/{one['session']}",
            "kind": "outcome",
            "source": "inferred",
            "session": one["session"],
            "label": "success" if one["probability"] >= 0.5 else "failure",
            "value": one["probability"],
            "method": found["method"],
            "time": time_s,
        }
        for one in found["inferred"]
        if one["closed"]
    ]
