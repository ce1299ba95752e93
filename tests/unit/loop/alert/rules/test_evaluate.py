"""The state of a rule: the same transitions in any chunking, frozen by silence, damped, and across a restart."""

from collections.abc import Callable

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.loop.alert.rules import (
    Detector,
    Pair,
    Rule,
    State,
    Transition,
    alert_of,
    begin,
    freeze_state,
    pairs_of,
    step,
    thaw_state,
)
from trimtab.loop.budget import Minutes, Objective
from trimtab.vocabulary.kernel import Invalid

MINUTE_NS = 60_000_000_000
QUICK = Pair(severity="page", name="quick", long_min=20, short_min=4, factor=4)
HELD = Pair(severity="page", name="held", long_min=10, short_min=2, factor=2, held_min=3)
WATCH = Detector(target=0.9, levels=(0.8, 0.5), threshold=40, clear=20)
RULES = [
    Rule(name="plain", severity="page", pairs=(QUICK,), min_events=3, stale_min=5, no_data_min=7),
    Rule(name="damped", severity="page", pairs=(QUICK, HELD), min_events=2, for_min=3, keep_min=5),
    Rule(name="watch", severity="page", detector=WATCH, stale_min=6, for_min=1, keep_min=2, no_data_min=9),
]
ROWS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 8), st.integers(0, 8), st.booleans()),
    min_size=1,
    max_size=40,
)


def minutes_from(rows: list[tuple[int, int, int, bool]]) -> Minutes:
    """Runs of minutes: a gap, then `good`, `bad` a minute for a while; a swap makes whole runs good or bad."""
    at, table = 0, []
    for gap, good, bad, long in rows:
        at += gap
        for _ in range(10 if long else 1):
            table.append((at, good, bad))
            at += 1
    kept = np.array([row for row in table if row[1] + row[2]], dtype=np.int64).reshape(-1, 3)
    none = np.zeros(len(kept), dtype=np.int64)
    return Minutes(minute=kept[:, 0], good=kept[:, 1], bad=kept[:, 2], excluded=none, unknown=none)


def cut(found: Minutes, low: int, high: int) -> Minutes:
    """Only the minutes that a reader would give: those within reach, and some that are not mature."""
    kept = (found.minute >= low) & (found.minute < high)
    return Minutes(
        minute=found.minute[kept],
        good=found.good[kept],
        bad=found.bad[kept],
        excluded=found.excluded[kept],
        unknown=found.unknown[kept],
    )


def replay(rule: Rule, one: Objective, found: Minutes, looks: list[int]) -> tuple[State, list[Transition]]:
    state, told = begin(rule, one, 0), []
    for at in looks:
        kept = thaw_state(orjson.loads(orjson.dumps(freeze_state(state))))
        assert kept == state
        low = state.at_min - rule.reach_min - one.slice_min
        state, some = step(rule, one, kept, cut(found, low, at + 3), at * MINUTE_NS + 17)
        told += some
    return state, told


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
@pytest.mark.parametrize("slices", [False, True], ids=["occurrences", "slices"])
@given(ROWS, st.lists(st.integers(1, 60), max_size=12))
@settings(max_examples=60, deadline=None)
def test_any_chunking_gives_the_same_transitions(
    promise: Callable[..., Objective],
    rule: Rule,
    slices: bool,
    rows: list[tuple[int, int, int, bool]],
    cuts: list[int],
) -> None:
    more = {"method": "ratio_timeslices", "slice_min": 3} if slices else {}
    one, found = promise(0.9, maturity_s=90.0, **more), minutes_from(rows)
    end = int(found.minute.max(initial=0)) + 30
    whole = replay(rule, one, found, [end])
    every = replay(rule, one, found, list(range(end + 1)))
    some = replay(rule, one, found, [*(at for at in np.cumsum(cuts).tolist() if at < end), end])
    assert every == whole
    assert some == whole
    check_order(whole[1], rule)


def check_order(told: list[Transition], rule: Rule) -> None:
    """Moves are in order of time, and each follows from one that may stand before it."""
    assert [one.at_min for one in told] == sorted(one.at_min for one in told)
    before = {
        "pending": {"", "resolved", "dropped"},
        "firing": {"pending"} if rule.for_min else {"", "resolved", "dropped"},
        "resolved": {"firing"},
        "dropped": {"pending"},
    }
    last = ""
    for one in told:
        if one.to in before:
            assert last in before[one.to]
            last = one.to
        assert one.why


def moves(told: list[Transition]) -> list[tuple[int, str]]:
    return [(one.at_min, one.to) for one in told]


def test_an_outage_pends_fires_and_resolves(
    promise: Callable[..., Objective], counts: Callable[..., Minutes]
) -> None:
    rule = Rule(name="r", severity="page", pairs=(QUICK,), for_min=2, keep_min=3)
    rows = [(at, 10, 0) for at in range(100)] + [(at, 0, 10) for at in range(100, 130)]
    rows += [(at, 10, 0) for at in range(130, 200)]
    _, told = replay(rule, promise(0.9), counts(rows), [200])
    assert moves(told) == [(109, "pending"), (111, "firing"), (136, "resolved")]
    assert told[1].why == "quick: budget burn 5.5 over 20m, 10 over 4m (threshold 4)"


def test_silence_freezes_and_resolves_nothing(
    promise: Callable[..., Objective], counts: Callable[..., Minutes]
) -> None:
    rule = Rule(name="r", severity="page", pairs=(QUICK,), stale_min=20, no_data_min=30)
    rows = [(at, 0, 10) for at in range(50)] + [(at, 10, 0) for at in range(300, 330)]
    state, told = replay(rule, promise(0.9), counts(rows), [250])
    assert moves(told) == [(1, "firing"), (73, "frozen"), (80, "no_data")]
    assert (state.status, state.frozen, state.no_data) == ("firing", True, True)
    _, told = replay(rule, promise(0.9), counts(rows), [330])
    assert moves(told)[3:] == [(301, "thawed"), (301, "resolved"), (301, "data")]


def test_sparse_events_do_not_chatter(
    promise: Callable[..., Objective], counts: Callable[..., Minutes]
) -> None:
    rule = Rule(name="r", severity="page", pairs=(QUICK,), min_events=2, stale_min=20)
    _, told = replay(rule, promise(0.9), counts([(at, 0, 1) for at in range(0, 200, 9)]), [200])
    assert moves(told) == [(10, "firing")]


def test_a_detector_is_frozen_by_silence_too(
    promise: Callable[..., Objective], counts: Callable[..., Minutes]
) -> None:
    rule = Rule(name="r", severity="page", detector=WATCH, stale_min=20)
    rows = [(at, 0, 1) for at in range(10)] + [(at, 1, 0) for at in range(100, 130)]
    _, told = replay(rule, promise(0.9), counts(rows), [130])
    assert moves(told) == [(3, "firing"), (30, "frozen"), (101, "thawed"), (104, "resolved")]
    assert told[0].why == "the rate is below 0.9: 3 of 3 bad in the last 20m"


def test_keeping_damps_a_flapping_rule(
    promise: Callable[..., Objective], counts: Callable[..., Minutes]
) -> None:
    rows = [(at, 10 * (at % 12 >= 6), 10 * (at % 12 < 6)) for at in range(120)]
    fired = []
    for keep in (0, 15):
        rule = Rule(name="r", severity="page", pairs=(QUICK,), keep_min=keep)
        _, told = replay(rule, promise(0.9), counts(rows), [120])
        fired.append(sum(one.to == "firing" for one in told))
    assert fired[0] >= 5
    assert fired[1] == 1


def test_what_is_not_mature_does_not_fire(
    promise: Callable[..., Objective], counts: Callable[..., Minutes]
) -> None:
    rule, one = Rule(name="r", severity="page", pairs=(QUICK,)), promise(0.9, maturity_s=3600.0)
    found = counts([(at, 0, 10) for at in range(100)])
    state = begin(rule, one, 0)
    assert state.at_min == -60
    state, told = step(rule, one, state, found, 60 * MINUTE_NS)
    assert told == []
    _, told = step(rule, one, state, found, 61 * MINUTE_NS)
    assert moves(told) == [(1, "firing")]


def test_a_month_at_once_is_quick_and_like_day_by_day(
    promise: Callable[..., Objective], traffic: Callable[..., Minutes]
) -> None:
    one = promise(0.99)
    rates = np.full(43_200, 0.995)
    rates[20_000:20_200] = 0.5
    found = traffic(rates, 5.0, 4)
    pages = tuple(pair for pair in pairs_of(one.window) if pair.severity == "page")
    rule = Rule(name="page", severity="page", pairs=pages)
    whole = replay(rule, one, found, [43_200])
    assert whole == replay(rule, one, found, list(range(1440, 43_201, 1440)))
    fired = [move.at_min for move in whole[1] if move.to == "firing"]
    assert len(fired) == 1
    assert 20_000 < fired[0] < 20_060


def test_a_detector_with_new_levels_starts_anew(
    promise: Callable[..., Objective], counts: Callable[..., Minutes]
) -> None:
    one, found = promise(0.9), counts([(at, 0, 1) for at in range(2)] + [(at, 9, 1) for at in range(2, 9)])
    state, _ = replay(RULES[2], one, found, [2])
    other = Rule(name="w", severity="page", detector=Detector(target=0.9, levels=(0.5,), threshold=40))
    state, told = step(other, one, state, found, 9 * MINUTE_NS)
    assert told == []
    assert state.evidence is not None
    assert state.evidence.events == 70


def test_a_rule_says_one_thing() -> None:
    for pairs, detector in (((), None), ((QUICK,), WATCH)):
        with pytest.raises(Invalid):
            Rule(name="r", severity="page", pairs=pairs, detector=detector)


def test_the_alert_of_a_move(promise: Callable[..., Objective]) -> None:
    one = promise(0.9, labels={"team": "desk", "severity": "mine"}, service="airline", title="Answers")
    opened = Transition(at_min=7, to="firing", why="because")
    alert = alert_of("default", one, RULES[0], opened)
    assert alert.labels == {
        "alertname": "BudgetBurn",
        "severity": "page",
        "objective": "answers",
        "slo": "answers",
        "service": "airline",
        "rule": "plain",
        "team": "desk",
    }
    assert alert.starts_ns == 7 * MINUTE_NS
    assert alert.annotations == {
        "summary": "Answers: the promise of 0.9 is at risk",
        "description": "because",
    }
    absent = [
        alert_of("default", one, rule, Transition(at_min=7, to="no_data")).fingerprint
        for rule in (RULES[0], RULES[2])
    ]
    assert absent[0] == absent[1]
    over = alert_of("default", one, RULES[2], opened, Transition(at_min=9, to="resolved"))
    assert (over.labels["alertname"], over.status, over.ends_ns) == ("RateDropped", "resolved", 9 * MINUTE_NS)
