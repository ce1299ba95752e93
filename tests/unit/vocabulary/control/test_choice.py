"""What is chosen, and who gets which share: always the same, in proportion, and a share that grows draws sessions only to itself."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.vocabulary.control import Document, Order, choices, read_what, shares_of, variant_of

T0, SECOND = 1_700_000_000_000_000_000, 1_000_000_000
names = st.text("abcdefg-0123", min_size=1, max_size=6)
shares = st.dictionaries(names, st.integers(0, 100), max_size=6)


def order(what: str, lasts_s: int) -> Order:
    return Order(what=what, until_ns=T0 + lasts_s * SECOND, owner="person", reason="why", ids=("d",))


def test_choices_end_at_their_time_and_nothing_else_is_one() -> None:
    orders = (order("bundle:b:2", 10), order("model:m", 20), order("split:a=1,b=99", 30), order("observe", 9))
    found = Document(
        project="p",
        agent="a",
        environment="e",
        version=1,
        issued_ns=T0,
        orders=(*orders, order("enforce", 9)),
    )
    assert choices(found, T0) == {"bundle": "b:2", "model": "m", "split": "a=1,b=99"}
    assert choices(found, T0 + 10 * SECOND) == {"model": "m", "split": "a=1,b=99"}
    assert choices(found, T0 + 30 * SECOND) == {}


def test_a_split_is_read_as_it_is_written() -> None:
    assert shares_of(read_what("split: old = 90, new=10").removeprefix("split:")) == {"new": 10, "old": 90}


def test_the_variant_of_a_session_is_the_same_everywhere() -> None:
    """Other versions of Trimtab, and other languages, must give these too."""
    found = [variant_of(f"session-{number}", {"new": 50, "old": 50}) for number in range(12)]
    assert "".join(one[0] for one in found) == "nnonoooonono"


@pytest.mark.parametrize(
    "given_shares",
    [
        {"new": 10, "old": 90},
        {"new": 1, "old": 99},
        {"a": 50, "b": 30, "c": 20},
        {"a": 1, "b": 1, "c": 1, "d": 0},
    ],
)
def test_shares_are_kept_within_chance(given_shares: dict[str, int]) -> None:
    n, whole = 20_000, sum(given_shares.values())
    counted = Counter(variant_of(f"s{number}", given_shares) for number in range(n))
    for name, share in given_shares.items():
        p = share / whole
        assert abs(counted[name] - n * p) <= 4 * math.sqrt(n * p * (1 - p)), name


@given(st.text(), shares)
def test_nobody_gets_what_has_no_share(session: str, given_shares: dict[str, int]) -> None:
    found = variant_of(session, given_shares)
    assert given_shares.get(found, 0) > 0 or (found == "" and not any(given_shares.values()))
    assert variant_of(session, dict(reversed(given_shares.items()))) == found


@given(st.text(), shares.filter(bool), st.integers(1, 100), st.data())
def test_a_share_that_grows_only_draws_sessions_to_itself(
    session: str, given_shares: dict[str, int], more: int, data: st.DataObject
) -> None:
    raised = data.draw(st.sampled_from(sorted(given_shares)))
    before = variant_of(session, given_shares)
    after = variant_of(session, given_shares | {raised: given_shares[raised] + more})
    assert after in (before, raised)


@given(st.text(), st.integers(0, 100), st.integers(0, 100))
def test_a_rollout_from_step_to_step_takes_nobody_back(session: str, one: int, two: int) -> None:
    less, more = sorted((one, two))
    if variant_of(session, {"new": less, "old": 100 - less}) == "new":
        assert variant_of(session, {"new": more, "old": 100 - more}) == "new"
