"""From alerts to incidents: pages open, tickets join, and nothing happens twice."""

from dataclasses import dataclass, field, replace

from tests.support.routing import DOCUMENT, HOUR, MIN, T0, S, alert

from trimtab.loop.alert import Alert, MemoryAlertStore, Writes, play_turn, read_routing
from trimtab.loop.incident import (
    By,
    Incident,
    MemoryIncidentStore,
    Sighting,
    acknowledge,
    acknowledgements,
    attend,
    change,
    resolve,
    sightings_of,
)

PAGE = alert("Fast", severity="page")


@dataclass
class Desk:
    store: MemoryIncidentStore = field(default_factory=MemoryIncidentStore)

    def see(self, *alerts: Alert, at: int = 0, group: str = "g") -> list[Incident]:
        seen = [Sighting(alert=one, group=group, told_ns=one.starts_ns + 30 * S) for one in alerts]
        return attend(self.store, "p", seen, alerts, T0 + at)

    def whats(self, name: str) -> list[str]:
        return [one.what for one in self.store.timeline("p", name)]


def test_a_page_opens_an_incident_once() -> None:
    desk = Desk()
    (incident,) = desk.see(
        replace(PAGE, annotations={"summary": "tasks fail", "first_bad": "2026-01-05T07:55:00Z"})
    )
    assert (incident.title, incident.gravity, incident.objective) == ("tasks fail", "sev2", "tasks")
    assert (incident.first_bad_ns, incident.impact_ns) == (T0 - 5 * MIN, T0 - 5 * MIN)
    assert incident.detected_ns == T0 + 30 * S
    assert (incident.keys, [one.name for one in incident.members]) == (("g",), ["Fast"])
    assert desk.see(PAGE, at=MIN) == []
    assert desk.whats(incident.id) == ["opened"]
    assert desk.store.timeline("p", incident.id)[0].who == "trimtab"


def test_a_ticket_joins_and_never_opens() -> None:
    desk = Desk()
    assert desk.see(alert()) == []
    (incident,) = desk.see(PAGE)
    (joined,) = desk.see(PAGE, alert(), at=MIN, group="other")
    assert joined.id == incident.id
    assert {one.name for one in joined.members} == {"Fast", "Burn"}
    assert joined.keys == ("g", "other")


def test_a_page_about_something_else_opens_another_unless_it_is_of_the_same_group() -> None:
    desk = Desk()
    (first,) = desk.see(PAGE)
    slow = alert("Slow", severity="page", objective="latency")
    (second,) = desk.see(PAGE, slow, group="other")
    assert second.id != first.id
    (same,) = desk.see(PAGE, slow, alert("Odd", severity="page", objective="cost"), group="g")
    assert same.id == first.id
    assert len(desk.store.incidents("p")) == 2


def test_what_is_over_is_noted_once_and_what_fires_again_joins_again() -> None:
    desk = Desk()
    (incident,) = desk.see(PAGE)
    (ended,) = desk.see(at=MIN)
    assert ended.members[0].ended_ns == T0 + MIN
    assert ended.status == "open"
    assert desk.see(at=2 * MIN) == []
    (again,) = desk.see(replace(PAGE, starts_ns=T0 + 3 * MIN), at=4 * MIN)
    assert (again.id, len(again.members), again.members[0].ended_ns) == (incident.id, 1, None)
    assert desk.whats(incident.id) == ["opened", "ended", "joined"]


def test_what_a_person_resolved_is_not_opened_again_by_the_same_alert() -> None:
    desk = Desk()
    (incident,) = desk.see(PAGE)
    change(desk.store, "p", incident.id, lambda at: resolve(at, By(who="ann", at_ns=T0 + HOUR)))
    assert desk.see(PAGE, at=2 * HOUR) == []
    (new,) = desk.see(replace(PAGE, starts_ns=T0 + 3 * HOUR), at=4 * HOUR)
    assert new.id != incident.id


def test_two_servers_open_one_incident() -> None:
    desk, other = Desk(), Desk()
    other.store = desk.store
    (incident,) = desk.see(PAGE)
    assert other.see(PAGE) == []
    change(desk.store, "p", incident.id, lambda at: acknowledge(at, By(who="ann", at_ns=T0 + MIN)))
    assert [one.status for one in desk.store.incidents("p")] == ["acknowledged"]


def test_acknowledging_an_incident_ends_the_escalation_of_its_pages() -> None:
    alerts, desk, routing = MemoryAlertStore(), Desk(), read_routing(DOCUMENT)
    alerts.write(Writes(alerts=(PAGE,)), T0)
    told: list[str] = []
    for second in range(0, 4000, 30):
        now_ns = T0 + second * S
        turn = play_turn(alerts, "p", routing, now_ns)
        told += [f"{one.receiver} {one.kind}" for one in turn.messages]
        for incident in attend(desk.store, "p", sightings_of(turn), alerts.alerts("p"), now_ns):
            by = By(who="ann", at_ns=now_ns)
            known = change(desk.store, "p", incident.id, lambda at, by=by: acknowledge(at, by))
            assert [alerts.acknowledge(one) for one in acknowledgements(known, by)] == [True]
    assert sorted(told) == ["ann acknowledge", "ann trigger", "pager acknowledge", "pager trigger"]


def test_a_page_under_another_key_is_noted_once() -> None:
    desk = Desk()
    for at, page in ((1, "k1"), (2, "k1"), (3, "k2"), (4, "k2")):
        seen = Sighting(alert=PAGE, group="g", told_ns=T0, page=page)
        attend(desk.store, "p", [seen], [PAGE], T0 + at)
    (incident,) = desk.store.incidents("p")
    assert incident.pages == ("k1", "k2")
    assert len(incident.members) == 1
    assert desk.whats(incident.id) == ["opened", "joined"]


def test_only_what_people_were_told_of_is_seen() -> None:
    alerts, routing = MemoryAlertStore(), read_routing(DOCUMENT)
    alerts.write(Writes(alerts=(PAGE, alert())), T0)
    assert sightings_of(play_turn(alerts, "p", routing, T0)) == []
    seen = sightings_of(play_turn(alerts, "p", routing, T0 + 30 * S))
    assert [(one.alert.labels["alertname"], one.told_ns) for one in seen] == [("Fast", T0 + 30 * S)]
