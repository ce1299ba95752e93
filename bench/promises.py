"""How long it takes to look at a thousand promises: 30 days of counts in every minute, budgets, burn rates, and the rules' next minute."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bench.outcome import Outcome, at_most, no_target
from trimtab.loop.alert.standing import look
from trimtab.loop.budget import Measure, Minutes, Objective, Span, Window, ledger_of, status_of

OBJECTIVES, DAYS = 1000, 30
DISTINCT = 20
"""So many different months; each objective reads one of them, for a thousand would fill the memory."""
NOW_NS = 1_790_000_000_000_000_000
MINUTE_NS = 60_000_000_000
PROMISE = Objective(
    id="promise",
    slo="promise",
    target=0.95,
    window=Window(span=Span(count=DAYS, unit="d")),
    measure=Measure(indicator="task_success"),
)


def month(seed: int) -> Minutes:
    """Counts of every minute of a month: some five tasks a minute, 97 % of them good."""
    chance, length = np.random.default_rng(seed), DAYS * 1440
    good = chance.poisson(5.0, length).astype(np.int64)
    bad = chance.poisson(0.15, length).astype(np.int64)
    nothing = np.zeros(length, np.int64)
    end = NOW_NS // MINUTE_NS
    return Minutes(minute=np.arange(end - length, end), good=good, bad=bad, excluded=nothing, unknown=nothing)


def run(*, quick: bool) -> Outcome:
    """Look at all of them, once for what every screen shows and once for what the rules say a minute later."""
    count = OBJECTIVES // 10 if quick else OBJECTIVES
    months = [month(seed) for seed in range(DISTINCT)]
    objectives = [replace(PROMISE, id=f"promise-{number}") for number in range(count)]
    records = [
        look("p", one, (), months[at % DISTINCT], (None, NOW_NS, None)).record
        for at, one in enumerate(objectives)
    ]
    shown = timed(
        lambda: [status_of(one, months[at % DISTINCT], NOW_NS) for at, one in enumerate(objectives)]
    )
    later_ns = NOW_NS + MINUTE_NS
    ruled = timed(
        lambda: [
            look("p", one, (), months[at % DISTINCT], (records[at], later_ns, None))
            for at, one in enumerate(objectives)
        ]
    )
    added = timed(lambda: [ledger_of(one, months[at % DISTINCT]) for at, one in enumerate(objectives)])
    scale = OBJECTIVES / count
    return Outcome(
        name="promises",
        raw={"objectives": count, "minutes": DAYS * 1440, "rules": len(records[0].rules)},
        lines=[
            at_most("1,000 objectives: budget, burn, forecast", shown * scale, 2.0, "s", added * scale),
            no_target("1,000 objectives: the rules' next minute", ruled * scale, "s"),
        ],
    )


def timed(work: Callable[[], object]) -> float:
    """Seconds, the best of three."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best
