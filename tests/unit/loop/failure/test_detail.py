"""One group of failures: found by the beginning of its name, with where it shows and where it concentrates."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.failing import LOST, SAID, Shop

from trimtab.loop.failure import open_group
from trimtab.loop.store import Scope
from trimtab.vocabulary.kernel import Invalid, Missing


@pytest.fixture
def shop() -> Iterator[Shop]:
    found = Shop()
    yield found
    found.analytics.close()


def opened(shop: Shop, fingerprint: str, **scope: Any) -> dict[str, Any]:
    return open_group(shop.analytics, Scope(project="p", **scope), shop.clock.now_ns(), fingerprint)


def test_a_group_shows_its_sessions_the_latest_first_and_the_step_that_failed(shop: Shop) -> None:
    names = [shop.session(hour, SAID, LOST, user="ann") for hour in range(3)]
    group = shop.only(24)
    found = opened(shop, group["fingerprint"][:6])
    assert found["group"] | {"status": ""} == group | {"status": ""}
    assert [one["session"] for one in found["sessions"]] == [*reversed(names)]
    assert found["sessions"][0]["step"]["error_message"] == LOST[1]["message"]
    assert (found["meaning"], found["parts"][:4]) != ("", ("step", "shop", "tool", "pay"))


def test_a_silent_failure_has_no_step_that_failed(shop: Shop) -> None:
    shop.session(0, SAID)
    assert opened(shop, shop.only(24)["fingerprint"])["sessions"][0]["step"] is None


def test_a_failure_of_steps_is_found_where_no_session_failed(shop: Shop) -> None:
    name = shop.session(0, LOST, SAID, outcome="success")
    group = shop.only(24, by_step=True)
    found = opened(shop, group["fingerprint"])
    assert [(one["session"], one["failed"]) for one in found["sessions"]] == [(name, False)]


def test_a_cohort_stands_out_with_its_n_and_interval_beside_all_others(shop: Shop) -> None:
    for hour in range(40):
        if hour % 4:
            shop.session(hour, SAID, release="r1", outcome="success")
        else:
            shop.session(hour, LOST, SAID, release="r2")
    fingerprint = shop.only(48)["fingerprint"]
    (found,) = opened(shop, fingerprint)["cohorts"]
    assert (found["name"], found["value"]) == ("bundle", "r2")
    assert (found["k"], found["n"], found["other_k"], found["other_n"]) == (10, 10, 0, 30)
    assert found["interval"][0] > found["other_interval"][1]


def test_a_cohort_is_compared_with_the_same_agents_alone(shop: Shop) -> None:
    for hour in range(20):
        shop.session(hour, LOST, agent="shop", release="r1")
        shop.session(hour, SAID, agent="desk", release="r2", outcome="success")
    assert opened(shop, shop.only(48)["fingerprint"])["cohorts"] == []


def test_what_is_not_there_is_missing_and_what_is_not_plain_is_asked_for(shop: Shop) -> None:
    for number in range(17):  # one more than there are first digits
        shop.session(number, (LOST[0] | {"gen_ai.tool.name": f"pay{number}"}, LOST[1]))
    with pytest.raises(Missing, match="no such failure"):
        opened(shop, "nothing")
    with pytest.raises(Missing, match="no such failure"):
        opened(shop, "")
    firsts = [group["fingerprint"][0] for group in shop.groups(48)["groups"]]
    shared = next(digit for digit in firsts if firsts.count(digit) > 1)
    with pytest.raises(Invalid, match="begins"):
        opened(shop, shared)


def test_another_project_or_cohort_does_not_show_it(shop: Shop) -> None:
    shop.session(0, LOST)
    fingerprint = shop.only(24)["fingerprint"]
    with pytest.raises(Missing, match="no such failure in this scope"):
        open_group(shop.analytics, Scope(project="q"), shop.clock.now_ns(), fingerprint)
    with pytest.raises(Missing, match="no such failure in this scope"):
        opened(shop, fingerprint, cohort={"agent": "desk"})
