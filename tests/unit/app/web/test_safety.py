"""What contracts decided is counted by agent, tool and reason; every number opens as many sessions as it says."""

import re
from collections.abc import Callable, Generator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
from tests.support.bodies import span, traces_of
from tests.support.promising import Shop, shop
from typer.testing import CliRunner

from trimtab.app.cli.main import app
from trimtab.app.web.pages.safety import COLUMNS
from trimtab.edge.sdk.tools.tell import words_of
from trimtab.vocabulary.contract import Decision, Reason
from trimtab.vocabulary.trace.dialects.ours import VERDICTS

ORDERS = "trimtab.contract.suspected"
NUMBER = re.compile(r'<a href="(/sessions\?[^"]+)">in ([\d,]+)</a>')


def told(verdict: Any, *codes: str, mode: Any = "enforce") -> dict[str, Any]:
    """What the SDK tells of a decision."""
    reasons = tuple(Reason(code=code, verdict=verdict, message="why") for code in codes)
    says = "allow" if mode == "observe" else verdict
    found = Decision(point="pre_tool_call", verdict=says, would=verdict, mode=mode, reasons=reasons)
    return {name: value for name, value in words_of(found, "d" * 64).items() if value is not None}


def call(tool: str, words: dict[str, Any]) -> dict[str, Any]:
    return {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool, **words}


def say(finish: str) -> dict[str, Any]:
    return {"gen_ai.operation.name": "chat", "gen_ai.response.finish_reasons": [finish]}


TOLD: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("a1", "desk", call("refund", told("deny", "bounds", "budget"))),
    ("a1", "desk", call("refund", told("deny", "bounds"))),
    ("a2", "desk", call("refund", told("allow"))),
    ("a2", "desk", call("mail", told("ask", "approval"))),
    ("a3", "desk", call("mail", told("transform", "fixed"))),
    ("a3", "desk", {"trimtab.step.kind": "guardrail", **told("deny", "secrets")}),
    ("a3", "desk", say("content_filter")),
    ("b1", "shop", call("refund", told("deny", "bounds", mode="observe"))),
    ("b2", "shop", call("read", told("allow") | {ORDERS: 0.91, "trimtab.contract.after": "hidden"})),
    ("b2", "shop", say("stop")),
    ("c1", "quiet", call("refund", {})),
    ("c1", "quiet", say("refusal")),
)


def spans_of(store: Shop) -> list[Any]:
    """The spans of what was told, each a trace of its own."""
    now_ns = store.clock.now_ns()
    return [
        span(
            number,
            {"gen_ai.conversation.id": session, "gen_ai.agent.name": agent, **words},
            start_time_unix_nano=now_ns - 10**9,
            end_time_unix_nano=now_ns,
        )
        for number, (session, agent, words) in enumerate(TOLD, 1)
    ]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Generator[Shop]:
    """Three agents: one whose contract is enforced, one whose contract looks on, one without."""
    with shop(tmp_path_factory.mktemp("safety") / "data") as found:
        assert found.server.send(traces_of(spans_of(found))).status_code == 200
        found.server.settle()
        yield found


def counts(rows: list[Any], **about: object) -> dict[str, tuple[int, int]]:
    """What is counted of a group, without what is 0."""
    one = next(row for row in rows if all(row[name] == value for name, value in about.items()))
    return {name: (of["steps"], of["sessions"]) for name, of in one["counts"].items() if of["steps"]}


def look(store: Shop, path: str) -> httpx.Response:
    store.server.forget_cookies()
    cookie = f"trimtab_key={store.server.server.owner}"
    answer = store.server.request("GET", path, authorization="", cookie=cookie)
    assert answer.status_code == 200, answer.text[-1500:]
    return answer


def test_decisions_are_counted_by_agent_and_tool(guarded: Shop) -> None:
    found = guarded.get("safety")
    assert [one["agent"] for one in found["agents"]] == ["desk", "shop", "quiet"]
    assert counts(found["agents"], agent="desk") == {
        "decided": (6, None),
        "deny": (3, 2),
        "ask": (1, 1),
        "transform": (1, 1),
        "allow": (1, None),
        "refused": (1, 1),
    }
    assert counts(found["agents"], agent="shop") == {
        "decided": (2, None),
        "allow": (1, None),
        "would deny": (1, 1),
        "suspected": (1, 1),
    }
    assert counts(found["agents"], agent="quiet") == {"refused": (1, 1)}
    assert counts(found["tools"], agent="desk", tool="refund") == {
        "decided": (3, None),
        "deny": (2, 1),
        "allow": (1, None),
    }
    assert counts(found["tools"], agent="desk", tool=None) == {
        "decided": (1, None),
        "deny": (1, 1),
        "refused": (1, 1),
    }
    assert {(one["agent"], one["reason"]): (one["steps"], one["sessions"]) for one in found["reasons"]} == {
        ("desk", "bounds"): (2, 1),
        ("desk", "budget"): (1, 1),
        ("desk", "approval"): (1, 1),
        ("desk", "fixed"): (1, 1),
        ("desk", "secrets"): (1, 1),
        ("shop", "bounds"): (1, 1),
        ("shop", "hidden"): (1, 1),
    }


def test_a_cohort_and_a_time_leave_only_their_decisions(guarded: Shop) -> None:
    assert [one["agent"] for one in guarded.get("safety?agent=shop")["agents"]] == ["shop"]
    later = guarded.clock.now_ns() + 10**12
    assert guarded.get(f"safety?since_ns={later}") == {"agents": [], "tools": [], "reasons": []}


def test_every_number_of_the_page_opens_as_many_sessions_as_it_says(guarded: Shop) -> None:
    links = NUMBER.findall(look(guarded, "/safety?since=24h").text)
    found = guarded.get("safety")
    groups = [one["counts"] for one in (*found["agents"], *found["tools"])]
    shown = {name for name, _, _ in COLUMNS}
    wanted = sum(of["steps"] > 0 for counts in groups for name, of in counts.items() if name in shown)
    refusing = sum(one["counts"]["refused"]["steps"] > 0 for one in found["agents"])
    assert len(links) == wanted + refusing + len(found["reasons"]) > 15
    for link, number in links:
        query = dict(parse_qsl(link.replace("&amp;", "&").partition("?")[2]))
        assert query.pop("since") == "24h"
        assert guarded.get(f"sessions?{urlencode(query)}")["total"] == int(number), link


def test_a_step_says_what_was_decided_about_it(guarded: Shop) -> None:
    steps = guarded.get("sessions/a1")["steps"]
    assert sorted((one["decision"], one["reasons"]) for one in steps) == [
        ("deny", "bounds"),
        ("deny", "bounds,budget"),
    ]


def test_a_call_that_a_gateway_repeats_counts_its_decision(tmp_path: Any) -> None:
    with shop(tmp_path / "data") as store:
        named = {"gen_ai.conversation.id": "g", "gen_ai.agent.name": "desk"}
        times = {
            "start_time_unix_nano": store.clock.now_ns() - 10**9,
            "end_time_unix_nano": store.clock.now_ns(),
        }
        outer = span(1, named | call("read", {}), **times)
        inner = span(
            2,
            named | call("read", told("deny", "host")),
            trace_id=outer.trace_id,
            parent_span_id=outer.span_id,
            **times,
        )
        assert store.server.send(traces_of([outer, inner])).status_code == 200
        store.server.settle()
        assert store.get("sessions/g")["session"]["tool_calls"] == 1
        assert counts(store.get("safety")["tools"], tool="read") == {"decided": (1, None), "deny": (1, 1)}
        assert store.get("sessions?decided_tool=read&decision=deny")["total"] == 1


def test_a_rebuild_gives_the_same_decisions(guarded: Shop) -> None:
    before, rows = guarded.get("safety"), guarded.get("sessions/a3")["steps"]
    guarded.post("rebuild", {})
    guarded.server.settle()
    assert guarded.get("safety") == before
    assert guarded.get("sessions/a3")["steps"] == rows


def test_approvals_are_told_by_agent_and_tool(guarded: Shop) -> None:
    asked = {"agent": "desk", "args_digest": "a" * 64, "contract_digest": "c" * 64, "args": "{}"}
    for tool, answer in (("mail", "approve"), ("mail", "deny"), ("refund", "")):
        made = guarded.post("approvals", asked | {"tool": tool})
        guarded.clock.advance(60)
        if answer:
            guarded.post(f"approvals/{made['id']}/{answer}", {"reason": "seen"})
    found = guarded.get("approvals/figures")
    by_tool = [
        (one["tool"], one["requests"], one["granted"], one["denied"], one["median_s"])
        for one in found["by_tool"]
    ]
    assert by_tool == [("mail", 2, 1, 1, 60.0), ("refund", 1, 0, 0, None)]
    text = look(guarded, "/safety").text
    assert "median time to a yes" in text
    assert "1.0 min" in text or "60.0 s" in text


def test_the_command_prints_the_same(guarded: Shop, desk: Callable[..., str]) -> None:
    printed = desk(guarded, "safety", "--agent", "desk")
    row = next(line for line in printed.splitlines() if line.startswith("desk"))
    assert row.split()[:4] == ["desk", "6", "3", "(2)"]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run a command against a server inside this process; what it prints."""

    def run(store: Shop, *arguments: str) -> str:
        from tests.support.console import listening

        with listening(store.server) as address:
            env = {"TRIMTAB_URL": address, "TRIMTAB_KEY": store.server.server.owner, "COLUMNS": "240"}
            done = CliRunner().invoke(app, arguments, env=env, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return run


def test_what_is_no_verdict_is_no_decision(tmp_path: Any) -> None:
    assert "maybe" not in VERDICTS
    with shop(tmp_path / "data") as store:
        odd = [
            {"trimtab.contract.verdict": "maybe"},
            {"trimtab.contract.verdict": ["deny"]},
            {"trimtab.contract.verdict": 1, ORDERS: "very"},
            {
                "trimtab.contract.verdict": "deny",
                "trimtab.contract.would": ["deny"],
                "trimtab.contract.reasons": ["x"],
            },
        ]
        now_ns = store.clock.now_ns()
        times = {"start_time_unix_nano": now_ns - 1, "end_time_unix_nano": now_ns}
        spans = [span(at, call("t", one), **times) for at, one in enumerate(odd, 1)]
        assert store.server.send(traces_of(spans)).status_code == 200
        store.server.settle()
        assert counts(store.get("safety")["tools"], tool="t") == {"decided": (1, None), "deny": (1, 1)}
