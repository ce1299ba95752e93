"""What became worse since last week, and where the month will end."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.bodies import span, traces_of
from tests.support.promising import HOUR_NS, Shop, shop

DAY_NS = 24 * HOUR_NS
MID_MONTH_NS = int(datetime(2026, 9, 20, 12, tzinfo=UTC).timestamp()) * 10**9


def look(store: Shop, path: str) -> str:
    cookie = f"trimtab_key={store.server.server.owner}"
    answer = store.server.request("GET", path, authorization="", cookie=cookie)
    assert answer.status_code == 200, answer.text[-1500:]
    return answer.text


def differing(store: Shop, query: str = "") -> dict[str, bool]:
    [agent] = store.get(f"compare?{query}")["agents"]
    return {one["name"]: one["worse"] for one in agent["differing"]}


@pytest.mark.parametrize(
    ("rate", "found"),
    [
        (lambda hour: 0.95 if hour < 168 else 0.7, {"task_success": True, "visible_success": True}),
        (lambda hour: 0.7 if hour < 168 else 0.95, {"task_success": False, "visible_success": False}),
        (lambda _: 0.9, {}),
    ],
)
def test_what_became_worse_is_told_and_nothing_that_chance_explains(
    tmp_path: Path, rate: Callable[[int], float], found: dict[str, bool]
) -> None:
    with shop(tmp_path / "data") as store:
        store.tasks(336, 3, rate)
        assert differing(store) == found
        text = look(store, "/")
        assert ("worse</span> Tasks done" in text) == (found.get("task_success") is True)
        assert ("Nothing became worse since last week beyond chance" in text) == (True not in found.values())


def test_two_weeks_of_too_little_say_so(tmp_path: Path) -> None:
    with shop(tmp_path / "data") as store:
        store.tasks(336, 0.02, 0.5)
        assert store.get("compare")["agents"][0]["compared"] == 0
        assert "Too little in these two weeks" in look(store, "/")
        assert store.server.request("GET", "/api/v1/compare?days=400").status_code == 400


def test_the_difference_is_that_of_the_two_numbers_of_the_indicators(tmp_path: Path) -> None:
    with shop(tmp_path / "data") as store:
        store.tasks(336, 3, lambda hour: 0.95 if hour < 168 else 0.7)
        answer = store.get("compare?name=task_success")
        one = answer["agents"][0]["differing"][0]
        for side, value in (("now", "value"), ("before", "before")):
            asked = f"sli?name=task_success&agent=shop&since_ns={answer[side]['since_ns']}&until_ns={answer[side]['until_ns']}"
            assert store.get(asked)["groups"][0]["indicators"][0]["value"] == one[value]
        assert one["change"] == pytest.approx(one["value"] - one["before"])
        assert one["interval"][0] < one["change"] < one["interval"][1] < 0


def spend(store: Shop, days: int) -> None:
    """A session a day at noon that costs 0.25 USD, of one model at its published price; today's, too."""
    named = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
    }
    spans = []
    for day in range(days + 1):
        at = store.clock.now_ns() - (days - day) * DAY_NS - 10**9
        used = {
            "gen_ai.usage.input_tokens": 100_000,
            "gen_ai.usage.output_tokens": 0,
            "gen_ai.conversation.id": f"d{day}",
        }
        spans.append(span(day + 1, named | used, start_time_unix_nano=at, end_time_unix_nano=at + 10**8))
    assert store.server.send(traces_of(spans)).status_code == 200
    facts = [
        {"id": f"c{day}", "kind": "outcome", "source": "app", "session": f"d{day}", "label": "success"}
        | {"time": (store.clock.now_ns() - (days - day) * DAY_NS) / 1e9}
        for day in range(days + 1)
    ]
    assert store.server.call("facts", facts).status_code == 200
    store.server.settle()


def test_a_month_of_even_days_ends_where_they_lead(tmp_path: Path) -> None:
    with shop(tmp_path / "data", MID_MONTH_NS) as store:
        spend(store, 15)
        answer = store.get("cost")
        assert len(answer["days"]) == 16
        assert sum(one["sessions"] for one in answer["days"]) == store.get("sessions")["total"] == 16
        month = answer["month"]
        assert month["spent_usd"] == pytest.approx(16 * 0.25)
        assert month["forecast_usd"] == pytest.approx((30 - 4) * 0.25)  # from the 5th to the 30th
        assert month["interval"] == [pytest.approx(6.5), pytest.approx(6.5)]
        assert month["days"] == 14
        text = look(store, "/cost")
        assert "$6.50</strong> by its end" in text
        assert 'class="chart"' in text
        assert "changed: " in text, "the model is a change of the agent"


def test_a_month_without_a_week_of_days_has_no_forecast(tmp_path: Path) -> None:
    with shop(tmp_path / "data", MID_MONTH_NS) as store:
        spend(store, 6)
        month = store.get("cost")["month"]
        assert (month["forecast_usd"], month["interval"]) == (None, None)
        assert "a forecast needs 7 complete days" in look(store, "/cost")


def test_an_unknown_cost_is_said_and_never_nothing(tmp_path: Path) -> None:
    with shop(tmp_path / "data", MID_MONTH_NS) as store:
        assert store.get("cost")["month"]["spent_usd"] is None
        named = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "nobody-knows",
            "gen_ai.usage.input_tokens": 5,
        }
        at = store.clock.now_ns() - 10**9
        body = traces_of([span(1, named, start_time_unix_nano=at, end_time_unix_nano=at + 1)])
        assert store.server.send(body).status_code == 200
        store.server.settle()
        month = store.get("cost")["month"]
        assert (month["spent_usd"], month["unknown"]) == (None, 1)
        assert "1 session</a> of unknown cost" in look(store, "/cost")
