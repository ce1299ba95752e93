"""The pages of the console: what they show is what the API says, and what strangers wrote does nothing."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.bodies import span, traces_of
from tests.support.console import HOSTILE, strange_session
from tests.support.promising import HOUR_NS, Shop, shop
from tests.support.server import inside
from typer.testing import CliRunner

from trimtab.app.cli.main import app
from trimtab.app.web import files, frame
from trimtab.app.web.chart import line_chart
from trimtab.app.web.pages.session import in_tree
from trimtab.app.web.words import SHOWN, UNSEEN, inert

Page = Callable[..., httpx.Response]
LISTS = (
    *(
        "/",
        "/sessions",
        "/queue",
        "/failures",
        "/objectives",
        "/alerts?all=yes",
        "/silences",
        "/tools",
        "/safety",
    ),
    *("/incidents?all=yes", "/approvals", "/approvals?all=yes", "/cost"),
)
SESSION = ("/sessions/strange", "/sessions/strange?view=said")


def single_pages(store: Shop) -> list[str]:
    group = store.get("failures")["groups"][0]["fingerprint"]
    incident = store.get("incidents")["incidents"][0]["id"]
    return [f"/failures/{group}", f"/incidents/{incident}", f"/objectives/{store.slo()['id']}"]


def test_every_page_opens_under_a_policy_that_lets_no_script_of_strangers_in(
    store: Shop, page: Page, parts: Any
) -> None:
    for path in [*LISTS, *SESSION, *single_pages(store)]:
        answer = page(path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        for tag, attributes in parts(answer).tags:
            assert tag != "style"
            assert "style" not in attributes
            assert not any(name.startswith("on") for name in attributes)
            assert tag != "script" or attributes == {"src": f"{files.ADDRESS}/console.js"}, path
            for name in ("href", "src", "action"):
                assert re.match(r"[/#]|$", attributes.get(name) or ""), (path, tag, attributes)


def test_words_of_strangers_are_seen_and_do_nothing(page: Page, parts: Any) -> None:
    for path in ("/", "/sessions", *SESSION, "/failures", "/approvals?all=yes"):
        answer = page(path)
        assert not UNSEEN.search(answer.text.replace("\r", "")), path
        assert "<b>bold" not in answer.text
        assert "<script>document" not in answer.text
    text = parts(page("/sessions/strange?view=said")).text
    assert "<script>document.title='owned'</script>⟨U+202E⟩evil⟨U+202C⟩ ⟨U+001B⟩[31mred⟨U+0000⟩" in text
    assert "Refunds <i>go</i> wrong" in parts(page("/incidents")).text


def test_the_page_of_a_step_says_what_its_schema_and_its_contract_said(page: Page, parts: Any) -> None:
    text = parts(page("/sessions/strange?view=said")).text
    assert "result breaks its schema" in text
    assert "contract: deny" in text
    assert "args.amount <= 500 does not hold" in text


def test_five_megabytes_of_hostile_text_are_cut_and_inert_and_the_whole_is_one_link_away(
    store: Shop, page: Page
) -> None:
    words = (HOSTILE + "<i>") * (5_000_000 // len(HOSTILE + "<i>") + 1)
    assert len(words.encode()) > 5_000_000
    strange_session(store, "long", words, given="{}")
    answer = page("/sessions/long?view=said")
    assert len(answer.content) < 60_000
    assert "(cut after 4,000 characters)" in answer.text
    assert not UNSEEN.search(answer.text.replace("\r", ""))
    assert "<i>" not in answer.text
    link = re.search(r'href="(/raw/[^"]+)"', answer.text)
    assert link
    raw = page(link[1])
    assert raw.headers["content-type"] == "text/plain; charset=utf-8"
    assert "sandbox" in raw.headers["content-security-policy"]
    assert raw.json()["attributes"]["gen_ai.tool.call.result"] == words


def test_a_span_of_more_than_the_door_takes_is_refused_with_the_limit(store: Shop) -> None:
    now_ns = store.clock.now_ns()
    said = {"gen_ai.tool.call.result": "x" * 8_000_001}
    body = traces_of([span(77, said, start_time_unix_nano=now_ns - 1, end_time_unix_nano=now_ns)])
    answer = store.server.send(body)
    assert answer.status_code == 400
    assert "more than 8000000 bytes" in answer.text


def test_filters_say_what_the_api_says_and_the_address_holds_them(
    store: Shop, page: Page, parts: Any
) -> None:
    for query in ("outcome=failure", "agent=shop&outcome=success", "tool_error=yes", "since=24h&agent=shop"):
        answer = page(f"/sessions?{query}")
        asked = query.replace(
            "since=24h", f"since_ns={store.clock.now_ns() // 60_000_000_000 * 60_000_000_000 - 24 * HOUR_NS}"
        )
        total = store.get(f"sessions?{asked}")["total"]
        words = f"{total:,} session" if total else "No session is like that"
        assert words in parts(answer).text, query
    chosen = [
        a for tag, a in parts(page("/sessions?outcome=failure")).tags if tag == "option" and "selected" in a
    ]
    assert [one["value"] for one in chosen] == ["failure"]


def test_a_cohort_named_like_anything_is_a_filter(page: Page, parts: Any) -> None:
    for name in ("path", "silent", "function", "self", "given", "calls"):
        assert "No session is like that" in parts(page(f"/sessions?{name}=x")).text


def test_a_wrong_filter_is_a_page_that_says_what_instead(page: Page, parts: Any) -> None:
    for path in ("/sessions?since=soon", "/sessions?outcome=fine", "/sessions?limit=many", "/cost?since=x"):
        assert "What to do:" in parts(page(path, 400)).text
    for path in (
        "/sessions/nobody",
        "/failures/nobody",
        "/incidents/nobody",
        "/objectives/nobody",
        "/raw/x/1",
    ):
        assert "What to do:" in parts(page(path, 404)).text
    assert "What to do:" in parts(page("/raw/x/one", 400)).text


def test_the_commands_below_a_page_are_routes_of_the_api(store: Shop, page: Page, parts: Any) -> None:
    for path in [*LISTS, *SESSION, *single_pages(store)]:
        commands = re.findall(r"curl -H \"[^\"]+\" '?(http://trimtab\S+?)'?\n", parts(page(path)).text + "\n")
        assert commands, path
        for url in commands:
            answer = store.server.request("GET", url.removeprefix("http://trimtab"))
            assert answer.status_code == 200, (path, url, answer.text)


def test_a_number_of_the_budget_is_the_same_on_three_pages_and_in_the_api(
    store: Shop, page: Page, parts: Any
) -> None:
    left = f"{store.slo()['left'] * 100:.1f} % left"
    for path in ("/", "/objectives", f"/objectives/{store.slo()['id']}"):
        assert left in parts(page(path)).text


def test_what_fires_stands_first(store: Shop, page: Page, parts: Any) -> None:
    assert store.firing()
    alerts, incidents = store.get("alerts")["alerts"], store.get("incidents")["incidents"]
    text = " ".join(parts(page("/")).text.split())
    assert f"Now: {len(incidents)} incidents open, {len(alerts)} alerts firing" in text
    assert "nobody commands" in text
    assert "Nobody looks after it yet." in parts(page("/alerts")).text


def test_an_empty_store_shows_how_to_send_the_first_trace(tmp_path: Path, parts: Any) -> None:
    with inside(tmp_path / "data") as door:
        for path in ("/", "/sessions"):
            answer = door.request("GET", path, authorization="", cookie=f"trimtab_key={door.server.owner}")
            assert "No session yet. Send the first trace:" in parts(answer).text
        sent = re.search(
            r"-d '(.*?)'\n",
            re.sub(r"'\$\(date \+%s\)", "1790000000", parts(answer).text)
            .replace("000000000'", "000000000")
            .replace("500000000'", "500000000")
            + "'\n",
            re.DOTALL,
        )
        assert sent
        assert door.send(sent[1].encode(), media="application/json").status_code == 200
        assert door.count() == 1


def test_a_session_of_ten_thousand_steps_is_turned_in_pages(tmp_path: Path, parts: Any) -> None:
    with shop(tmp_path / "data") as store:
        now_ns = store.clock.now_ns()
        named = {
            "gen_ai.conversation.id": "long",
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "t",
        }
        times = {"start_time_unix_nano": now_ns - 10**9, "end_time_unix_nano": now_ns}
        for first in range(1, 10_001, 2_000):
            spans = [
                span(n, named, trace_id=(7).to_bytes(16, "big"), **times) for n in range(first, first + 2_000)
            ]
            assert store.server.send(traces_of(spans)).status_code == 200
        store.server.settle()
        cookie = f"trimtab_key={store.server.server.owner}"
        for path in ("/sessions/long", "/sessions/long?offset=9750", "/sessions/long?view=said&offset=9950"):
            answer = store.server.request("GET", path, authorization="", cookie=cookie)
            assert answer.status_code == 200
            assert "of 10,000" in parts(answer).text
            assert len(answer.content) < 400_000


def test_a_tree_puts_parents_first_and_says_which_are_missing() -> None:
    def step(span_id: int, parent_id: int) -> dict[str, int]:
        return {"trace_id": 1, "span_id": span_id, "parent_id": parent_id}

    steps = [step(2, 1), step(1, 0), step(3, 9), step(4, 2), step(5, 6), step(6, 5), step(7, 7)]
    assert in_tree(steps) == [
        (1, 0, False),
        (0, 1, False),
        (3, 2, False),
        (2, 0, True),
        (6, 0, False),
        (4, 0, True),
        (5, 0, True),
    ]


def test_a_chart_leaves_gaps_where_there_is_no_data() -> None:
    drawn = line_chart([(0, 100.0), (1, 50.0), (2, None), (3, -40.0)], [(1, "model x"), (9, "later")])
    assert drawn is not None
    assert len(drawn.lines) == len(drawn.dots) == len(drawn.marks) == 1
    assert drawn.dots[0][1] > drawn.zero
    assert line_chart([(0, None)]) is None


def test_inert_text_keeps_lines_and_says_how_much_is_cut() -> None:
    assert inert("a\n\tb") == "a\n\tb"
    assert str(inert("x" * (SHOWN + 5))).endswith("x … (cut after 4,000 characters)")
    assert inert(None) == ""


def test_said_and_steps_are_told_by_the_api_with_bounds(store: Shop) -> None:
    said = store.get("sessions/strange/said")
    assert said["total"] == 1
    assert said["steps"][0]["contract"]["verdict"] == "deny"
    assert store.get("sessions/strange/said?offset=1")["steps"] == []
    one = said["steps"][0]
    raw = store.get(f"steps/{one['trace_id']}/{one['span_id']}")
    assert raw["attributes"]["gen_ai.tool.name"] == "refund"
    assert json.dumps(raw)


@pytest.mark.parametrize("span_id", ["-1", "1" * 21, "x", "²"])
def test_a_span_id_that_is_none_is_refused(store: Shop, span_id: str) -> None:
    assert store.server.request("GET", f"/api/v1/steps/x/{span_id}").status_code == 400


def test_every_command_that_a_page_names_exists() -> None:
    pages = Path(frame.__file__).parent / "templates"
    named = {
        tuple(found.split())
        for page in pages.glob("*.html")
        for found in re.findall(r"trimtab ((?:[a-z]+ ?)+)", page.read_text(encoding="utf-8"))
    }
    assert ("alerts", "ack") in named
    for words in named:
        command = words[:2] if words[0] in {"alerts", "incident", "keys", "init"} else words[:1]
        assert CliRunner().invoke(app, [*command, "--help"]).exit_code == 0, words


def test_style_and_script_are_kept_at_an_address_of_what_is_in_them(store: Shop, tmp_path: Path) -> None:
    def ask(path: str, **headers: str) -> httpx.Response:
        return store.server.request("GET", path, authorization="", **headers)

    for name in ("console.css", "console.js", "mark.svg"):
        first = ask(f"{files.ADDRESS}/{name}")
        assert (first.status_code, first.headers["cache-control"]) == (
            200,
            "public, max-age=31536000, immutable",
        )
        again = ask(f"{files.ADDRESS}/{name}", if_none_match=first.headers["etag"])
        assert (again.status_code, again.content) == (304, b"")
        for answer in (first, again):
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["content-security-policy"].startswith("default-src 'none'")
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"
            assert "set-cookie" not in answer.headers
        assert ask(f"/static/{name}").headers["cache-control"] == "no-store"
    for path in ("..%2ffiles.py", "%2e%2e/files.py", "../files.py", "nothing.css", ""):
        answer = ask(f"{files.ADDRESS}/{path}")
        assert answer.status_code == 404, path
        assert "max-age" not in answer.headers["cache-control"]
    before = files.digest_of(tmp_path)
    (tmp_path / "a.css").write_text("a")
    changed = files.digest_of(tmp_path)
    (tmp_path / "a.css").write_text("b")
    assert len({before, changed, files.digest_of(tmp_path)}) == 3


def test_an_objective_says_when_its_rules_tell_and_what_they_would_have_told(
    store: Shop, page: Page, parts: Any
) -> None:
    objective = store.slo()["id"]
    plain = parts(page(f"/objectives/{objective}"))
    assert "tells of 0 % success after" in plain.text
    assert "What would these rules have told" in plain.text
    tried = store.get("promises/backtest")["objectives"][0]
    assert tried["firings"], "the shop was bad for an hour"
    shown = " ".join(parts(page(f"/objectives/{objective}?backtest=yes")).text.split())
    for one in tried["firings"]:
        assert " ".join(one["why"].split()) in shown


def test_each_point_of_a_budget_opens_the_sessions_behind_it(store: Shop, page: Page) -> None:
    objective = store.slo()
    text = page(f"/objectives/{objective['id']}").text
    found = re.findall(r'href="(/sessions\?agent=shop&amp;since_ns=(\d+)&amp;until_ns=(\d+))"', text)
    assert found
    total = 0
    for address, since_ns, until_ns in found:
        assert int(until_ns) > int(since_ns)
        assert page(address.replace("&amp;", "&")).status_code == 200
        query = address.replace("&amp;", "&").removeprefix("/sessions?")
        total += store.get(f"sessions?{query}")["total"]
    assert total >= objective["good"] + objective["bad"]
