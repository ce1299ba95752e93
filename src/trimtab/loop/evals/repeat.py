"""Repeated trials of the same task: does it ever succeed, and does it always?

pass@k = 1 - C(n-c, k) / C(n, k), the chance that one of k trials succeeds (Chen et al. 2021, arXiv 2107.03374);
pass^k = C(c, k) / C(n, k), that all of them do (Yao et al. 2024, arXiv 2406.12045); both averaged over tasks of n
trials with c successes. The unit is the task: the interval is one of a mean over tasks.
"""

from collections import Counter
from collections.abc import Sequence
from math import comb
from typing import Any

from trimtab.loop.evals.infer import label_of
from trimtab.loop.store import Analytics, Scope, dimension_sql, session_where
from trimtab.vocabulary.kernel import Invalid, mean_interval

Json = dict[str, Any]
MAX_K = 100


def pass_at(n: int, c: int, k: int) -> float:
    """The chance that at least one of k of these trials is a success."""
    return 1.0 - comb(n - c, k) / comb(n, k)


def pass_hat(n: int, c: int, k: int) -> float:
    """The chance that all of k of these trials are successes."""
    return comb(c, k) / comb(n, k)


def trials(analytics: Analytics, scope: Scope, group: str, most: int = 4) -> Json:
    """pass@k and pass^k for k up to `most`; a task is a value of the dimension `group`, a trial a reported outcome.

    A task with fewer than k trials says nothing about k. Raises `Invalid` for a k that makes no sense.
    """
    if not 1 <= most <= MAX_K:
        raise Invalid(f"k is {most}", hint=f"1 to {MAX_K}")
    params: dict[str, object] = {}
    where = session_where(scope, params)
    task = dimension_sql(group, params)
    rows = analytics.rows(
        f"select {task} as task, outcome, outcome_source, outcome_reason from sessions where {where}", params
    )
    runs, successes = Counter[str](), Counter[str]()
    for row in rows:
        label = label_of(row)
        if label is not None and row["task"]:
            runs[row["task"]] += 1
            successes[row["task"]] += int(label)
    tasks = [(n, successes[task]) for task, n in sorted(runs.items())]
    return {
        "group": group,
        "tasks": len(tasks),
        "trials": sum(n for n, _ in tasks),
        "always": sum(c == n for n, c in tasks),
        "never": sum(c == 0 for _, c in tasks),
        "sometimes": sum(0 < c < n for n, c in tasks),
        "passes": [passes(tasks, k) for k in range(1, most + 1)],
    }


def passes(tasks: Sequence[tuple[int, int]], k: int) -> Json:
    """Both for one k, over the tasks that have so many trials."""
    enough = [(n, c) for n, c in tasks if n >= k]
    at = [pass_at(n, c, k) for n, c in enough]
    hat = [pass_hat(n, c, k) for n, c in enough]
    return {"k": k, "tasks": len(enough), "pass_at": over(at), "pass_hat": over(hat)}


def over(values: Sequence[float]) -> Json:
    """A mean over tasks with its 95 % interval; no task is no value."""
    n = len(values)
    interval = mean_interval(n, sum(values), sum(value * value for value in values))
    bounded = [max(0.0, interval[0]), min(1.0, interval[1])] if interval else None
    return {"value": sum(values) / n if n else None, "interval": bounded}
