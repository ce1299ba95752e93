"""The e-detector against its published table, in any batching, and across a restart."""

import math
from itertools import pairwise

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.loop.alert.rules import Detector, detector_of, levels_of
from trimtab.loop.alert.rules.detector import (
    advance,
    find_alarms,
    freeze_evidence,
    fresh,
    log_evalue,
    log_mean,
    log_ratios,
    take_batch,
    thaw_evidence,
)
from trimtab.vocabulary.kernel import Invalid

COUNTS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60)
LEVELS = (0.9, 0.85, 0.8, 0.7, 0.5)
TABLE = {
    7200: {0.85: (65, 139), 0.8: (39, 78), 0.7: (20, 37), 0.5: (9, 16), 0.0: (5, 5)},
    50000: {0.85: (92, 182), 0.8: (53, 96), 0.7: (27, 46), 0.5: (12, 20), 0.0: (5, 5)},
}
FALSE = {7200: {0.96: 0.115, 0.95: 0.46}, 50000: {0.96: 0.012, 0.95: 0.087}}


def of(c: float) -> Detector:
    return Detector(target=0.95, levels=LEVELS, threshold=c)


def simulate(c: float, after: float, healthy: int, events: int, streams: int = 1000) -> np.ndarray:
    dice = np.random.default_rng(20)
    rates = np.r_[np.full(healthy, 0.96), np.full(events, after)]
    good = (dice.random((len(rates), streams)) < rates[:, None]).astype(np.float64)
    first = find_alarms(of(c), good, 1 - good)
    first = first[first >= healthy]
    return first - healthy + 1


@pytest.mark.parametrize("c", list(TABLE))
@pytest.mark.parametrize("after", [0.85, 0.8, 0.7, 0.5, 0.0])
def test_tasks_to_alarm_are_those_of_the_table(c: int, after: float) -> None:
    took = simulate(c, after, healthy=500, events=500)
    median, p90 = TABLE[c][after]
    assert np.median(took) == pytest.approx(median, rel=0.08, abs=1)
    assert np.quantile(took, 0.9) == pytest.approx(p90, rel=0.1, abs=1)


@pytest.mark.parametrize(("c", "rate"), [(7200, 0.96), (7200, 0.95), (50000, 0.96), (50000, 0.95)])
def test_false_alarms_are_those_of_the_table(c: int, rate: float) -> None:
    dice = np.random.default_rng(21)
    good = (dice.random((7200, 250)) < rate).astype(np.float64)
    share = float(np.isfinite(find_alarms(of(c), good, 1 - good)).mean())
    expected = FALSE[c][rate]
    assert share == pytest.approx(expected, abs=3.5 * math.sqrt(expected * (1 - expected) / 250))


def test_the_fixed_start_is_as_the_table_says() -> None:
    """T=.95, alpha=.001: median (p90) tasks at .85 100 (201), .80 50 (104), .70 22 (44), .50 9 (18), 0 4 (4)."""
    dice = np.random.default_rng(22)
    for rate, median, p90 in ((0.85, 100, 201), (0.8, 50, 104), (0.7, 22, 44), (0.5, 9, 18), (0.0, 4, 4)):
        good = np.cumsum(dice.random((2000, 1000)) < rate, axis=0).astype(np.float64)
        bad = np.arange(1, 2001)[:, None] - good
        over = log_evalue(of(1000), good, bad) >= math.log(1000)
        took = over.argmax(axis=0) + 1
        assert over.any(axis=0).all()
        assert np.median(took) == pytest.approx(median, rel=0.08, abs=1)
        assert np.quantile(took, 0.9) == pytest.approx(p90, rel=0.1, abs=1)


def test_the_levels_of_95_percent_are_those_of_the_table() -> None:
    assert levels_of(0.95) == pytest.approx(LEVELS)
    assert levels_of(0.999) == pytest.approx((0.998, 0.997, 0.996, 0.994, 0.99, 0.97, 0.9, 0.7, 0.5))
    for target in (0.05, 0.3, 0.5, 0.7, 0.85, 0.9, 0.99, 0.9999):
        levels = levels_of(target)
        assert all(0 < low < high < target for high, low in pairwise(levels))
        assert levels[0] < target


def test_the_threshold_is_a_false_alarm_in_so_many_days() -> None:
    assert detector_of(0.95, 30, 240).threshold == 7200
    for target, days in ((1.0, 30), (0.0, 30), (0.9, 0)):
        with pytest.raises(Invalid):
            detector_of(target, days, 240)


def walk(c: Detector, outcomes: str) -> list[float]:
    """The recursion as it is written, event by event, without logarithms."""
    r = np.zeros(len(c.levels))
    found = []
    for one in outcomes:
        levels = np.array(c.levels)
        ratio = levels / c.target if one == "g" else (1 - levels) / (1 - c.target)
        r = (r + 1) * ratio
        found.append(float(np.log(r.mean())))
    return found


def test_single_events_follow_the_formula() -> None:
    outcomes = "ggbgggbbggbgggggggb" * 3
    good = np.array([float(one == "g") for one in outcomes])
    seen, alarms = advance(of(1e9), fresh(of(1e9)), good, 1 - good)
    assert log_mean(np.array(seen.log_r)) == pytest.approx(walk(of(1e9), outcomes)[-1], rel=1e-12)
    assert not alarms.any()


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 2**31))
def test_a_minute_is_its_events_bad_first_and_below_every_other_order(good: int, bad: int, seed: int) -> None:
    if good + bad == 0:
        return
    seen, _ = advance(of(1e300), fresh(of(1e300)), np.array([7.0, good]), np.array([2.0, bad]))
    mine = float(log_mean(np.array(seen.log_r)))
    before = "bb" + "g" * 7
    assert mine == pytest.approx(walk(of(1e300), before + "b" * bad + "g" * good)[-1], rel=1e-9, abs=1e-9)
    shuffled = "".join(np.random.default_rng(seed).permutation(list("b" * bad + "g" * good)).tolist())
    assert mine <= walk(of(1e300), before + shuffled)[-1] + 1e-9


def test_a_share_of_an_event_is_at_most_the_mean_of_both_outcomes() -> None:
    log_good, log_bad = log_ratios(of(9))
    _, log_b = take_batch(log_bad, log_good, np.array([[0.3]]), np.array([[0.7]]))
    assert (np.exp(log_b[0]) <= 0.7 * np.exp(log_good) + 0.3 * np.exp(log_bad)).all()


def test_an_outage_does_not_overflow_and_is_left_again() -> None:
    c = of(7200)
    seen, alarms = advance(c, fresh(c), np.zeros(10_000), np.full(10_000, 50.0))
    assert alarms.all()
    assert seen.alarmed
    assert c.levels[seen.level] == 0.5
    seen, alarms = advance(c, seen, np.ones(50_000), np.zeros(50_000))
    assert int(np.argmin(alarms)) + 1 == 9
    assert not seen.alarmed


def test_from_a_small_drop_it_clears_on_more_evidence_than_from_an_outage() -> None:
    c = of(7200)
    took = []
    for level in (4, 0):
        start = thaw_evidence(freeze_evidence(fresh(c)) | {"alarmed": True, "level": level, "log_back": None})
        _, alarms = advance(c, start, np.ones(300), np.zeros(300))
        took.append(int(np.argmin(alarms)) + 1)
    assert took == [9, 62]


@given(COUNTS, st.lists(st.integers(1, 20), max_size=10))
def test_any_batching_and_a_restart_between_give_the_same_bits(
    counts: list[tuple[int, int]], cuts: list[int]
) -> None:
    c = Detector(target=0.95, levels=LEVELS, threshold=50, clear=20)
    good = np.array([float(one[0]) for one in counts])
    bad = np.array([float(one[1]) for one in counts])
    whole, alarms = advance(c, fresh(c), good, bad)
    seen, parts, at = fresh(c), [], 0
    for size in [*cuts, len(counts)]:
        kept = orjson.loads(orjson.dumps(freeze_evidence(seen)))
        assert thaw_evidence(kept) == seen
        seen, some = advance(c, thaw_evidence(kept), good[at : at + size], bad[at : at + size])
        parts += some.tolist()
        at += size
    assert (seen, parts) == (whole, alarms.tolist())


def test_many_streams_alarm_when_each_alone_does() -> None:
    c, dice = of(100), np.random.default_rng(3)
    good, bad = dice.poisson(3, (200, 20)).astype(float), dice.poisson(0.3, (200, 20)).astype(float)
    first = find_alarms(c, good, bad)
    for stream in range(20):
        _, alarms = advance(c, fresh(c), good[:, stream], bad[:, stream])
        assert first[stream] == (np.argmax(alarms) if alarms.any() else math.inf)


@pytest.mark.parametrize("a_minute", [0.0, 8.0], ids=["single events", "counts by minute"])
def test_at_the_target_a_false_alarm_takes_at_least_as_many_events_as_promised(a_minute: float) -> None:
    c, dice, streams = of(300), np.random.default_rng(23), 400
    n = dice.poisson(a_minute, (1000, streams)) if a_minute else np.ones((8000, streams), dtype=np.int64)
    good = dice.binomial(n, 0.95).astype(float)
    first = find_alarms(c, good, n - good)
    took = np.cumsum(n, axis=0)[np.minimum(first, len(n) - 1).astype(int), np.arange(streams)]
    assert np.mean(took) >= 300
