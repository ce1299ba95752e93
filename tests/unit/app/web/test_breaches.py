"""Where the sessions that break a promise differ from the others: on the pages, in the API, on the terminal."""

import re
from collections.abc import Generator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from tests.support.bodies import span, traces_of
from tests.support.console import listening
from tests.support.promising import HOUR_NS, MINUTE_NS, SLO, Shop, shop
from typer.testing import CliRunner

from trimtab.app.cli.main import app
from trimtab.loop.sli.answers import breaching

TOOLS_SLO = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: calls}
spec:
  service: shop
  indicator:
    metadata: {name: calls}
    spec:
      ratioMetric:
        rawType: success
        raw: {metricSource: {type: Trimtab, spec: {indicator: tool_call_success, agent: shop}}}
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.9}]
"""


def told(store: Shop, number: int, *, good: bool, failing: bool, words: dict[str, Any]) -> list[Any]:
    """A session of a model's call and a tool's; its outcome stands on the first."""
    at = store.clock.now_ns() - 30 * MINUTE_NS
    times = {"start_time_unix_nano": at, "end_time_unix_nano": at + 10**9}
    named = {"gen_ai.conversation.id": f"t{number}", "gen_ai.agent.name": "shop"} | words
    ends = {"trimtab.session.end": True, "trimtab.session.outcome": "success" if good else "failure"}
    tool = words.get("uses", "read")
    error = {"error.type": "TimeoutError"} if failing else {}
    return [
        span(2 * number, named | ends | {"gen_ai.operation.name": "invoke_agent"}, **times),
        span(
            2 * number + 1,
            named | error | {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool},
            trace_id=(2 * number).to_bytes(16, "big"),
            **times,
        ),
    ]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Shop]:
    """Two releases, one of which fails half of its tasks; its tool fails, too. What is long over does not count."""
    with shop(tmp_path_factory.mktemp("breaches") / "data") as found:
        spans: list[Any] = []
        for number in range(1, 201):
            new = number % 4 == 0
            words = {
                "trimtab.bundle": "r2" if new else "r1",
                "trimtab.tenant": f"tenant-{number % 3}",
                "gen_ai.prompt.version": "v8" if new else "v7",
                "uses": "pay" if new else "read",
            }
            spans += told(found, number, good=not (new and number % 8), failing=new, words=words)
        assert found.server.send(traces_of(spans)).status_code == 200
        found.server.settle()
        found.post("promises", {"files": {"shop.yaml": SLO, "calls.yaml": TOOLS_SLO}})
        yield found


def since(store: Shop) -> int:
    return store.clock.now_ns() - HOUR_NS


def test_a_release_and_its_tool_stand_out_with_intervals(store: Shop) -> None:
    found = store.get(f"breaches?objective=shop&since_ns={since(store)}")
    assert (found["bad"], found["good"], found["total"], found["sampled"]) == (25, 175, 200, False)
    names = {(one["name"], one["value"]) for one in found["cohorts"]}
    assert {("bundle", "r2"), ("tool", "pay")} <= names
    assert not {name for name, _ in names} & {"tenant", "agent"}
    release = next(one for one in found["cohorts"] if one["name"] == "bundle")
    assert (release["k"], release["n"], release["other_k"], release["other_n"]) == (25, 50, 0, 150)
    assert release["interval"][0] > release["other_interval"][1]


def test_a_promise_about_calls_has_the_sessions_with_a_bad_one(store: Shop) -> None:
    found = store.get(f"breaches?objective=calls&since_ns={since(store)}")
    assert (found["bad"], found["good"]) == (50, 150)
    rows = store.get(f"sessions?breaches=calls&since_ns={since(store)}&limit=1000")
    assert rows["total"] == 50
    assert {one["bundle"] for one in rows["sessions"]} == {"r2"}


def test_every_cohort_opens_as_many_sessions_as_it_says(store: Shop) -> None:
    found = store.get(f"breaches?objective=shop&since_ns={since(store)}")
    assert found["cohorts"]
    for one in found["cohorts"]:
        asked = {"breaches": "shop", "since_ns": since(store), one["name"]: one["value"]}
        assert store.get(f"sessions?{urlencode(asked)}")["total"] == one["k"], one


def test_of_too_many_sessions_a_sample_is_looked_at_and_that_is_said(
    store: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaching, "MOST", 100)
    found = store.get(f"breaches?objective=shop&since_ns={since(store)}")
    assert (found["bad"] + found["good"], found["total"], found["sampled"]) == (100, 200, True)
    assert store.get(f"breaches?objective=shop&since_ns={since(store)}") == found
    assert store.get(f"sessions?breaches=shop&since_ns={since(store)}")["total"] == 25


def test_nothing_differs_where_nothing_is_known(store: Shop) -> None:
    later = store.clock.now_ns() + HOUR_NS
    found = store.get(f"breaches?objective=shop&since_ns={later}")
    assert (found["bad"], found["good"], found["cohorts"]) == (0, 0, [])


def test_an_objective_that_is_not_there_is_missing(store: Shop) -> None:
    for path in ("breaches?objective=nobody", "sessions?breaches=nobody"):
        answer = store.server.request("GET", f"/api/v1/{path}")
        assert (answer.status_code, "no such objective" in answer.text) == (404, True)


def test_the_command_says_the_same(store: Shop) -> None:
    with listening(store.server) as address:
        env = {"TRIMTAB_URL": address, "TRIMTAB_KEY": store.server.server.owner, "COLUMNS": "200"}
        at = "2020-01-01T00:00:00Z"
        done = CliRunner().invoke(app, ["breaches", "shop", "--since", at], env=env, catch_exceptions=False)
    assert "25 of 200 sessions break shop" in done.output
    assert re.search(r"bundle +r2 +25 of 50 ", done.output)


def test_pages_of_alerts_and_incidents_show_where_sessions_differ(tmp_path: Any) -> None:
    with shop(tmp_path / "data") as found:
        found.tasks(48, 10, 0.97, **{"trimtab.bundle": "r1"})
        found.apply()
        found.play(9, per_minute=1, rate=0.97)
        for _ in range(20):
            found.clock.advance(180)
            found.tasks(0.05, 60, 1.0, **{"trimtab.bundle": "r1"})
            found.tasks(0.05, 60, 0.0, **{"trimtab.bundle": "r2"})
            found.server.server.watched.watch.tick()
        (alert, *_) = found.firing()
        incident = found.get("incidents")["incidents"][0]["id"]
        for path in ("/alerts", f"/incidents/{incident}"):
            found.server.forget_cookies()
            cookie = f"trimtab_key={found.server.server.owner}"
            answer = found.server.request("GET", path, authorization="", cookie=cookie)
            assert answer.status_code == 200, answer.text[-1500:]
            link, number = re.findall(r'href="(/sessions\?breaches=[^"]+)">[^:]+: ([\d,]+)\b', answer.text)[0]
            query = dict(parse_qsl(link.replace("&amp;", "&").partition("?")[2]))
            assert found.get(f"sessions?{urlencode(query)}")["total"] == int(number.replace(",", "")) > 0
            assert "Where sessions break it more often" in answer.text
            assert f"{alert['labels']['objective']}&amp;" in answer.text
            assert "bundle=r2" in answer.text
