"""A page from the alert to PagerDuty and Slack and back: real store, real sockets, threads, an answer of 500 in between."""

import time
from collections.abc import Callable
from pathlib import Path

from tests.support.notifiers import SECRET
from tests.support.receivers import Inbox, Taken, http_inbox
from tests.support.routing import T0, S, alert

from trimtab.adapters.httpx_web import HttpxWeb
from trimtab.adapters.pagerduty import PagerDuty
from trimtab.adapters.slack import Slack
from trimtab.adapters.sql_state import SqlAlertStore, SqlIncidentStore, SqlState
from trimtab.loop.alert import Courier, Delivery, Notifier, Patience, Secrets, Writes, play_turn, read_routing
from trimtab.loop.incident import (
    By,
    acknowledge,
    acknowledgements,
    attend,
    change,
    measure,
    resolve,
    sightings_of,
)
from trimtab.vocabulary.kernel import VirtualClock

DOCUMENT = """
apiVersion: trimtab/v1
kind: AlertRouting
route: {receiver: pager, group_by: [objective], escalation: all}
receivers:
  - {name: pager, type: pagerduty, routing_key: "env:KEY", url: "URL"}
  - {name: chat, type: slack, webhook: "env:HOOK"}
escalations:
  - {name: all, steps: [{after: 10m, targets: [{receiver: chat}]}]}
"""


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


class Server:
    """What a server does: a store on disk, the pipeline, incidents, and threads that deliver."""

    def __init__(self, path: str, inbox: Inbox) -> None:
        self.inbox, self.clock, self.web = inbox, VirtualClock(T0), HttpxWeb(2.0)
        self.state = SqlState(path)
        self.alerts, self.incidents = SqlAlertStore(path), SqlIncidentStore(path)
        self.routing = read_routing(DOCUMENT.replace("URL", inbox.url))
        secrets = Secrets({"KEY": SECRET, "HOOK": f"{inbox.url}/services/{SECRET}"})
        kinds: dict[str, type[PagerDuty | Slack]] = {"pagerduty": PagerDuty, "slack": Slack}
        self.notifiers: dict[str, Notifier] = {
            one.name: kinds[one.kind](one.settings, secrets, self.web)
            for one in self.routing.receivers.values()
        }
        courier = Courier(self.alerts, self.notifier, self.clock, "one", lambda: 0.0, Patience(first_s=0.02))
        self.delivery = Delivery(courier, self.alerts, self.clock, 0.01)
        self.delivery.start()

    def notifier(self, _project: str, name: str) -> Notifier | None:
        return self.notifiers.get(name)

    def play(self, seconds: int, *, fires: bool) -> None:
        self.clock.advance(seconds)
        now_ns = self.clock.now_ns()
        lease = self.alerts.lease("alerts", "one", now_ns, now_ns + 60 * S)
        page = alert("Fast", severity="page", ends_ns=None if fires else T0 + 1300 * S)
        self.alerts.write(Writes(alerts=(page,)), now_ns, lease)
        turn = play_turn(self.alerts, "p", self.routing, now_ns, lease)
        firing = [one for one in self.alerts.alerts("p") if one.ends_ns is None]
        attend(self.incidents, "p", sightings_of(turn), firing, now_ns)

    def by(self) -> By:
        return By(who="ann", at_ns=self.clock.now_ns())

    def pages(self) -> list[Taken]:
        return [one for one in self.inbox.taken if one.path == "/v2/enqueue"]

    def came(self, pages: int, chats: int) -> None:
        """Wait until so many requests came to each, and what became of them is written: only then may the clock move."""
        until(lambda: (len(self.pages()), len(self.inbox.taken) - len(self.pages())) == (pages, chats))
        until(lambda: len(self.alerts.log("p")) == pages + chats)

    def close(self) -> None:
        self.delivery.close()
        for one in (self.web, self.alerts, self.incidents, self.state):
            one.close()


def test_a_page_is_told_escalated_acknowledged_and_ended(tmp_path: Path) -> None:
    with http_inbox() as inbox:
        server = Server(str(tmp_path / "state.sqlite"), inbox)
        incidents = server.incidents
        inbox.script = [(500, {})]
        server.play(0, fires=True)
        assert incidents.incidents("p") == []
        server.play(30, fires=True)
        server.came(1, 0)
        server.clock.advance(1)
        server.came(2, 0)
        first, second = (one.json for one in server.pages())
        assert first == second
        assert (first["event_action"], first["payload"]["summary"]) == ("trigger", "Fast is high")

        server.play(600, fires=True)
        server.came(2, 1)
        (incident,) = incidents.incidents("p")
        by = server.by()
        known = change(incidents, "p", incident.id, lambda at: acknowledge(at, by))
        assert [server.alerts.acknowledge(one) for one in acknowledgements(known, by)] == [True]
        server.play(10, fires=True)
        server.came(3, 2)
        server.play(900, fires=False)
        server.came(4, 3)
        assert [one.json["event_action"] for one in server.pages()[2:]] == ["acknowledge", "resolve"]
        assert {one.json["dedup_key"] for one in server.pages()} == {first["dedup_key"]}
        until(lambda: server.alerts.queued("p", "waiting") == [])

        done = change(incidents, "p", incident.id, lambda at: resolve(at, server.by()))
        whats = [one.what for one in incidents.timeline("p", done.id)]
        assert whats == ["opened", "acknowledged", "ended", "resolved"]
        times = measure(incidents.incidents("p"))
        assert (times["mttd"].median_s, times["mtta"].median_s) == (30.0, 601.0)
        assert [one.outcome for one in server.alerts.log("p")][-2:] == ["delivered", "retry"]
        server.close()
    assert not any(SECRET.encode() in path.read_bytes() for path in tmp_path.iterdir())
