"""When a provider was out, from its minutes: against the definition itself, whatever the order, and never out of silence."""

import random
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.loop.sli.answers.outages import (
    LEAST_CALLS,
    SHARE,
    SILENT_MINUTES,
    TIMES,
    Minute,
    outages,
    segments,
)
from trimtab.vocabulary.kernel import wilson


@st.composite
def days(draw: st.DrawFn) -> list[Minute]:
    """Minutes of a provider, some of them silent, in the order of time."""
    at = draw(st.lists(st.integers(0, 60), unique=True, max_size=40).map(sorted))
    found: list[Minute] = []
    for minute in at:
        calls = draw(st.integers(0, 12))
        found.append(Minute(minute, calls, draw(st.integers(0, calls)), ("shop",)))
    return found


def by_definition(scores: list[int]) -> list[tuple[int, int]]:
    """Maximal scoring segments as the paper defines them, by looking at all."""
    ranges = list(combinations(range(len(scores) + 1), 2))

    def above_its_parts(first: int, end: int) -> bool:
        whole = sum(scores[first:end])
        parts = [(a, b) for a, b in ranges if first <= a and b <= end and (a, b) != (first, end)]
        return whole > 0 and all(sum(scores[a:b]) < whole for a, b in parts)

    good = [one for one in ranges if above_its_parts(*one)]
    return [
        (first, end - 1)
        for first, end in good
        if not any(a <= first and end <= b and (a, b) != (first, end) for a, b in good)
    ]


@given(st.lists(st.integers(-6, 6), max_size=9))
def test_segments_are_those_of_the_definition(scores: list[int]) -> None:
    assert [(one.first, one.last) for one in segments(scores)] == by_definition(scores)


@given(days(), st.integers(0, 2**32))
def test_the_order_of_minutes_does_not_matter(minutes: list[Minute], seed: int) -> None:
    mixed = list(minutes)
    random.Random(seed).shuffle(mixed)
    assert outages(mixed) == outages(minutes)


@given(days())
def test_silence_is_no_outage(minutes: list[Minute]) -> None:
    heard = [one for one in minutes if one.calls]
    silent = [Minute(at, 0, 0) for at in range(100) if at not in {one.minute for one in heard}]
    assert outages(silent) == []
    assert outages([*heard, *silent]) == outages(heard)


@given(days())
def test_a_provider_without_faults_has_none(minutes: list[Minute]) -> None:
    assert outages([Minute(one.minute, one.calls, 0) for one in minutes]) == []


@given(days())
def test_an_outage_is_what_it_says(minutes: list[Minute]) -> None:
    at = {one.minute: one for one in minutes if one.calls}
    found = outages(minutes)
    assert all(one.last < two.first for one, two in pairwise(found))
    for one in found:
        within = [at[minute] for minute in range(one.first, one.last + 1) if minute in at]
        assert (one.calls, one.faults) == (
            sum(each.calls for each in within),
            sum(each.faults for each in within),
        )
        assert one.calls >= LEAST_CALLS
        assert one.interval == wilson(one.faults, one.calls)
        assert one.interval[0] > 1 / SHARE
        assert one.usual is None or one.interval[0] > TIMES * one.usual
        assert at[one.first].faults
        assert at[one.last].faults
        gaps = [two.minute - each.minute for each, two in pairwise(within)]
        assert all(gap <= SILENT_MINUTES for gap in gaps)


def quiet(first: int, last: int, calls: int = 10, faults: int = 0) -> list[Minute]:
    return [Minute(at, calls, faults) for at in range(first, last)]


def test_an_outage_ends_where_calls_succeed_again() -> None:
    (one,) = outages([*quiet(0, 60), *quiet(60, 65, faults=9), *quiet(65, 120)])
    assert (one.first, one.last, one.calls, one.faults, one.usual) == (60, 64, 50, 45, 0.0)


def test_two_outages_do_not_hide_each_other() -> None:
    found = outages([*quiet(0, 30, faults=10), *quiet(30, 200), *quiet(200, 230, faults=10)])
    assert [(one.first, one.last) for one in found] == [(0, 29), (200, 229)]


def test_a_provider_of_few_calls_can_be_out_and_one_that_was_never_well() -> None:
    (one,) = outages([Minute(at, 1, 1, (f"agent {at % 2}",)) for at in range(0, 50, 5)])
    assert (one.calls, one.faults, one.usual, one.agents) == (10, 10, None, ("agent 0", "agent 1"))
    assert outages([Minute(at, 1, 1) for at in range(9)]) == []


@pytest.mark.parametrize(("gap", "number"), [(SILENT_MINUTES, 1), (SILENT_MINUTES + 1, 2)])
def test_no_outage_goes_on_over_a_long_silence(gap: int, number: int) -> None:
    assert len(outages([*quiet(0, 3, faults=10), *quiet(2 + gap, 5 + gap, faults=10)])) == number


def test_what_is_usual_is_no_outage() -> None:
    assert outages([*quiet(0, 600, faults=2), *quiet(600, 610, faults=4)]) == []
    assert len(outages([*quiet(0, 600, faults=0), *quiet(600, 610, faults=4)])) == 1


def test_many_minutes_that_come_to_nothing_stay_apart() -> None:
    down = [-1, 3] * 3 + [-5, 1] * 100_000
    assert len(segments(down)) == 100_001
