"""Where the rules of one objective stand: which they are, and what a look at its minutes makes of them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np
import orjson

from trimtab.loop.alert.model import Alert, Severity
from trimtab.loop.alert.rules import (
    Choice,
    Detector,
    Kind,
    Move,
    Pair,
    Rule,
    State,
    Transition,
    alert_of,
    begin,
    choose,
    cohort_rule,
    events_of,
    freeze_state,
    mature_min,
    step,
    thaw_state,
)
from trimtab.loop.budget import AlertPolicy, Measure, Minutes, Objective, Window

DAY_MIN, DAY_NS, MINUTE_NS = 1440, 86_400_000_000_000, 60_000_000_000
TRAFFIC_DAYS = 28
"""Rules are chosen by the traffic of so many days, and chosen again once a day while none of them fires."""
FORCED: Mapping[str, Kind] = {"burn": "burn", "e-detector": "detector"}
PAGES = frozenset({"page", "critical", "p1", "high"})
SEVERITIES: tuple[Severity, ...] = ("page", "ticket")
SHORT = 12
"""The short window is a twelfth of the long one (SRE workbook, chapter 5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is kept of an objective between looks: its rules, the state of each, and when and for what they were chosen.

    `asked` stands for the objective and its alert policies: rules of another promise are chosen anew at once.
    """

    asked: str = ""
    chosen_ns: int = 0
    rules: tuple[Rule, ...] = ()
    states: Mapping[str, State] = field(default_factory=dict[str, State])

    @property
    def quiet(self) -> bool:
        """Whether no rule is about to fire, or does."""
        return all(one.status == "inactive" for one in self.states.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look found: the record to keep, the rules, and the alerts that should fire now, with what moved."""

    record: Record
    firing: tuple[tuple[Rule, Alert], ...]
    moves: tuple[tuple[Rule, Transition], ...]


def traffic_of(objective: Objective, minutes: Minutes, now_ns: int) -> tuple[float, float | None]:
    """Events a day over the last four weeks, or since the first of them; and the share of good ones, None without any."""
    now = mature_min(objective, now_ns)
    events = events_of(objective, minutes)
    recent = (events.minute >= now - TRAFFIC_DAYS * DAY_MIN) & (events.minute < now)
    if not recent.any():
        return 0.0, None
    good, bad = float(events.good[recent].sum()), float(events.bad[recent].sum())
    days = max((now - int(events.minute[recent][0])) / DAY_MIN, 1.0)
    return (good + bad) / days, good / (good + bad)


def rules_of(
    objective: Objective, policies: Sequence[AlertPolicy], traffic: tuple[float, float | None]
) -> tuple[Rule, ...]:
    """The rules of an objective: those that its documents declare, else what suits its target and traffic.

    `traffic` is events a day and the share of good ones. Of an objective for each value of a dimension it is that of all values
    together: their rules share one bound on false alarms.
    """
    per_day, rate = traffic
    if policies:
        found = [declared(one) for one in policies]
    elif per_day > 0 and objective.by:
        found = [cohort_rule(objective, severity, per_day) for severity in SEVERITIES]
    elif per_day > 0:
        found = [one.rule for one in choices_of(objective, (per_day, rate))]
    else:
        return ()
    if objective.min_events:
        found = [replace(one, min_events=objective.min_events) for one in found]
    return tuple(found)


def choices_of(objective: Objective, traffic: tuple[float, float | None]) -> tuple[Choice, ...]:
    """The rules that suit an objective and its traffic, which is taken to two digits: a few more tasks are no other rules."""
    per_day, rate = traffic
    rounded = float(f"{per_day:.2g}"), None if rate is None else round(rate, 3)
    return chosen(objective.target, objective.window, rounded, FORCED.get(objective.detector))


@lru_cache(maxsize=4096)
def chosen(
    target: float, window: Window, traffic: tuple[float, float | None], forced: Kind | None
) -> tuple[Choice, ...]:
    """The rules of such a promise; remembered, for a month of traffic is simulated for each."""
    promise = Objective(id="", slo="", target=target, window=window, measure=Measure(indicator=""))
    return tuple(choose(promise, traffic[0], forced, base_rate=traffic[1]))


def declared(policy: AlertPolicy) -> Rule:
    """The rule of an OpenSLO alert policy: its burn rate over its lookback, and over a twelfth of that, for as long as it says."""
    condition = policy.condition
    severity: Severity = "page" if condition.severity.lower() in PAGES else "ticket"
    pair = Pair(
        severity=severity,
        name=condition.name or policy.name,
        long_min=condition.lookback_min,
        short_min=max(1, condition.lookback_min // SHORT),
        factor=condition.threshold,
        held_min=condition.after_min,
    )
    absent = max(60, condition.lookback_min) if policy.when_no_data else None
    return Rule(name=policy.name or pair.name, severity=severity, pairs=(pair,), no_data_min=absent)


def look(
    project: str,
    objective: Objective,
    policies: Sequence[AlertPolicy],
    minutes: Minutes,
    seen: tuple[Record | None, int, float | None],
) -> Look:
    """Take the steps that are due since the record was kept; without one, begin with what matures from now on.

    `seen` is that record, now (ns), and the events a day of all cohorts where the objective is for one of them.
    """
    kept, now_ns, of_all = seen
    record = kept or Record()
    asked = hashlib.blake2b(repr((objective, tuple(policies))).encode(), digest_size=8).hexdigest()
    if record.asked != asked or (record.quiet and now_ns - record.chosen_ns >= DAY_NS):
        per_day, rate = traffic_of(objective, minutes, now_ns)
        rules = rules_of(objective, policies, (of_all or per_day, rate))
        record = replace(record, asked=asked, rules=rules, chosen_ns=now_ns if rules else 0)
    rules = record.rules
    states: dict[str, State] = {}
    moves: list[tuple[Rule, Transition]] = []
    firing: list[tuple[Rule, Alert]] = []
    for rule in rules:
        before = record.states.get(rule.name) or begin(rule, objective, now_ns)
        seen_by_it = since(minutes, before.at_min - rule.reach_min - objective.slice_min)
        after, told = step(rule, objective, before, seen_by_it, now_ns)
        states[rule.name] = after
        moves += [(rule, one) for one in told]
        firing += [(rule, one) for one in alerts_of(project, objective, rule, (after, told))]
    return Look(record=replace(record, states=states), firing=tuple(firing), moves=tuple(moves))


def since(minutes: Minutes, first: int) -> Minutes:
    """The minutes from one on: a rule looks back a few days, a budget a month or a year."""
    at = int(np.searchsorted(minutes.minute, first))
    return Minutes(**{one.name: getattr(minutes, one.name)[at:] for one in fields(minutes)})


def alerts_of(
    project: str, objective: Objective, rule: Rule, at: tuple[State, Sequence[Transition]]
) -> list[Alert]:
    """The alerts that should fire while a rule stands where it does; each begins with the move that brought it there."""
    state, told = at
    found: list[Alert] = []
    moves: tuple[tuple[bool, Move], ...] = ((state.status == "firing", "firing"), (state.no_data, "no_data"))
    for holds, to in moves:
        if holds:
            moved = next((one for one in reversed(told) if one.to == to), None)
            opened = moved or Transition(at_min=state.at_min, to=to)
            found.append(alert_of(project, objective, rule, opened))
    return found


def pack_record(record: Record) -> str:
    """As JSON."""
    states = {name: freeze_state(state) for name, state in record.states.items()}
    return orjson.dumps(asdict(replace(record, states={})) | {"states": states}).decode()


def unpack_record(kept: str) -> Record:
    """The record of `pack_record`."""
    row: dict[str, Any] = orjson.loads(kept)
    row["states"] = {name: thaw_state(state) for name, state in row["states"].items()}
    row["rules"] = tuple(map(rule_from, row["rules"]))
    return Record(**row)


def rule_from(row: dict[str, Any]) -> Rule:
    """A rule out of the plain values of its JSON."""
    row["pairs"] = tuple(Pair(**one) for one in row["pairs"])
    if row["detector"]:
        row["detector"]["levels"] = tuple(row["detector"]["levels"])
        row["detector"] = Detector(**row["detector"])
    return Rule(**row)
