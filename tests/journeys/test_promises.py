"""Promises from end to end: proposed from data, applied, kept, broken, told, looked after; and never half done."""

import re
import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from tests.support.promising import MINUTE_NS, ROUTING, SLO, Shop, shop, until
from tests.support.receivers import http_inbox

DAYS = 6
DEAD = """
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: fast}
spec:
  alertWhenBreaching: true
  conditions:
    - kind: AlertCondition
      metadata: {name: fast}
      spec:
        severity: page
        condition: {kind: burnrate, op: gte, threshold: 14.4, lookbackWindow: 1h, alertAfter: 0m}
  notificationTargets:
    - {kind: AlertNotificationTarget, metadata: {name: desk}, spec: {target: webhook}}
"""


@pytest.fixture
def store(tmp_path: Path) -> Generator[Shop]:
    with shop(tmp_path / "data") as found:
        found.tasks(DAYS * 24, 6, 0.96)
        yield found


def test_from_data_to_a_promise_that_every_screen_tells_alike(store: Shop) -> None:
    proposed = store.get("promises/proposals?agent=shop&weeks=1&indicators=task_success")
    (row,) = proposed["proposals"]
    assert row["target"] is not None
    assert row["target"] < 0.96
    assert proposed["yaml"].startswith(f"# {row['events']:.0f} events")
    files = {"shop.yaml": proposed["yaml"]}
    planned = store.post("promises/plan", {"files": files})
    assert (planned["added"], planned["refused"]) == (["shop-task-success"], False)
    (outlook,) = planned["objectives"]
    assert outlook["assumed"] is False
    assert [rule["severity"] for rule in outlook["rules"]] == ["page", "ticket"]
    assert all(rule["delays"][0]["median_min"] is not None for rule in outlook["rules"])
    assert store.get("promises")["files"] == {}, "a plan changes nothing"
    assert store.post("promises", {"files": files})["added"] == ["shop-task-success"]
    assert store.post("promises", {"files": files})["same"] == ["shop-task-success"]
    kept = store.slo()
    (group,) = store.get("sli?agent=shop&name=task_success")["groups"]
    (indicator,) = group["indicators"]
    assert (kept["good"], kept["bad"], kept["achieved"]) == (
        indicator["good"],
        indicator["bad"],
        indicator["value"],
    )
    assert kept["left"] == pytest.approx(1 - kept["bad"] / ((1 - kept["target"]) * kept["n"]))
    shown = store.get("slo/shop-task-success")
    assert shown["now"] == {key: value for key, value in kept.items() if key != "alerts"}
    assert shown["history"]["left"][-1] == pytest.approx(kept["left"])


def test_bad_hours_page_once_with_what_explains_them_and_end(store: Shop) -> None:
    with http_inbox() as inbox:
        store.apply(inbox.url)
        store.play(3, 2, 1.0)
        store.clock.advance(480)
        store.tasks(8 / 60, 120, 0.0, **{"trimtab.tenant": "acme"})
        store.play(3, 2, 0.0)
        (page,) = store.firing()
        said = page["annotations"]
        assert said["sli"] == "task_success"
        assert float(said["sli_value"]) < 0.9
        assert said["cohort"] == '{"tenant":"acme"}'
        bad_rows = store.get(said["rows"].split("/api/v1/")[1])
        assert bad_rows["total"] > 0
        assert {one["outcome"] for one in bad_rows["sessions"]} == {"failure"}
        first = until(lambda: inbox.taken)[0].json
        assert first["alerts"][0]["labels"]["objective"] == "shop"
        (incident,) = store.get("incidents")["incidents"]
        assert (incident["status"], incident["objective"]) == ("open", "shop")
        store.post("alerts/ack", {"alert": page["fingerprint"], "by": "ada"})
        (incident,) = store.get("incidents")["incidents"]
        assert incident["status"] == "acknowledged"
        store.play(180, 2, 1.0, every=10)
        assert store.firing() == []
        told = until(lambda: [one.json for one in inbox.taken if one.json["status"] == "resolved"])
        assert told[0]["groupKey"] == first["groupKey"]
        for action in ("mitigate", "resolve"):
            store.post(f"incidents/{incident['id']}", {"action": action, "by": "ada"})
        times = store.get("incidents?all=yes")["times"]
        assert all(times[name]["n"] == 1 for name in ("mtta", "mttr"))
        assert store.get("alerts/quality")["recall"]["good"] == 1


def test_outcomes_that_come_late_are_told_before_they_page_nobody(store: Shop) -> None:
    def late() -> list[str]:
        (row,) = store.post("promises/plan", {"files": {"shop.yaml": SLO}})["objectives"]
        return [one["instead"] for one in row["findings"] if one["code"] == "late"]

    assert late() == []
    good = [row["session"] for row in store.get("sessions?limit=200")["sessions"]]
    store.clock.advance(2 * 86_400)
    at_ns = store.clock.now_ns()
    store.post("facts", [store.fact(int(name[1:]), "success", at_ns, "human") for name in good])
    store.server.settle()
    (instead,) = late()
    assert instead.startswith("the annotation trimtab/maturity: ")


def test_the_doctor_looks_at_promises_and_messages(store: Shop) -> None:
    def checks() -> dict[str, str]:
        return {row["id"]: row["severity"] for row in store.get("doctor")["checks"]}

    assert "promises" not in checks()
    with http_inbox() as inbox:
        inbox.script = [(400, {})]
        store.apply(inbox.url)
        store.play(12, 2, 0.0)
        assert checks()["promises"] == "ok"
        until(lambda: store.get("alerts/log")["log"])
        assert checks()["messages"] == "warning"
        (lost,) = store.get("alerts/log")["open"]
        store.post("alerts/revive", {"id": lost["id"]})
        until(lambda: "messages" not in checks())
    store.clock.advance(3600)
    assert checks()["promises"] == "error"


def test_a_label_two_days_late_restates_the_budget_exactly(store: Shop) -> None:
    store.apply()
    before = store.slo()
    store.clock.advance(2 * 86_400)
    at_ns = store.clock.now_ns()
    good = [row["session"] for row in store.get("sessions?outcome=success&limit=3")["sessions"]]
    store.post("facts", [store.fact(int(name[1:]), "failure", at_ns, "human") for name in good])
    store.server.settle()
    after = store.slo()
    assert (after["bad"] - before["bad"], after["n"]) == (3, before["n"])
    assert after["left"] == pytest.approx(before["left"] - 3 / (0.1 * before["n"]))


def test_a_restart_forgets_no_page_and_repeats_none(tmp_path: Path) -> None:
    with http_inbox() as inbox:
        with shop(tmp_path / "data") as store:
            store.tasks(48, 6, 0.96)
            store.apply(inbox.url)
            store.play(12, 2, 0.0)
            assert len(store.firing()) == 1
            until(lambda: inbox.taken)
            now_ns = store.clock.now_ns()
        with shop(tmp_path / "data", now_ns) as store:
            store.number = 100_000
            store.play(12, 2, 0.0)
            assert len(store.firing()) == 1
            assert len({one.json["groupKey"] for one in inbox.taken}) == 1
            told = [sorted(alert["fingerprint"] for alert in one.json["alerts"]) for one in inbox.taken]
            assert len({str(one) for one in told}) == len(told), "nothing is told twice"


def test_a_receiver_that_fails_once_or_hangs_holds_nothing_up(store: Shop) -> None:
    with http_inbox() as inbox:
        inbox.script = [(500, {}), (0, {})]
        store.apply(inbox.url)
        store.play(12, 2, 0.0)
        assert len(store.firing()) == 1, "the evaluation does not wait for the receiver"
        for _ in range(4):
            store.play(10)
            until(lambda: store.get("alerts/log")["log"])
        inbox.go.set()
        found = until(
            lambda: (
                [one for one in store.get("alerts/log")["log"] if one["outcome"] == "delivered"]
                or store.play(10)
            )
        )
        assert found[0]["receiver"] == "desk"


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"a.yaml": SLO.replace("target: 0.9", "target: 9")}, r"a\.yaml:\d+: a target of 9 is no share"),
        ({"a.yaml": SLO.replace("task_success", "task_sucess")}, r"a\.yaml:\d+: there is no indicator"),
        ({"a.yaml": SLO, "b.yaml": SLO}, r"b\.yaml:\d+: a second SLO 'shop'"),
        ({"a.yaml": SLO + "\n  extra: 1"}, r"a\.yaml:\d+: unknown field 'extra'"),
        ({"a.yaml": "a: &a [1]\nb: *a\n"}, r"a\.yaml:\d+"),
        (
            {"a.yaml": SLO, "r.yaml": ROUTING.replace("URL", "http://x/").replace("desk, type", "dsk, type")},
            r"r\.yaml:4: document\.route.*no receiver",
        ),
    ],
)
def test_documents_that_are_wrong_change_nothing_and_say_where(
    store: Shop, files: dict[str, str], says: str
) -> None:
    store.apply()
    before = store.get("promises")
    for path in ("promises/plan", "promises"):
        refused = store.post(path, {"files": files}, status=400)
        assert re.search(says, refused["detail"]), refused
        assert refused["hint"]
    assert store.get("promises") == before


def test_a_rule_that_can_never_fire_is_refused(store: Shop) -> None:
    files = {"shop.yaml": SLO + "  alertPolicies: [{alertPolicyRef: fast}]\n", "fast.yaml": DEAD}
    planned = store.post("promises/plan", {"files": files})
    assert planned["refused"]
    (finding,) = [one for one in planned["objectives"][0]["findings"] if one["code"] == "never_fires"]
    assert "93.06%" in finding["says"]
    refused = store.post("promises", {"files": files}, status=400)
    assert "can never fire" in refused["detail"]
    assert store.post("promises", {"files": files, "force": True})["added"] == ["shop"]


def test_a_backtest_runs_before_anything_is_applied(tmp_path: Path) -> None:
    with shop(tmp_path / "data") as store:
        store.tasks(20 * 24, 6, lambda hour: 0.2 if 240 <= hour < 250 else 0.96)
        answer = store.post("promises/backtest", {"files": {"shop.yaml": SLO}})
        (found,) = answer["objectives"]
        pages = [one for one in found["firings"] if one["severity"] == "page"]
        assert len(pages) == 1
        start = (store.clock.now_ns() - 20 * 24 * 60 * MINUTE_NS) // MINUTE_NS + 240 * 60
        assert 0 < pages[0]["fired_min"] - start < 180
        assert found["scores"][0]["recall"]["value"] == 1.0
        assert store.get("promises")["files"] == {}


def test_metrics_and_rules_are_those_that_prometheus_reads(store: Shop, tmp_path: Path) -> None:
    store.apply()
    kept = store.slo()
    text = store.server.request("GET", "/metrics").text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    events = {one.labels["outcome"]: one.value for one in families["trimtab_sli_events"].samples}
    assert (events["good"], events["bad"]) == (kept["good"], kept["bad"])
    (left,) = families["trimtab_slo_budget_left"].samples
    assert left.value == kept["left"]
    assert store.server.request("GET", "/metrics", authorization="").status_code == 401
    rules = tmp_path / "rules.yaml"
    rules.write_text(store.server.request("GET", "/api/v1/promises/prometheus").text)
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("needs promtool: Debian's package prometheus")
    done = subprocess.run([promtool, "check", "rules", rules], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert store.get("promises/grafana")["panels"]


SLOTH = """
version: prometheus/v1
service: shop
slos:
  - name: orders
    objective: 90
    sli: {events: {error_query: 'sum(rate(bad[{{.window}}]))', total_query: 'sum(rate(all[{{.window}}]))'}}
    alerting: {page_alert: {disable: true}, ticket_alert: {disable: true}}
"""


def test_promises_of_another_tool_show_what_it_would_say_of_the_same_events(store: Shop) -> None:
    asked = store.post("promises/translate", {"form": "sloth", "files": {"s.yml": SLOTH}})
    assert asked["questions"][0]["slo"]
    answer = store.post(
        "promises/translate", {"form": "sloth", "files": {"s.yml": SLOTH}, "indicators": ["task_success"]}
    )
    (contrast,) = answer["contrasts"]
    assert contrast["truth"]["left"] is not None
    assert contrast["theirs"]["left"] is None, "an interval without events is NaN there"
    assert "NaN" in contrast["theirs"]["why"]
    assert store.post("promises", {"files": {"s.yaml": answer["yaml"]}})["added"]


def test_silences_and_the_log_over_the_api(store: Shop) -> None:
    with http_inbox() as inbox:
        store.apply(inbox.url)
        made = store.post("silences", {"matchers": ["slo=shop"], "comment": "a test", "by": "ada"})
        store.play(12, 2, 0.0)
        assert len(store.firing()) == 1
        assert inbox.taken == []
        store.post("silences/end", {"id": made["id"]})
        store.play(12, 2, 0.0)
        until(lambda: inbox.taken)
        assert [one["state"] for one in store.get("silences")["silences"]] == ["expired"]
    assert store.post("silences", {"matchers": ["slo=shop"], "comment": "x"}, status=400)["detail"]
    assert store.post("alerts/ack", {"alert": "nothing", "by": "ada"}, status=404)["detail"]


def test_every_tenant_has_a_budget_and_only_the_broken_one_pages(tmp_path: Path) -> None:
    by_tenant = SLO.replace("displayName: Orders done", "annotations: {trimtab/by: tenant}")
    with shop(tmp_path / "data") as store:
        for tenant in ("acme", "beta", "corp"):
            store.tasks(48, 2, 0.96, **{"trimtab.tenant": tenant})
        store.apply(slo=by_tenant)
        ids = [f"shop[tenant={tenant}]" for tenant in ("acme", "beta", "corp")]
        assert sorted(one["id"] for one in store.get("slo")["objectives"]) == ids
        store.play(3)
        store.clock.advance(1800)
        for tenant, rate in (("acme", 0.0), ("beta", 1.0), ("corp", 1.0)):
            store.tasks(0.5, 40, rate, **{"trimtab.tenant": tenant})
        store.play(6)
        (page,) = store.firing()
        assert (page["labels"]["tenant"], page["labels"]["objective"]) == ("acme", ids[0])


COST = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: quick}
spec:
  service: shop
  indicator:
    metadata: {name: quick}
    spec: {thresholdMetric: {metricSource: {type: Trimtab, spec: {indicator: session_latency, agent: shop}}}}
  timeWindow: [{duration: 1M, calendar: {startTime: 2026-01-01 00:00:00, timeZone: Europe/Berlin}, isRolling: false}]
  budgetingMethod: Timeslices
  objectives: [{op: lte, value: 5, target: 0.9, timeSliceTarget: 0.95, timeSliceWindow: 1h}]
"""


def test_numbers_are_promised_in_slices_of_calendar_months(store: Shop) -> None:
    store.post("promises", {"files": {"quick.yaml": COST}})
    kept = store.slo()
    assert (kept["rolling"], kept["method"], kept["bad"]) == (False, "timeslices", 0)
    assert kept["n"] == pytest.approx(DAYS * 24, abs=2), "an hour with tasks is one event"
    assert kept["left"] == 1.0


def test_a_low_budget_demands_actions_by_risk(store: Shop) -> None:
    store.apply()
    store.clock.advance(3600)
    store.tasks(1, 120, 0.0)
    store.play(6)
    actions = store.get("slo")["actions"]
    found = {(one["action"]["act"], one["action"]["risk"]) for one in actions}
    assert ("notify", "high") in found
    assert ("freeze_risky_releases", "high") in found
    assert not {risk for act, risk in found if act == "freeze_risky_releases"} & {"low"}
    assert store.firing("ticket")
