"""The routing document is read, and each fault is named with its place and a way out."""

from pathlib import Path

import pytest
from tests.support.routing import DOCUMENT

from trimtab.loop.alert import KINDS
from trimtab.loop.alert.pipeline import read_routing
from trimtab.vocabulary.kernel import Invalid


def test_the_whole_document_is_read() -> None:
    found = read_routing(DOCUMENT)
    assert [route.id for route in found.route.routes] == [
        '{}/{severity="page"}',
        '{}/{team=~"data|search"}',
        '{}/{team="data"}',
    ]
    page, team, data = found.route.routes
    assert (page.receivers, page.group_by, page.escalation) == (("pager",), ("objective",), "standard")
    assert (page.wait_s, page.interval_s, page.repeat_s) == (30.0, 300.0, 14_400.0)
    assert (team.receivers, team.group_by, team.goes_on) == (("mail", "chat"), None, True)
    assert (data.wait_s, data.interval_s, data.repeat_s, data.muted_in) == (10.0, 60.0, 9000.0, ())
    assert found.receivers["mail"].settings["to"] == "b@example.com"
    assert not found.receivers["mail"].send_resolved
    assert found.escalations["standard"].rounds == 2
    assert found.people == {"Ann": ("ann",), "Bo": ("bo",)}


def test_the_document_of_the_manual_is_one(root: Path) -> None:
    page = (root / "docs/notifications.md").read_text(encoding="utf-8")
    found = read_routing(page.split("```yaml\n")[1].split("```")[0])
    assert {one.kind for one in found.receivers.values()} <= set(KINDS)
    for kind, shape in KINDS.items():
        row = next(
            line for line in page.splitlines() if line.startswith("|") and f"`{kind}`" in line.split("|")[1]
        )
        for setting in (*shape.needs, *shape.may):
            assert f"`{setting}`" in row, f"{kind}: {setting}"


def test_routes_with_equal_conditions_are_told_apart() -> None:
    twin = '    - {matchers: [severity="page"], receiver: mail}\n'
    text = DOCUMENT.replace("receivers:\n  - {name: chat", f"{twin}{twin}receivers:\n  - {{name: chat", 1)
    ids = [route.id for route in read_routing(text).route.routes]
    assert ids[-2:] == ['{}/{severity="page"}#1', '{}/{severity="page"}#2']


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("trimtab/v1", "trimtab/v2", "document.apiVersion"),
        ("AlertRouting", "Alerts", "document.kind"),
        ("route:\n  receiver: chat", "route:\n  receiver: nobody", "document.route {}: no receiver"),
        ("  receiver: chat\n", "", "document.route: no receiver"),
        ("receiver: chat\n", "receiver: chat\n  colour: red\n", "document.route: 'colour'"),
        ("receiver: chat\n", "receiver: chat\n  receivers: [mail]\n", "receiver and receivers"),
        ('severity="page"', "severity==", "document.route.routes[0].matchers[0]"),
        ('"data|search"', '"data|("', "document.route.routes[1].matchers[0]"),
        ("['...']", "['...', team]", "document.route.routes[1].group_by"),
        ("10s", "10", "document.route.routes[2].group_wait"),
        ("10s", "400d", "document.route.routes[2].group_wait"),
        ("group_interval: 1m", "group_interval: 0s", "document.route.routes[2].group_interval"),
        ("[weekend]", "[night]", "no time interval is called 'night'"),
        ("escalation: standard", "escalation: none", "no escalation is called 'none'"),
        ('"env:SLACK"', '"https://hooks.example/T0/secret"', "document.receivers[0].webhook"),
        ("type: slack", "type: fax", "document.receivers[0]: no type"),
        ("host: localhost, ", "", "document.receivers[2]: host is missing"),
        ("name: ann,", "name: chat,", "document.receivers[4]: chat is there already"),
        ('"saturday", "sunday"', '"caturday"', "document.time_intervals[0].time_intervals[0].weekdays[0]"),
        ("location: Europe/Berlin}", "location: Mars/X}", "time_intervals[0].location"),
        ("2026-01-05T09:00", "monday", "document.rotations[0].starts"),
        ("2026-01-05T09:00", "9999-12-31T09:00", "document.rotations[0].starts"),
        ("shift: 1w", "shift: 5m", "document.rotations[0].shift"),
        ("people: [Ann, Bo]", "people: [Ann, Cy]", "document.rotations[0].people[1]"),
        ("receivers: [ann]", "receivers: [anne]", "document.people[0].receivers[0]"),
        ("{rotation: primary}]}", "{rotation: second}]}", "steps[1].targets[1].rotation"),
        ("[{receiver: chat}, ", "[{receiver: chat, rotation: primary}, ", "steps[1].targets[0]"),
        ("rounds: 2", "rounds: true", "document.escalations[0].rounds"),
        ("equal: [objective, tenant]", "equal: objective", "document.inhibit_rules[0].equal"),
        ("continue: true", "continue: sure", "document.route.routes[1].continue"),
        ("kind: AlertRouting", "kind: AlertRouting\nkind: AlertRouting", "kind stands twice"),
        ("route:\n", "route: [\n", "no YAML"),
    ],
)
def test_a_fault_is_named_with_its_place_and_a_way_out(old: str, new: str, where: str) -> None:
    assert old in DOCUMENT
    with pytest.raises(Invalid) as caught:
        read_routing(DOCUMENT.replace(old, new, 1))
    assert where in caught.value.message
    assert caught.value.hint
    assert "T0/secret" not in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.parametrize("text", ["", "- 1", "5", "null", "&a [*a]", "a: &a [*a]", "\x00", "? {a: 1}\n: 2"])
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_routing(text)
