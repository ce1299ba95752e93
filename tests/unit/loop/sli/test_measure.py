"""Counts of events: by hand and by hypothesis; two methods are never mixed, no data is null."""

import itertools
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.bodies import span, traces_of
from tests.support.stores import DAY_S, Kit, kit

from trimtab.loop.sli import basis_of, built_in, declare, report
from trimtab.loop.store import Scope
from trimtab.vocabulary.kernel import Invalid


@pytest.fixture
def store() -> Generator[Kit]:
    with kit() as found:
        yield found


def measured(store: Kit, name: str, by: tuple[str, ...] = (), **scope: Any) -> list[dict[str, Any]]:
    groups = report(store.analytics, Scope(project="p", **scope), by, [built_in()[name]])["groups"]
    return [group["indicators"][0] for group in groups]


def tell(store: Kit, kind: str, session: str, **values: object) -> None:
    row = {"id": f"{kind}-{session}-{values}", "kind": kind, "source": "app", "session": session} | values
    row.setdefault("time", store.clock.now_ns() / 1e9)
    store.take(orjson.dumps([row]), signal="facts")


def closed(store: Kit, *sessions: str) -> None:
    for number, session in enumerate(sessions):
        store.session(session, 10 * (number + 1))
    store.clock.advance(DAY_S)


def test_a_judge_that_changes_splits_the_series(store: Kit) -> None:
    closed(store, "a", "b", "c", "d")
    for session, method, value in (("a", "judge v1", 0.9), ("b", "judge v1", 0.1), ("c", "judge v2", 0.9)):
        tell(store, "score", session, name="groundedness", value=value, method=method, source="judge")
    found = measured(store, "groundedness")[0]
    assert (found["value"], found["interval"], found["health"]) == (None, None, "degraded")
    assert "judge v1, judge v2" in found["reasons"][0]
    series = {part["method"]: (part["value"], part["n"]) for part in found["series"]}
    assert series == {"judge v1": (0.5, 2), "judge v2": (1.0, 1)}


def test_outcomes_of_two_judges_are_never_one_ratio(store: Kit) -> None:
    closed(store, "a", "b", "c", "d", "e")
    store.fact("1", session="a", source="human", label="success")
    store.fact("2", session="b", source="app", label="failure")
    found = measured(store, "task_success")[0]
    assert (found["value"], found["n"], found["unknown"], found["method"]) == (0.5, 2, 3, "reported")
    store.fact("3", session="c", source="judge", label="success", method="v1")
    store.fact("4", session="d", source="judge", label="failure", method="v2")
    found = measured(store, "task_success")[0]
    assert found["value"] is None
    assert {part["method"]: part["value"] for part in found["series"]} == {
        "reported": 0.5,
        "judge v1": 1.0,
        "judge v2": 0.0,
    }
    per = measured(store, "cost_per_success")[0]
    assert (per["value"], len(per["series"])) == (None, 3)


def test_what_nobody_reports_is_unknown(store: Kit) -> None:
    closed(store, "a", "b")
    for name, need in (("without_ticket", "tickets"), ("feedback", "feedback"), ("availability", "gateway")):
        found = measured(store, name)[0]
        assert (found["value"], found["health"]) == (None, "unavailable"), name
        assert need in found["reasons"][0]
    tell(store, "ticket", "a", label="refund")
    tell(store, "feedback", "a", value=1)
    tell(store, "feedback", "b", label="down")
    assert measured(store, "without_ticket")[0]["value"] == 0.5
    assert measured(store, "feedback")[0]["value"] == 0.5


def test_a_sum_with_an_unknown_part_is_unknown(store: Kit) -> None:
    priced = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 1000}
    store.session("a", 1, steps=1, **priced, **{"gen_ai.usage.output_tokens": 1000})
    store.clock.advance(DAY_S)
    store.fact("1", session="a")
    found = measured(store, "cost_per_success")[0]
    assert found["value"] == pytest.approx(10_000 / 1e9)
    store.session("b", 20, steps=1, **{"gen_ai.operation.name": "chat", "gen_ai.request.model": "unheard of"})
    found = measured(store, "cost_per_success")[0]
    assert (found["value"], found["unknown"]) == (None, 1)


def test_groups_and_scopes_count_their_own(store: Kit) -> None:
    for number, agent in enumerate(("x", "x", "y")):
        store.session(f"s{number}", 10 * (number + 1), **{"gen_ai.agent.name": agent})
        store.fact(f"f{number}", session=f"s{number}", label="success" if number else "failure")
    store.clock.advance(DAY_S)
    assert [(one["good"], one["bad"]) for one in measured(store, "task_success", ("agent",))] == [
        (1, 1),
        (1, 0),
    ]
    assert measured(store, "task_success", cohort={"agent": "y"})[0]["n"] == 1
    assert measured(store, "tool_call_success", ("agent",))[0]["good"] == 4
    now_ns = store.clock.now_ns()
    assert measured(store, "tool_call_success", since_ns=now_ns) == []
    assert measured(store, "tool_call_success", since_ns=now_ns - 2 * DAY_S * 10**9)[0]["n"] == 6
    assert measured(store, "task_success", cohort={"it's": "x"}) == []


TOOLS = st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), min_size=1, max_size=12)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(TOOLS)
def test_retries_and_loops_are_those_that_one_sees(calls: list[tuple[str, bool]]) -> None:
    with kit() as store:
        now_ns = store.clock.now_ns()
        store.take(
            traces_of(
                span(
                    1,
                    {"session.id": "s", "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool}
                    | ({"error.type": "E"} if failed else {}),
                    span_id=(place + 1).to_bytes(8, "big"),
                    start_time_unix_nano=now_ns - 10**9 + place,
                    end_time_unix_nano=now_ns - 10**9 + place,
                )
                for place, (tool, failed) in enumerate(calls)
            )
        )
        retried = sum(now[0] == before[0] and before[1] for before, now in itertools.pairwise(calls))
        row, looped = 0, 0
        for place, (tool, _) in enumerate(calls):
            row = row + 1 if place and calls[place - 1][0] == tool else 1
            looped += row >= 4
        assert measured(store, "without_retry")[0]["bad"] == retried
        assert measured(store, "without_loop")[0]["bad"] == looped
        assert measured(store, "tool_call_success")[0]["bad"] == sum(failed for _, failed in calls)


def test_many_indicators_asked_at_once_are_each_what_they_are_alone(store: Kit) -> None:
    closed(store, "a", "b", "c")
    store.fact("1", session="a", source="app", label="success")
    store.fact("2", session="b", source="app", label="failure")
    ratios = [one for one in built_in().values() if one.of == "sessions" and one.shape == "ratio"]
    many = [replace(one, name=f"{one.name}_{copy}") for copy in range(5) for one in ratios]
    assert len(many) > 24
    found = report(store.analytics, Scope(project="p"), (), many)["groups"][0]["indicators"]
    for one, alone in zip(many, ratios * 5, strict=True):
        row = next(row for row in found if row["name"] == one.name)
        expected = measured(store, alone.name)[0]
        assert {**row, "name": alone.name} == expected


def costs(store: Kit, **declared: Any) -> list[float | None]:
    """The cost of a session and of a success, with rates declared."""
    listed = [built_in()[name] for name in ("cost_per_session", "cost_per_success")]
    basis = declare(store.state, "p", declared)
    groups = report(store.analytics, Scope(project="p"), (), listed, basis)["groups"]
    return [one["value"] for one in groups[0]["indicators"]]


def test_declared_rates_are_a_part_of_what_a_session_costs(store: Kit) -> None:
    tool, call = (
        {"gen_ai.tool.name": "search"},
        {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"},
    )
    call |= {"gen_ai.usage.input_tokens": 1_000_000, "gen_ai.usage.output_tokens": 0}
    for number, session in ((10, "a"), (20, "b")):
        store.session(session, number, steps=2, **tool)
    assert costs(store, session_usd=0.5) == [None, None], "no model call: what it costs is not known"
    for number, session in ((30, "a"), (40, "b")):
        store.session(session, number, steps=1, **call)
    store.fact("1", session="a", source="app", label="success")
    store.clock.advance(DAY_S)
    model = 0.003
    assert costs(store, session_usd=0) == pytest.approx([model, 2 * model])
    assert costs(store, session_usd=0.5) == pytest.approx([0.5 + model, 1 + 2 * model])
    assert costs(store, tools_usd={"search": 0.25}) == pytest.approx([1 + model, 2 + 2 * model])
    one_second = {"tools_usd": {"search": 0}, "session_usd": 0, "hour_usd": 3600}
    assert costs(store, **one_second) == pytest.approx([1 + model, 2 + 2 * model])
    for wrong in ({"hour_usd": -1}, {"hour_usd": "1"}, {"tools_usd": 3}, {"day_usd": 1}):
        with pytest.raises(Invalid):
            declare(store.state, "p", wrong)
    assert basis_of(store.state, "p").hour_usd == 3600


def test_a_number_says_how_much_of_it_has_matured(store: Kit) -> None:
    closed(store, "a", "b", "c")
    store.session("d", 50)
    store.clock.advance(120)
    store.fact("1", session="d", source="app", label="success")
    assert measured(store, "task_success")[0]["matured"] == 0.75
    store.clock.advance(DAY_S)
    assert measured(store, "task_success")[0]["matured"] == 1
    assert measured(store, "tool_call_success")[0]["matured"] == 1
    assert measured(store, "llm_call_success")[0]["matured"] is None
