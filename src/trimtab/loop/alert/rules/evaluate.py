"""The state of one rule of one objective: inactive -> pending -> firing -> inactive, minute by minute of mature data.

Silence freezes it: it keeps its state, its clocks stand still, and it says so. The same minutes give the same
transitions, however they are cut into steps.
"""

from dataclasses import asdict, dataclass, replace
from typing import Literal

import numpy as np

from trimtab.loop.alert.rules.burn import signal_any, signal_held
from trimtab.loop.alert.rules.detector import Evidence, advance, freeze_evidence, fresh, thaw_evidence
from trimtab.loop.alert.rules.events import events_of, mature_min, minutes_quiet
from trimtab.loop.alert.rules.model import FIRES, SILENT, Events, Ints, Json, Rule, Signals, Transition
from trimtab.loop.alert.rules.reason import reason_of
from trimtab.loop.budget import Minutes, Objective

Status = Literal["inactive", "pending", "firing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a rule stands after evaluating at the end of minute `at_min` - 1 (minutes since the Unix epoch).

    `held` and `clear` count minutes with data for which its condition held, or did not, `silent` those in a row that had too little;
    `frozen`: for so long that it is told; `no_data`: the absence is itself an alert; `last_min`: the end of the last minute with events.
    """

    at_min: int
    last_min: int
    status: Status = "inactive"
    held: int = 0
    clear: int = 0
    silent: int = 0
    frozen: bool = False
    no_data: bool = False
    evidence: Evidence | None = None


def begin(rule: Rule, objective: Objective, now_ns: int) -> State:
    """A rule that has not been evaluated yet: it looks at what matures from now on."""
    at = mature_min(objective, now_ns)
    return State(at_min=at, last_min=at, evidence=fresh(rule.detector) if rule.detector else None)


def step(
    rule: Rule, objective: Objective, state: State, minutes: Minutes, now_ns: int
) -> tuple[State, list[Transition]]:
    """Evaluate every minute that has matured since; `minutes` reach back `rule.reach_min` before `state.at_min`.

    Of slices of time they reach back one slice further.
    """
    upto = mature_min(objective, now_ns)
    if upto <= state.at_min:
        return state, []
    events = events_of(objective, minutes)
    ends = np.arange(state.at_min + 1, upto + 1, dtype=np.int64)
    quiet = minutes_quiet(events, ends, state.last_min)
    said, evidence = signal_rule(rule, objective, state, events, (ends, quiet))
    told: list[Transition] = []
    for signal, first, count in runs_of(said, ends):
        state, some = follow(rule, state, signal, first, count)
        told += [replace(one, why=reason_of(rule, objective, events, one)) for one in some]
    state, absence = follow_absence(rule, state, ends, quiet)
    last = int(ends[-1] - quiet[-1])
    state = replace(state, at_min=upto, last_min=max(last, state.last_min), evidence=evidence)
    return state, sorted(told + absence, key=lambda one: one.at_min)


def signal_rule(
    rule: Rule, objective: Objective, state: State, events: Events, at: tuple[Ints, Ints]
) -> tuple[Signals, Evidence | None]:
    """What the rule's condition says at each end, and where its detector stands after the last.

    A detector with other levels than those it was kept with starts anew.
    """
    ends, quiet = at
    if rule.detector is None:
        parts = [signal_held(pair, objective.target, rule.min_events, events, ends) for pair in rule.pairs]
        return signal_any(parts), None
    seen = state.evidence
    if seen is None or len(seen.log_r) != len(rule.detector.levels):
        seen = fresh(rule.detector)
    low, high = np.searchsorted(events.minute, [state.at_min, ends[-1]], side="left")
    good, bad = events.good[low:high], events.bad[low:high]
    evidence, alarms = advance(rule.detector, seen, good, bad)
    known = np.concatenate([[seen.alarmed], alarms])
    said = known[np.searchsorted(events.minute[low:high], ends, side="left")].astype(np.int8)
    said[quiet >= rule.stale_min] = SILENT
    return said, evidence


def runs_of(said: Signals, ends: Ints) -> list[tuple[int, int, int]]:
    """(signal, first end, how many) of each run of equal signals."""
    starts = np.concatenate([[0], np.flatnonzero(np.diff(said)) + 1])
    counts = np.diff(np.concatenate([starts, [len(said)]]))
    return list(zip(said[starts].tolist(), ends[starts].tolist(), counts.tolist(), strict=True))


def follow(rule: Rule, state: State, signal: int, first: int, count: int) -> tuple[State, list[Transition]]:
    """Take a run of equal signals, one a minute from `first` on."""
    if signal == SILENT:
        return fall_silent(rule, state, first, count)
    thawed = state.frozen and state.status != "inactive"
    before = [Transition(at_min=first, to="thawed")] if thawed else []
    act = burn_on if signal == FIRES else cool_down
    state, after = act(rule, replace(state, frozen=False, silent=0), first, count)
    return state, before + after


def fall_silent(rule: Rule, state: State, first: int, count: int) -> tuple[State, list[Transition]]:
    """There is too little data: it keeps its state at once, and tells so when that has lasted `stale_min`.

    A detector's condition is silent only after that time.
    """
    patience = 1 if rule.detector else max(rule.stale_min, 1)
    silent = state.silent + count
    frozen = silent >= patience
    told = frozen and not state.frozen and state.status != "inactive"
    at = first + patience - 1 - state.silent
    return replace(state, silent=silent, frozen=frozen), [Transition(at_min=at, to="frozen")] if told else []


def burn_on(rule: Rule, state: State, first: int, count: int) -> tuple[State, list[Transition]]:
    """Its condition holds for `count` minutes from `first` on."""
    if state.status == "firing":
        return replace(state, clear=0), []
    held = state.held + count
    fires = held > rule.for_min
    told: list[Transition] = []
    if state.status == "inactive" and rule.for_min:
        told.append(Transition(at_min=first, to="pending"))
    if fires:
        told.append(Transition(at_min=first + rule.for_min - state.held, to="firing"))
    status: Status = "firing" if fires else "pending"
    return replace(state, status=status, held=0 if fires else held, clear=0), told


def cool_down(rule: Rule, state: State, first: int, count: int) -> tuple[State, list[Transition]]:
    """Its condition does not hold for `count` minutes from `first` on."""
    if state.status == "inactive":
        return state, []
    if state.status == "pending":
        return replace(state, status="inactive", held=0), [Transition(at_min=first, to="dropped")]
    clear = state.clear + count
    if clear <= rule.keep_min:
        return replace(state, clear=clear), []
    at = first + rule.keep_min - state.clear
    return replace(state, status="inactive", clear=0), [Transition(at_min=at, to="resolved")]


def follow_absence(rule: Rule, state: State, ends: Ints, quiet: Ints) -> tuple[State, list[Transition]]:
    """Whether the absence of events is an alert of its own."""
    if rule.no_data_min is None:
        return state, []
    absent = np.concatenate([[state.no_data], quiet >= rule.no_data_min])
    told: list[Transition] = []
    for at in np.flatnonzero(absent[1:] != absent[:-1]).tolist():
        gone = bool(absent[at + 1])
        why = f"no event in {rule.no_data_min} minutes" if gone else "events again"
        told.append(Transition(at_min=int(ends[at]), to="no_data" if gone else "data", why=why))
    return replace(state, no_data=bool(absent[-1])), told


def freeze_state(state: State) -> Json:
    """As JSON."""
    return asdict(replace(state, evidence=None)) | {
        "evidence": freeze_evidence(state.evidence) if state.evidence else None
    }


def thaw_state(kept: Json) -> State:
    """The state that `freeze_state` wrote, equal to the bit."""
    evidence = thaw_evidence(kept["evidence"]) if kept["evidence"] else None
    plain: Json = {name: one for name, one in kept.items() if name != "evidence"}
    return State(**plain, evidence=evidence)
