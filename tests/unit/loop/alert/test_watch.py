"""The engine on a virtual clock: a month in seconds, restarts in between, labels that come late."""

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import pytest
from tests.support.stores import DAY_S, Kit, kit

from trimtab.loop.alert import HEARTBEAT, Alert, MemoryAlertStore, Message, Parts, Watch, apply_files
from trimtab.loop.budget import read_promises, series_for
from trimtab.loop.sli import Basis, built_in
from trimtab.loop.store import MinuteRow, Stretch

HOUR_S, MINUTE_NS = 3600, 60_000_000_000
SLO = """
apiVersion: openslo/v1
kind: SLO
metadata:
  name: airline
  displayName: Airline tasks
  annotations: {trimtab/runbook: "https://example.org/runbook"}
spec:
  service: airline
  indicator:
    metadata: {name: done}
    spec:
      ratioMetric:
        rawType: success
        raw: {metricSource: {type: Trimtab, spec: {indicator: task_success}}}
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.9}]
"""
ROUTING = f"""
apiVersion: trimtab/v1
kind: AlertRouting
route:
  receiver: desk
  group_by: [slo]
  group_wait: 0s
  routes:
    - {{receiver: pulse, matchers: ['alertname = {HEARTBEAT}'], repeat_interval: 5m}}
receivers:
  - {{name: desk, type: cloudevents, url: "http://127.0.0.1:9/desk"}}
  - {{name: pulse, type: cloudevents, url: "http://127.0.0.1:9/pulse"}}
"""
FILES = {"airline.yaml": SLO, "routing.yaml": ROUTING}


@pytest.fixture
def store() -> Generator[Kit]:
    with kit() as found:
        yield found


class Desk:
    """An engine over a kit; `restart` makes a new one on the same stores."""

    def __init__(self, store: Kit, files: dict[str, str] = FILES) -> None:
        self.store, self.alerts_kept = store, MemoryAlertStore()
        self.caught_up = True
        apply_files(store.state, "p", files, built_in(), store.clock.now_ns())
        self.restart()

    def restart(self) -> None:
        self.watch = Watch(
            Parts(
                analytics=self.store.analytics,
                state=self.store.state,
                store=self.alerts_kept,
                clock=self.store.clock,
                holder="one",
                address="http://127.0.0.1:4318",
                caught_up=lambda: self.caught_up,
                told=lambda *_: None,
            )
        )

    def alerts(self, name: str = "") -> list[Alert]:
        return [one for one in self.alerts_kept.alerts("p") if not name or one.labels["alertname"] == name]

    def messages(self, receiver: str = "desk") -> list[Message]:
        waiting = self.alerts_kept.queued("p", "waiting", 1000)
        return sorted(
            (one.message for one in waiting if one.message.receiver == receiver), key=lambda one: one.at_ns
        )

    def play(self, hours: float, every_s: int = HOUR_S) -> None:
        for _ in range(int(hours * HOUR_S / every_s)):
            self.store.clock.advance(every_s)
            self.watch.tick()


def put(store: Kit, start_min: int, good: Sequence[int], bad: Sequence[int], every_min: int) -> None:
    """Counts of the objective from a minute on, `every_min` apart, as if sessions had closed there."""
    (objective,) = read_promises({"airline.yaml": SLO}).objectives
    key = series_for(objective, built_in(), Basis()).key
    rows = [
        MinuteRow(start_min + at * every_min, "reported", int(ok), int(wrong), 0, 0, None, None)
        for at, (ok, wrong) in enumerate(zip(good, bad, strict=True))
    ]
    store.analytics.follow_minutes()
    store.analytics.put_minutes("p", Stretch(), {key: rows})


def month(store: Kit, broken_hours: range) -> None:
    """Ten tasks an hour for 31 days, 95 % of them good (seeded); in the broken hours 30 %."""
    chance = np.random.default_rng(7)
    start = store.clock.now_ns() // MINUTE_NS
    rate = np.full(31 * 24 * 10, 0.95)
    rate[broken_hours.start * 10 : broken_hours.stop * 10] = 0.3
    good = (chance.random(len(rate)) < rate).astype(int)
    put(store, start, good.tolist(), (1 - good).tolist(), 6)


def test_a_month_in_seconds_pages_once_for_its_bad_hours(store: Kit) -> None:
    month(store, range(20 * 24, 20 * 24 + 6))
    desk = Desk(store)
    began_ns = store.clock.now_ns()
    desk.play(31 * 24)
    pages = [one for one in desk.alerts() if one.labels["severity"] == "page"]
    assert [one.labels["rule"] for one in pages] == ["page-detector"]
    (page,) = pages
    late_h = (page.starts_ns - began_ns) / 3.6e12 - 20 * 24
    assert 0 < late_h < 3
    assert page.ends_ns is not None
    assert page.annotations["sli"] == "task_success"
    assert page.annotations["runbook"] == "https://example.org/runbook"
    assert int(page.annotations["sli_n"]) > 0
    assert page.annotations["rows"].startswith("http://127.0.0.1:4318/api/v1/sessions?")
    kinds = [one.kind for one in desk.messages() if any(a.labels["severity"] == "page" for a in one.alerts)]
    assert kinds[0] == "trigger"
    assert "resolve" in [one.kind for one in desk.messages()]


def test_a_restart_between_any_two_looks_changes_nothing(store: Kit) -> None:
    month(store, range(20 * 24, 20 * 24 + 6))
    store.clock.advance(19 * DAY_S)
    began_ns = store.clock.now_ns()
    straight = Desk(store)
    straight.play(72)
    store.clock.advance(-(store.clock.now_ns() - began_ns) / 1e9)
    restarted = Desk(store)
    for _ in range(72):
        restarted.play(1)
        restarted.restart()

    def told(desk: Desk) -> Any:
        return [(one.labels, one.starts_ns, one.ends_ns) for one in desk.alerts()], [
            (one.id, one.kind, one.key) for one in desk.messages()
        ]

    assert told(straight)[0]
    assert told(restarted) == told(straight)


def test_no_data_freezes_and_raises_its_own_alert(store: Kit) -> None:
    start = store.clock.now_ns() // MINUTE_NS
    put(store, start, [10] * 48, [0] * 48, 30)
    desk = Desk(store)
    desk.play(24)
    assert desk.alerts("NoData") == []
    desk.play(48)
    (absent,) = desk.alerts("NoData")
    assert (absent.ends_ns, absent.labels["severity"]) == (None, "ticket")
    assert [one for one in desk.alerts() if one.labels["severity"] == "page"] == []


def test_a_firing_rule_stays_firing_through_silence(store: Kit) -> None:
    start = store.clock.now_ns() // MINUTE_NS
    put(store, start, [10] * 24 + [0] * 4, [0] * 24 + [10] * 4, 60)
    desk = Desk(store)
    desk.play(72)
    pages = [one for one in desk.alerts() if one.labels["severity"] == "page" and "rule" in one.labels]
    assert pages
    assert all(one.ends_ns is None for one in pages)


def test_while_rows_are_behind_nothing_is_decided(store: Kit) -> None:
    month(store, range(24, 40))
    desk = Desk(store)
    desk.caught_up = False
    desk.play(48)
    assert (desk.alerts(), desk.watch.looked_ns) == ([], 0)
    desk.caught_up = True
    desk.play(1)
    assert desk.watch.looked_ns == store.clock.now_ns()


def test_of_two_servers_one_looks(store: Kit) -> None:
    month(store, range(24, 40))
    desk = Desk(store)
    desk.play(1)
    held = desk.alerts_kept.lease("watch/p", "other", store.clock.now_ns() + 100 * 10**9, 1 << 62)
    assert held is not None
    before = desk.alerts_kept.rules("p")
    desk.play(48)
    assert desk.alerts_kept.rules("p") == before


def test_what_is_no_longer_promised_ends(store: Kit) -> None:
    start = store.clock.now_ns() // MINUTE_NS
    put(store, start, [10] * 24 + [0] * 4, [0] * 24 + [10] * 4, 60)
    desk = Desk(store)
    desk.play(30)
    assert any(one.ends_ns is None for one in desk.alerts() if one.labels["objective"] == "airline")
    other = SLO.replace("name: airline\n", "name: other\n", 1)
    apply_files(store.state, "p", {"o.yaml": other}, built_in(), store.clock.now_ns())
    desk.play(1)
    assert all(one.ends_ns for one in desk.alerts() if one.labels["objective"] == "airline")
    assert not any(name.endswith("airline") for name in desk.alerts_kept.rules("p"))


def test_a_heartbeat_is_told_again_and_again(store: Kit) -> None:
    month(store, range(0))
    desk = Desk(store)
    desk.play(1, every_s=60)
    beats = desk.messages("pulse")
    assert len(beats) >= 6
    assert {one.alerts[0].labels["alertname"] for one in beats} == {HEARTBEAT}


def test_changes_of_agents_are_told_once_to_whoever_keeps_them(store: Kit) -> None:
    month(store, range(0))
    pager = "  - {name: pager, type: pagerduty, routing_key: 'env:TRIMTAB_SECRET_PD'}\n"
    desk = Desk(store, FILES | {"routing.yaml": ROUTING + pager})
    desk.play(1)
    for version, number in (("1.0", 1), ("1.1", 2)):
        store.session(f"s{version}", 10 * number, **{"trimtab.bundle": version})
        store.clock.advance(60)
        desk.play(1)
    desk.restart()
    desk.play(1)
    (told,) = desk.messages("pager")
    assert (told.kind, told.title) == ("change", "an agent: bundle 1.1")


def test_documents_that_fit_no_more_are_trouble_and_stop_nobody_else(store: Kit) -> None:
    desk = Desk(store)
    apply_files(store.state, "q", FILES, built_in(), store.clock.now_ns())
    kept = store.state.setting("promises.p")
    assert kept is not None
    store.state.set_setting("promises.p", kept.replace("task_success", "no_such_thing"))
    desk.play(1)
    assert "no_such_thing" in desk.watch.trouble["p"]
    assert desk.watch.looked_ns == store.clock.now_ns()
