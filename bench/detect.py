"""How soon rules notice that an agent got worse, and how often for nothing: the detector beside burn-rate windows.

First on simulated tasks (target 95 %, healthy 96 %, ten tasks an hour), the same seeded streams for both; the figures to reach are
those of the method's own table. Then on recorded outcomes: sessions of tau-bench on the arrivals of a production trace.
"""

import gzip
import json
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.outcome import Line, Outcome, at_least, at_most, no_target
from trimtab.loop.alert.rules import (
    BadSpan,
    Detector,
    Pair,
    Rule,
    backtest,
    choose,
    levels_of,
    pairs_of,
)
from trimtab.loop.alert.rules.burn import signal_any, signal_pair
from trimtab.loop.alert.rules.detector import find_alarms
from trimtab.loop.alert.rules.model import FIRES, Events, Floats
from trimtab.loop.budget import Measure, Minutes, Objective, Span, Window
from trimtab.vocabulary.kernel import wilson

PLACES = (Path("../shared/data"), Path("../../shared/data"))
DATA = next((place for place in PLACES if place.is_dir()), PLACES[0])
MONTH = Window(span=Span(count=30, unit="d"))
TARGET, HEALTHY, EVERY_MIN = 0.95, 0.96, 6
WARM, LATE, MONTH_TASKS = 500, 1000, 7200
TABLE: dict[int, dict[float, tuple[int, int]]] = {
    7200: {0.85: (65, 139), 0.8: (39, 78), 0.7: (20, 37), 0.5: (9, 16), 0.0: (5, 5)},
    50000: {0.85: (92, 182), 0.8: (53, 96), 0.7: (27, 46), 0.5: (12, 20), 0.0: (5, 5)},
}
"""Tasks to the alarm by threshold and true rate: median and 90 % quantile."""
FALSE = {7200: {0.96: 0.115, 0.95: 0.46}, 50000: {0.96: 0.012, 0.95: 0.087}}
"""The chance of any alarm in 7200 tasks, by threshold and true rate."""
SIDES: dict[str, tuple[Pair, ...]] = {
    severity: tuple(pair for pair in pairs_of(MONTH) if pair.severity == severity)
    for severity in ("page", "ticket")
}
DAYS, PER_DAY, DAY_MIN = 14, 1440, 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Recorded outcomes to draw from, and the promise they are held against."""

    name: str
    outcomes: Floats
    target: float


def detector(c: float) -> Detector:
    """That of the table."""
    return Detector(target=TARGET, levels=levels_of(TARGET), threshold=c)


def draw(rates: Floats, streams: int, seed: int) -> Floats:
    """Successes (1) and failures of (tasks, streams)."""
    return (np.random.default_rng(seed).random((len(rates), streams)) < rates[:, None]).astype(np.float64)


def windows_fire(pairs: tuple[Pair, ...], good: Floats) -> Floats:
    """The task at which any pair begins to fire in each stream once its windows have filled, inf for never.

    Single events count, to give windows every chance to be quick; a stream in which it already fires then is left out: -1.
    """
    minute = np.arange(len(good), dtype=np.int64) * EVERY_MIN
    first = np.full(good.shape[1], math.inf)
    for stream in range(good.shape[1]):
        events = Events(minute=minute, good=good[:, stream], bad=1 - good[:, stream])
        ends = minute[WARM - 1 :] + 1
        fires = signal_any([signal_pair(pair, TARGET, 1, events, ends) for pair in pairs]) == FIRES
        if fires[0]:
            first[stream] = -1
        elif fires.any():
            first[stream] = WARM - 1 + np.argmax(fires)
    return first


def spread(first: Floats, warm: int) -> dict[str, Any]:
    """Median and 90 % quantile of the tasks from the change to the alarm, and the share that ever fires."""
    took = np.sort(first[first >= warm] - warm + 1)
    if not len(took):
        return {"n": 0, "fired": None, "median": None, "p90": None}
    found = {"median": took[len(took) // 2], "p90": took[min(len(took) - 1, math.ceil(0.9 * len(took)) - 1)]}
    finite = {name: float(one) if math.isfinite(one) else None for name, one in found.items()}
    return {"n": len(took), "fired": float(np.isfinite(took).mean()), **finite}


def delays(streams: int) -> tuple[list[Line], dict[str, Any]]:
    """Tasks to the alarm after a drop, both kinds of rules on the same streams."""
    lines: list[Line] = []
    raw: dict[str, Any] = {}
    for after in TABLE[7200]:
        good = draw(np.concatenate([np.full(WARM, HEALTHY), np.full(LATE, after)]), streams, 20)
        for c, table in TABLE.items():
            mine = spread(find_alarms(detector(c), good, 1 - good), WARM)
            raw[f"to {after:g}, detector {c}"] = mine
            median, p90 = table[after]
            says = f"96 % -> {after:.0%}: detector, c {c:,} (n {mine['n']})"
            lines += [
                at_most(f"{says}, median", mine["median"], median * 1.08 + 1, "tasks"),
                at_most("  90 % quantile", mine["p90"], p90 * 1.1 + 1, "tasks"),
            ]
        for severity, pairs in SIDES.items():
            theirs = spread(windows_fire(pairs, good), WARM)
            raw[f"to {after:g}, windows {severity}"] = theirs
            lines.append(
                no_target(f"  windows, {severity}: fired in {LATE:,} tasks", theirs["fired"], "share")
            )
            if theirs["median"] is not None:
                lines.append(no_target("    median", theirs["median"], "tasks"))
    return lines, raw


def false_alarms(streams: int) -> tuple[list[Line], dict[str, Any]]:
    """The chance of any alarm in 7200 tasks while nothing is wrong."""
    lines: list[Line] = []
    raw: dict[str, Any] = {}
    for rate in (0.96, 0.95):
        good = draw(np.full(WARM + MONTH_TASKS, rate), streams, 21)
        for c, table in FALSE.items():
            first = find_alarms(detector(c), good[WARM:], 1 - good[WARM:])
            share = float(np.isfinite(first).mean())
            raw[f"at {rate}, detector {c}"] = {
                "share": share,
                "interval": wilson(round(share * streams), streams),
            }
            error = 3 * math.sqrt(table[rate] * (1 - table[rate]) / streams)
            says = f"{rate:.0%} for 7,200 tasks: detector, c {c:,}, any alarm"
            lines.append(at_most(says, share, table[rate] + error, "share"))
        for severity, pairs in SIDES.items():
            first = windows_fire(pairs, good)
            share = float(np.isfinite(first).mean())
            raw[f"at {rate}, windows {severity}"] = {
                "share": share,
                "interval": wilson(round(share * streams), streams),
            }
            lines.append(no_target(f"  windows, {severity}: any alarm", share, "share"))
    return lines, raw


def records(name: str) -> Iterator[dict[str, Any]]:
    """A recorded data set, line by line."""
    with gzip.open(DATA / name / "records.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def cases() -> list[Case]:
    """All sessions of tau-bench, promised a little less than they reach; and those of steady tasks, which mostly succeed."""
    by_task: dict[str, list[float]] = defaultdict(list)
    for record in records("tau_bench_airline"):
        by_task[record["split_key"]].append(float(record["run"]["reward"] == 1.0))
    every = np.array([one for trials in by_task.values() for one in trials])
    steady = np.array([one for trials in by_task.values() if np.mean(trials) >= 0.75 for one in trials])
    return [
        Case(name="all tasks", outcomes=every, target=math.floor(20 * every.mean() - 1) / 20),
        Case(
            name="tasks that mostly succeed", outcomes=steady, target=math.floor(20 * steady.mean() - 1) / 20
        ),
    ]


def arrivals() -> Floats:
    """Minutes of the day at which requests of the trace came, its hour stretched to a day; it has a hole of hours."""
    found: list[float] = []
    for record in records("azure_llm_trace_2023"):
        for stamp, *_ in record["rows"]:
            hour, minute, second = stamp.split(" ")[1].split(":")
            found.append((int(hour) * 60 + int(minute) + float(second) / 60 - 18 * 60 - 15) * 24)
    at = np.array(found)
    return at[(at >= 0) & (at < DAY_MIN)]


def replayed(case: Case, at: Floats, kept: float, seed: int) -> tuple[Minutes, BadSpan]:
    """Two weeks of tasks with one bad hour in the second, in which a success stays one with probability `kept`."""
    dice = np.random.default_rng(seed)
    days = [day * DAY_MIN + dice.choice(at, PER_DAY, replace=False) for day in range(DAYS)]
    minute = np.sort(np.concatenate(days)).astype(np.int64)
    good = dice.choice(case.outcomes, len(minute))
    start = int(dice.choice(minute[minute > DAYS // 2 * DAY_MIN]))
    bad_hour = (minute >= start) & (minute < start + 60)
    good = np.where(bad_hour & (dice.random(len(minute)) >= kept), 0.0, good)
    size = DAYS * DAY_MIN
    wins = np.bincount(minute, weights=good, minlength=size).astype(np.int64)
    n = np.bincount(minute, minlength=size)
    busy = np.flatnonzero(n)
    none = np.zeros(len(busy), dtype=np.int64)
    found = Minutes(minute=busy, good=wins[busy], bad=(n - wins)[busy], excluded=none, unknown=none)
    return found, BadSpan(start_min=start, end_min=start + 60, name="seeded")


def objective(target: float) -> Objective:
    """A promise about a success rate."""
    return Objective(
        id="tasks", slo="tasks", target=target, window=MONTH, measure=Measure(indicator="task_success")
    )


def real(case: Case, at: Floats, kept: float, runs: int) -> tuple[list[Line], dict[str, Any]]:
    """Recorded outcomes: the rules that are chosen for the promise beside windows alone."""
    one = objective(case.target)
    chosen = choose(one, PER_DAY)[0].rule
    rules = [chosen, Rule(name="windows", severity="page", pairs=SIDES["page"])]
    rules.append(Rule(name="windows-ticket", severity="ticket", pairs=SIDES["ticket"]))
    scored: dict[str, list[Any]] = {rule.name: [] for rule in rules}
    for seed in range(runs):
        found, span = replayed(case, at, kept, seed)
        for score in backtest(one, rules, found, (0, DAYS * DAY_MIN), [span]).scores[1:]:
            scored[score.rule].append(score)
    raw: dict[str, Any] = {}
    for name, scores in scored.items():
        took = [score.detection_min for score in scores if score.detection_min is not None]
        raw[name] = {
            "runs": runs,
            "noticed": len(took) / runs,
            "noticed_interval": wilson(len(took), runs),
            "median_min": float(np.median(took)) if took else None,
            "false_per_30d": float(np.mean([score.false_per_30d for score in scores])),
        }
    mine, theirs, tickets = (raw[rule.name] for rule in rules)
    drop = "outage" if kept == 0 else "half the successes"
    says = f"{case.name} ({case.target:.0%} of {case.outcomes.mean():.0%}), an hour of {drop}"
    needed = 0.95 if kept == 0 else 0.0
    lines = [
        at_least(says, mine["noticed"], needed, "noticed")
        if needed
        else no_target(says, mine["noticed"], "noticed"),
        at_most("  its false alarms in 30 days", mine["false_per_30d"], 0.5, "alarms"),
        no_target("  windows, page", theirs["noticed"], "noticed"),
        no_target("  windows, ticket", tickets["noticed"], "noticed"),
    ]
    if mine["median_min"] is not None:
        lines.insert(1, at_most("  after", mine["median_min"], 60, "min"))
    return lines, raw


def run(*, quick: bool) -> Outcome:
    """Both parts; `quick` takes a fifth of the streams."""
    streams, runs = (200, 10) if quick else (1000, 60)
    raw: dict[str, Any] = {"streams": streams, "runs": runs}
    lines, raw["delays"] = delays(streams)
    more, raw["false_alarms"] = false_alarms(streams)
    lines += more
    if not DATA.is_dir():
        print(f"  no recorded runs at {DATA}: simulated tasks only")
        return Outcome(name="detect", raw=raw, lines=lines)
    at = arrivals()
    for case in cases():
        for kept in (0.0, 0.5):
            more, raw[f"{case.name}, kept {kept:g}"] = real(case, at, kept, runs)
            lines += more
    return Outcome(name="detect", raw=raw, lines=lines)
