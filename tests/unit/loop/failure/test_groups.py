"""Groups of failures over a real store: whom they hit, what they cost, and what is not known."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.failing import DAY, HOUR, LOST, PAY, SAID, SECOND, T0, Shop

from trimtab.loop.failure import find_groups
from trimtab.loop.failure.occurrences import FAILED
from trimtab.loop.sli.count import BAD
from trimtab.loop.store import Scope
from trimtab.vocabulary.kernel import Invalid


@pytest.fixture
def shop() -> Iterator[Shop]:
    found = Shop()
    yield found
    found.analytics.close()


def test_like_failures_are_one_group(shop: Shop) -> None:
    names = [
        shop.session(n, SAID, (LOST[0], {"code": 2, "message": f"card {n} refused at 1{n}:30"}), SAID)
        for n in range(4)
    ]
    group = shop.only(24)
    assert (group["title"], group["sessions"]) == ("pay: card <n> refused at <date>", 4)
    assert (group["category"], group["author"], group["agents"]) == ("inconclusive", None, ("shop",))
    assert (group["first_ns"], group["last_ns"]) == (T0, T0 + 3 * HOUR)
    assert group["examples"] == tuple(reversed(names[1:]))


def test_every_bad_session_is_in_exactly_one_group(shop: Shop) -> None:
    shop.session(0, LOST, (PAY, {}), SAID)
    shop.session(1, LOST, SAID)
    shop.session(2, SAID)
    shop.session(3, SAID, outcome="abandoned")
    for outcome in ("success", "refused", "escalated", "unknown", ""):
        shop.session(4, LOST, outcome=outcome)
    found = shop.groups(24)
    assert found["sessions"] == sum(group["sessions"] for group in found["groups"]) == 4
    assert FAILED == BAD


def test_steps_that_failed_are_grouped_also_where_the_session_went_well(shop: Shop) -> None:
    shop.session(0, LOST, LOST, (PAY, {}), SAID, outcome="success", cost=5)
    shop.session(1, LOST, SAID, cost=7)
    group = shop.only(24, by_step=True)
    assert (group["sessions"], group["failed"], group["cost_nusd"]) == (2, 1, 7)


def test_users_are_counted_once_and_unknown_ones_apart(shop: Shop) -> None:
    for hour, user in enumerate(["ann", "ann", "bob", ""]):
        shop.session(hour, LOST, user=user)
    assert {name: shop.only(24)[name] for name in ("users", "users_unknown")} == {
        "users": 2,
        "users_unknown": 1,
    }
    shop.session(0, SAID, name="nobody")
    silent = shop.groups(24)["groups"][1]
    assert (silent["users"], silent["users_unknown"]) == (None, 1)


def test_unknown_cost_is_never_nothing(shop: Shop) -> None:
    shop.session(0, SAID, LOST)
    assert (shop.only(24)["cost_nusd"], shop.only(24)["cost_unknown"]) == (None, 1)
    shop.session(1, SAID, LOST, cost=0)
    assert (shop.only(24)["cost_nusd"], shop.only(24)["cost_unknown"]) == (0, 1)
    shop.session(2, SAID, LOST, cost=9)
    assert (shop.only(24)["cost_nusd"], shop.only(24)["cost_unknown"]) == (9, 1)


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("users", "many users"),
        ("sessions", "many sessions"),
        ("money", "much money"),
        ("time", "much time"),
    ],
)
def test_groups_are_ranked_by_what_is_asked_for(shop: Shop, sort: str, first: str) -> None:
    def lose(why: str, user: str, cost: int, said: int = 1) -> None:
        shop.session(0, *[SAID] * said, (LOST[0], {"code": 2, "message": why}), user=user, cost=cost)

    for user in "abc":
        lose("many users", user, 1)
    for _ in range(4):
        lose("many sessions", "a", 1)
    lose("much money", "a", 1000)
    lose("much time", "a", 1, said=30)
    assert shop.groups(24, sort=sort)["groups"][0]["title"] == f"pay: {first}"


def test_groups_are_ranked_by_users_then_money_then_time(shop: Shop) -> None:
    def lose(why: str, **more: Any) -> None:
        said = [SAID] * more.pop("said", 1)
        shop.session(0, *said, (LOST[0], {"code": 2, "message": why}), **more)

    lose("of unknown users")
    lose("short", user="a")
    lose("long", user="a", said=9)
    lose("dear", user="a", cost=1)
    for user in "ab":
        lose("of two users", user=user)
    titles = [group["title"].removeprefix("pay: ") for group in shop.groups(24)["groups"]]
    assert titles == ["of two users", "dear", "long", "short", "of unknown users"]


def test_made_up_times_are_no_durations(shop: Shop) -> None:
    shop.session(0, (LOST[0] | {"trimtab.replay.synthetic_time": True}, LOST[1]))
    assert (shop.only(24)["took_ns"], shop.only(24)["took_unknown"]) == (None, 1)
    shop.session(0, LOST, LOST)
    assert (shop.only(24)["took_ns"], shop.only(24)["took_unknown"]) == (2 * SECOND, 1)


def test_what_changed_in_the_day_before_it_began_is_told(shop: Shop) -> None:
    week = 24 * 7
    shop.session(0, SAID, outcome="success", release="r1")
    shop.session(week, SAID, outcome="success", release="r2")
    for hour in range(4):
        shop.session(week + 20 + hour, SAID, LOST, release="r3" if hour else "r2")
    group = shop.only(week + 24, since=week)
    assert group["status"] == "new"
    assert [(c["kind"], c["value"], c["before"]) for c in group["changes"]] == [("bundle", "r2", "r1")]
    assert shop.only(week + 48, since=week + 22)["changes"] == ()


def test_a_call_that_nested_steps_tell_of_fails_once(shop: Shop) -> None:
    shop.session(0, (PAY, {}), LOST, SAID, nested=True)
    group = shop.only(24, by_step=True)
    assert (group["title"], group["sessions"]) == ("pay: PayError", 1)


def test_an_unknown_order_is_refused(shop: Shop) -> None:
    with pytest.raises(Invalid, match="unknown order"):
        shop.groups(1, sort="luck")


def test_new_then_ongoing_then_resolved_then_regressed(shop: Shop) -> None:
    for hour in range(20):
        shop.session(24 * 30 + hour, LOST, user="a")
    month = 24 * 31
    assert shop.only(month, since=month - 24)["status"] == "new"
    assert shop.only(month + 24, since=month - 10)["status"] == "ongoing"
    for hour in range(24 * 8):
        shop.session(month + hour, SAID, outcome="success")
    after = month + 24 * 8
    gone = shop.only(after, since=after - 24)
    assert (gone["status"], gone["sessions"], gone["before"]) == ("resolved", 0, 20)
    assert (gone["users"], gone["cost_nusd"], gone["cost_unknown"]) == (0, None, 0)
    shop.session(after, LOST, user="a")
    back = shop.only(after + 1, since=after - 24)
    assert (back["status"], back["sessions"], back["before"]) == ("regressed", 1, 20)


def test_a_release_that_mends_it_resolves_it(shop: Shop) -> None:
    for hour in range(10):
        shop.session(hour, LOST, release="r1")
    for hour in range(10, 40):
        shop.session(hour, SAID, outcome="success", release="r1" if hour < 12 else "r2")
    found = shop.only(48)
    assert (found["status"], found["releases"]) == ("resolved", ("r1",))


def test_sessions_of_unknown_outcome_resolve_nothing(shop: Shop) -> None:
    for hour in range(10):
        shop.session(hour, LOST, release="r1")
    for hour in range(10, 40):
        shop.session(hour, SAID, outcome="", release="r2")
    assert shop.only(48, since=1)["status"] == "ongoing"


def test_times_that_are_made_up_have_no_status(shop: Shop) -> None:
    shop.session(0, (LOST[0] | {"trimtab.replay.synthetic_time": True}, LOST[1]))
    assert shop.only(24)["status"] is None


def test_a_cohort_and_another_project_stay_apart(shop: Shop) -> None:
    shop.session(0, LOST, agent="shop")
    shop.session(0, LOST, agent="desk")
    assert {group["agents"] for group in shop.groups(24)["groups"]} == {("desk",), ("shop",)}
    scope = Scope(project="p", cohort={"agent": "desk"})
    assert [g["agents"] for g in find_groups(shop.analytics, scope, T0 + DAY)["groups"]] == [("desk",)]
    assert find_groups(shop.analytics, Scope(project="q"), T0 + DAY)["groups"] == []


def test_what_was_not_looked_at_is_said(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("occurrences", "groups"):
        monkeypatch.setattr(f"trimtab.loop.failure.{module}.MAX_SESSIONS", 2)
    names = [shop.session(hour, LOST) for hour in range(3)]
    found = shop.groups(24)
    assert (found["truncated"], found["sessions"]) == (True, 2)
    assert found["groups"][0]["examples"] == (names[2], names[1])
    # An earlier one may not have been looked at: whether it is new is not known.
    assert found["groups"][0]["status"] is None
