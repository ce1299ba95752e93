"""Providers of models: shares, concentration, errors by class and outages; in the API, on the page and on the terminal."""

import random
import re
from collections.abc import Generator
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.support.bodies import span, traces_of
from tests.support.console import listening
from tests.support.promising import HOUR_NS, MINUTE_NS, Shop, shop
from typer.testing import CliRunner

from trimtab.app.cli.main import app
from trimtab.loop.sli.answers import providers as asked

NUMBER = re.compile(r'<a href="(/sessions\?[^"]+)"(?: class="bad")?>([\d,]+)</a>')
OUT = range(60, 65)
ERRORS = ("RateLimitError", "openai.InternalServerError", "503", "APITimeoutError")
STARTS = 120


def begin(store: Shop) -> int:
    """The first minute of what is told, in ns."""
    return store.clock.now_ns() // MINUTE_NS * MINUTE_NS - STARTS * MINUTE_NS


def said(at_ns: int, number: int, **words: Any) -> Any:
    """A call of a model that ends 10 seconds into a minute."""
    named = {
        "gen_ai.operation.name": "chat",
        "gen_ai.conversation.id": f"c{number % 50}",
        "gen_ai.agent.name": words.pop("agent", "shop"),
        "gen_ai.provider.name": words.pop("provider"),
        "gen_ai.request.model": "m1",
    }
    times = {"start_time_unix_nano": at_ns + 9 * 10**9, "end_time_unix_nano": at_ns + 10**10}
    return span(number, named | words, **times)


def calls(store: Shop) -> list[Any]:
    """Two hours: 4 calls a minute of one provider, which is out for 5 minutes; of another 1, whose calls break rules."""
    spans: list[Any] = []
    for minute in range(STARTS):
        at = begin(store) + minute * MINUTE_NS
        for place in range(4):
            failed = {"error.type": ERRORS[place]} if minute in OUT else {}
            used = {"gen_ai.usage.input_tokens": 90, "gen_ai.usage.output_tokens": 10}
            spans.append(said(at, len(spans) + 1, provider="one", **failed, **used))
        wrong = {"error.type": "ValidationError"} if minute in OUT else {}
        spans.append(said(at, len(spans) + 1, provider="two", agent="desk", **wrong))
    return spans


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Shop]:
    """All calls, in no order."""
    with shop(tmp_path_factory.mktemp("providers") / "data") as found:
        spans = calls(found)
        random.Random(7).shuffle(spans)
        assert found.server.send(traces_of(spans)).status_code == 200
        found.server.settle()
        yield found


def test_shares_add_up_and_what_nobody_knows_has_none(store: Shop) -> None:
    one, two = store.get("providers")["providers"]
    assert (one["provider"], one["calls"], one["share"]["calls"]) == ("one", 480, 0.8)
    assert (two["provider"], two["calls"], two["share"]["calls"]) == ("two", 120, 0.2)
    assert (one["tokens"], one["share"]["tokens"], one["without_usage"]) == (48_000, 1.0, 0)
    assert (two["tokens"], two["share"]["tokens"], two["without_usage"]) == (None, None, 120)


def test_concentration_is_the_largest_share_and_the_effective_number(store: Shop) -> None:
    found = store.get("providers")["concentration"]
    assert found["calls"] == {
        "providers": 2,
        "largest": 0.8,
        "effective": pytest.approx(1 / (0.8**2 + 0.2**2)),
    }
    assert found["tokens"] == {"providers": 1, "largest": 1.0, "effective": 1.0}


def test_errors_are_told_by_class_and_faults_beside_them(store: Shop) -> None:
    one, two = store.get("providers")["providers"]
    assert one["by_class"] == {"network": 5, "rate_limit": 5, "timeout": 5, "other": 5}
    assert (one["errors"], one["faults"]["value"], one["faults"]["n"]) == (20, 20 / 480, 480)
    assert (two["by_class"], two["errors"], two["faults"]["value"]) == ({"validation": 5}, 5, 0.0)


def test_an_outage_has_its_minutes_calls_and_agents(store: Shop) -> None:
    found = store.get("providers")
    (out,) = found["outages"]
    at = begin(store)
    assert (out["provider"], out["calls"], out["faults"], out["usual"]) == ("one", 20, 20, 0.0)
    assert (out["start_ns"], out["end_ns"]) == (at + 60 * MINUTE_NS, at + 65 * MINUTE_NS)
    assert (out["agents"], found["sought_since_ns"]) == (["shop"], None)


def test_every_number_of_sessions_is_that_of_the_list(store: Shop) -> None:
    for one in store.get("providers")["providers"]:
        is_of = {"llm_provider": one["provider"]}
        assert store.get(f"sessions?{urlencode(is_of)}")["total"] == one["sessions"] > 0
        failed = store.get(f"sessions?{urlencode(is_of | {'llm_error': 'yes'})}")
        assert failed["total"] == one["failed_sessions"] > 0


def test_calls_of_providers_and_models_are_the_same(store: Shop) -> None:
    models = store.get("models")["models"]
    assert {one["provider"]: one["calls"] for one in models} == {
        one["provider"]: one["calls"] for one in store.get("providers")["providers"]
    }


def test_a_cohort_and_a_time_leave_only_their_calls(store: Shop) -> None:
    found = store.get("providers?agent=desk")
    assert [one["provider"] for one in found["providers"]] == ["two"]
    assert found["outages"] == []
    nothing = {"providers": 0, "largest": None, "effective": None}
    later = store.clock.now_ns() + HOUR_NS
    assert store.get(f"providers?since_ns={later}") == {
        "providers": [],
        "concentration": {"calls": nothing, "tokens": nothing, "cost": nothing},
        "outages": [],
        "sought_since_ns": None,
    }


def test_of_too_many_minutes_the_latest_are_looked_at_and_that_is_said(
    store: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "MOST_ROWS", 2 + 2 * 50 + 1)
    found = store.get("providers")
    assert (found["sought_since_ns"], found["outages"]) == (begin(store) + 70 * MINUTE_NS, [])
    assert [one["calls"] for one in found["providers"]] == [480, 120]


def test_every_number_of_the_page_opens_as_many_sessions_as_it_says(store: Shop) -> None:
    store.server.forget_cookies()
    cookie = f"trimtab_key={store.server.server.owner}"
    page = store.server.request("GET", "/tools", authorization="", cookie=cookie).text
    shown = page.partition("<h2>Providers</h2>")[2].partition("<h2>Safety")[0]
    links = NUMBER.findall(shown)
    assert len(links) == 4
    for link, number in links:
        assert store.get(link.replace("&amp;", "&").removeprefix("/"))["total"] == int(number), link
    assert "20 of 20" in shown
    assert "the largest share is 80.0 %, as concentrated as 1.47 providers" in shown
    (since,) = re.findall(r'href="(/sessions\?[^"]*since_ns[^"]*)"', shown)
    assert store.get(since.replace("&amp;", "&").removeprefix("/"))["total"] > 0


def test_the_command_says_the_same(store: Shop) -> None:
    with listening(store.server) as address:
        env = {"TRIMTAB_URL": address, "TRIMTAB_KEY": store.server.server.owner, "COLUMNS": "240"}
        since = ["providers", "--since", "2020-01-01T00:00:00Z"]
        done = CliRunner().invoke(app, since, env=env, catch_exceptions=False)
    lines = [line.split() for line in done.output.splitlines()]
    assert ["one", "480", "80.0", "%", "100.0", "%"] in [line[:6] for line in lines]
    assert any(line[:1] == ["one"] and "20 of 20" in " ".join(line) for line in lines)
    assert "largest share 80.0 %, as 1.471 alike" in done.output


def test_calls_without_a_provider_are_in_no_outage_and_no_concentration(tmp_path: Any) -> None:
    with shop(tmp_path / "data") as found:
        at = begin(found)
        spans = [said(at, number, provider="", **{"error.type": "503"}) for number in range(1, 31)]
        assert found.server.send(traces_of(spans)).status_code == 200
        found.server.settle()
        answer = found.get("providers")
        assert [(one["provider"], one["calls"]) for one in answer["providers"]] == [("", 30)]
        assert (answer["outages"], answer["concentration"]["calls"]["largest"]) == ([], None)
