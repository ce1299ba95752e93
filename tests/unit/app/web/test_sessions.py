"""Sessions by anything: every count opens as many rows, pages turn both ways, files hold what the filter shows."""

import csv
import io
import re
from collections.abc import Callable, Generator
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from tests.support.bodies import span, traces_of
from tests.support.people import join
from tests.support.promising import Shop, shop

TOOLS = ("refund", "search", "=cmd()")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Generator[Shop]:
    """Two dozen sessions of two agents with tools that fail, break their schema, cost and take time."""
    with shop(tmp_path_factory.mktemp("sessions") / "data") as found:
        spans: list[Any] = []
        for number in range(1, 25):
            tool = TOOLS[number % 3]
            named = {
                "gen_ai.conversation.id": f"b{number:02}",
                "gen_ai.agent.name": "desk" if number % 2 else "shop",
                "trimtab.tenant": "acme" if number % 4 else "=1+1",
            }
            called = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool}
            if number % 3 == 0:
                called |= {"error.type": "TimeoutError"}
            if number % 5 == 0:
                called |= {"trimtab.schema_ok": False}
            begins = found.clock.now_ns() - (100 - number) * 10**9
            times = {"start_time_unix_nano": begins, "end_time_unix_nano": begins + number * 10**8}
            spans.append(span(number, named | called, **times))
            asked = {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "openai",
                "gen_ai.request.model": "gpt-4o",
            }
            usage = {"gen_ai.usage.input_tokens": 1000 * number, "gen_ai.usage.output_tokens": 10}
            spans.append(
                span(number + 100, named | asked | usage, trace_id=number.to_bytes(16, "big"), **times)
            )
        assert found.server.send(traces_of(spans)).status_code == 200
        told = [
            found.fact(n, "failure" if n % 3 == 0 else "success", found.clock.now_ns()) for n in range(1, 25)
        ]
        told = [one | {"session": f"b{n:02}"} for n, one in enumerate(told, 1)]
        assert found.server.call("facts", told).status_code == 200
        found.server.settle()
        yield found


def listed(store: Shop, query: str) -> list[str]:
    return [one["session"] for one in store.get(f"sessions?limit=1000&{query}")["sessions"]]


def look(store: Shop, path: str, cookie: str = "") -> httpx.Response:
    store.server.forget_cookies()
    cookie = cookie or f"trimtab_key={store.server.server.owner}"
    answer = store.server.request("GET", path, authorization="", cookie=cookie)
    assert answer.status_code == 200, answer.text[-1500:]
    return answer


@pytest.mark.parametrize(
    "query", ["", "outcome=failure", "agent=desk&tool=search", "error=timeout", "least_s=1"]
)
def test_a_count_is_the_number_of_rows_that_it_opens(bench: Shop, query: str) -> None:
    given = dict(part.split("=") for part in query.split("&") if part)
    facets = bench.get(f"facets?{query}")["facets"]
    assert [one["name"] for one in facets] == [
        "outcome",
        "agent",
        "error",
        "tool",
        "model",
        "bundle",
        "tenant",
    ]
    counted = 0
    for facet in facets:
        for one in facet["values"]:
            asked = urlencode(given | {facet["name"]: one["value"]})
            assert bench.get(f"sessions?{asked}")["total"] == one["sessions"], asked
            counted += 1
    assert counted >= 6


def test_filters_find_what_steps_did(bench: Shop) -> None:
    every = set(range(1, 25))
    names = {n: f"b{n:02}" for n in every}

    def of(wanted: Callable[[int], bool]) -> set[str]:
        return {names[n] for n in every if wanted(n)}

    for query, wanted in (
        ("tool=search", lambda n: n % 3 == 1),
        ("tool=refund&tool_error=yes", lambda n: n % 3 == 0),
        ("tool=refund&tool_error=no", lambda n: False),
        ("tool=search&tool_error=no", lambda n: n % 3 == 1),
        ("tool=search&tool_error=yes", lambda n: False),
        ("error=timeout", lambda n: n % 3 == 0),
        ("broken_schema=yes", lambda n: n % 5 == 0),
        ("broken_schema=yes&tool=search", lambda n: n % 15 == 10),
        ("least_s=1.05", lambda n: n >= 11),
        ("most_s=1.05&agent=desk", lambda n: n <= 10 and n % 2 == 1),
        ("least_usd=0.0245&most_usd=0.0305", lambda n: n in {10, 11, 12}),
        ("tool=search&error=timeout", lambda n: False),
    ):
        assert set(listed(bench, query)) == of(wanted), query


def test_a_filter_that_is_no_number_is_refused(bench: Shop) -> None:
    for query in ("least_usd=cheap", "most_s=nan", "broken_schema=perhaps", "failure=nobody"):
        assert bench.server.request("GET", f"/api/v1/sessions?{query}").status_code in {400, 404}, query


def test_the_sessions_of_a_failure_are_as_many_as_its_group_says(bench: Shop) -> None:
    for group in [*bench.get("failures")["groups"], *bench.get("failures?by=step")["groups"]]:
        found = bench.get(f"sessions?failure={group['fingerprint']}")
        assert found["total"] == group["sessions"] > 0


def test_pages_turn_both_ways(bench: Shop) -> None:
    whole = listed(bench, "")
    pages, cursor = [], ""
    while True:
        found = bench.get(f"sessions?limit=7&cursor={cursor}")
        pages.append([one["session"] for one in found["sessions"]])
        assert found["total"] == 24
        if not found["next"]:
            break
        cursor = found["next"]
    assert [one for page in pages for one in page] == whole
    back = []
    while found["previous"]:
        found = bench.get(f"sessions?limit=7&cursor={found['previous']}")
        back.append([one["session"] for one in found["sessions"]])
        assert found["next"]
    assert back == pages[-2::-1]


def test_the_page_turns_and_keeps_its_filter(bench: Shop) -> None:
    seen: list[str] = []
    text = look(bench, "/sessions?agent=desk&limit=5").text
    while True:
        seen += re.findall(r'class="row" href="/sessions/(b\d\d)"', text)
        following = re.search(r'href="(/sessions\?[^"]+)" rel="next"', text)
        if not following:
            break
        assert "agent=desk" in following[1]
        text = look(bench, following[1].replace("&amp;", "&")).text
    assert seen == listed(bench, "agent=desk")
    assert 'rel="prev"' in text


def test_a_file_holds_what_the_filter_shows_and_no_formula(bench: Shop) -> None:
    answer = look(bench, "/export/sessions?tool=search&form=csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="sessions.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["session"] for row in rows] == listed(bench, "tool=search")
    named = look(bench, "/export/sessions?tenant=%3D1%2B1&form=json").json()
    assert {row["session"] for row in named} == set(listed(bench, "tenant=%3D1%2B1")) != set()
    whole = bench.server.request("GET", "/api/v1/export/sessions?limit=3")
    assert (whole.headers["x-trimtab-total"], len(whole.text.splitlines())) == ("24", 4)


def test_a_cell_that_begins_a_formula_is_a_text(bench: Shop) -> None:
    named = {"gen_ai.conversation.id": "=2+3", "gen_ai.operation.name": "chat"}
    at = {
        "start_time_unix_nano": bench.clock.now_ns() - 10**12,
        "end_time_unix_nano": bench.clock.now_ns() - 10**11,
    }
    assert bench.server.send(traces_of([span(999, named, **at)])).status_code == 200
    bench.server.settle()
    rows = list(csv.DictReader(io.StringIO(look(bench, "/export/sessions?most_s=1000&least_s=800").text)))
    assert [row["session"] for row in rows] == ["'=2+3"]


def test_a_view_is_kept_shown_and_forgotten(bench: Shop) -> None:
    cookie = join(bench.server, "resp", "responder")
    viewer = join(bench.server, "view", "viewer")

    def send(act: str, fields: dict[str, str], who: str = cookie) -> httpx.Response:
        bench.server.forget_cookies()
        named = {"authorization": "", "cookie": who, "sec_fetch_site": "same-origin"}
        return bench.server.request("POST", f"/do/{act}", urlencode(fields).encode(), **named)

    query = "?outcome=failure&agent=desk&cursor=x"
    kept = send(
        "keep-view", {"name": " Failed  <desk> ", "query": query, "next": "/sessions?outcome=failure"}
    )
    assert (kept.status_code, kept.headers["location"]) == (303, "/sessions?outcome=failure")
    [view] = bench.get("views")["views"]
    assert (view["name"], view["query"], view["by"]) == (
        "Failed <desk>",
        "outcome=failure&agent=desk",
        "resp",
    )
    text = look(bench, "/sessions", viewer).text
    assert 'href="/sessions?outcome=failure&amp;agent=desk"' in text
    assert "Failed &lt;desk&gt;" in text
    assert 'action="/do/' not in text
    assert "Forget this view" in look(bench, "/sessions?agent=desk&outcome=failure", cookie).text
    assert send("remove-view", {"name": "Failed <desk>"}, viewer).status_code == 403
    assert send("remove-view", {"name": "Failed <desk>"}).status_code == 303
    assert bench.get("views")["views"] == []
    for wrong in (
        {"name": "x"},
        {"name": "", "query": "a=b"},
        {"name": "a\x00", "query": "a=b"},
        {"name": "x" * 81, "query": "a=b"},
    ):
        assert send("keep-view", wrong).status_code == 400, wrong
    assert send("remove-view", {"name": "nobody"}).status_code == 404


def test_a_view_of_any_words_leads_back_to_its_filter(bench: Shop) -> None:
    words = 'a&b=c "d" <e> ü'
    bench.post("views", {"name": "odd", "query": urlencode({"text": words}), "by": "ada"})
    link = re.search(r'href="(/sessions\?text=[^"]+)"', look(bench, "/sessions").text)
    assert link
    assert link[1] == f"/sessions?text={quote(words, safe='').replace('%20', '+')}"
    bench.post("views/remove", {"name": "odd"})


def test_the_counts_of_tools_and_models_open_as_many_sessions(bench: Shop) -> None:
    tools = {one["tool"]: one for one in bench.get("tools")["tools"]}
    assert {name: one["calls"] for name, one in tools.items()} == {"refund": 8, "search": 8, "=cmd()": 8}
    for name, one in tools.items():
        for counted, more in (
            ("sessions", {}),
            ("failed_sessions", {"tool_error": "yes"}),
            ("broken_sessions", {"broken_schema": "yes"}),
        ):
            asked = urlencode({"tool": name} | more)
            assert bench.get(f"sessions?{asked}")["total"] == one[counted], (name, counted)
    assert (tools["refund"]["errors"], tools["refund"]["success"]["value"]) == (8, 0.0)
    assert tools["search"]["schema"]["n"] == tools["search"]["schema_broken"] == 1
    assert tools["search"]["cost_usd"] is None
    [model] = bench.get("models?agent=desk")["models"]
    assert (model["provider"], model["model"], model["calls"], model["share"]) == (
        "openai",
        "gpt-4o",
        12,
        1.0,
    )
    assert bench.get("sessions?agent=desk&llm=gpt-4o&llm_provider=openai")["total"] == model["sessions"] == 12
    assert bench.get("sessions?llm=gpt-4o&llm_error=yes")["total"] == model["failed_sessions"] == 0
    whole = {
        one["name"]: one
        for one in bench.get("sli?name=tool_call_success,schema_valid")["groups"][0]["indicators"]
    }
    assert whole["tool_call_success"]["bad"] == sum(one["errors"] for one in tools.values())
    assert whole["schema_valid"]["bad"] == sum(one["schema_broken"] for one in tools.values())


def test_a_declared_rate_is_the_cost_of_a_tool(bench: Shop) -> None:
    bench.post("rates", {"tools_usd": {"search": 0.25}})
    tools = {one["tool"]: one["cost_usd"] for one in bench.get("tools")["tools"]}
    assert tools == {"search": 2.0, "refund": None, "=cmd()": None}
    assert "$2.00" in look(bench, "/tools").text
    bench.post("rates", {"tools_usd": {"search": 0}})


def test_the_links_of_the_page_of_tools_open_rows(bench: Shop) -> None:
    links = re.findall(r'href="(/sessions[^"]+)"[^>]*>([\d,]+)</a>', look(bench, "/tools?agent=desk").text)
    assert len(links) >= 5
    for link, number in links:
        assert f"{number} session" in look(bench, link.replace("&amp;", "&")).text, link
