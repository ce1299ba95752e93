"""The same alerts at the same times, told by a real Alertmanager and by us: the same messages in the same order."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.alertmanager import BINARY, running
from tests.support.receivers import http_inbox
from tests.support.routing import S, alert

from trimtab.adapters.alertmanager import AlertmanagerPush
from trimtab.adapters.httpx_web import HttpxWeb
from trimtab.loop.alert import Alert, Delivered, Message, Secrets, read_routing
from trimtab.loop.alert.pipeline import Group, Scene, advance

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        BINARY is None, reason="needs an Alertmanager: apt-get install prometheus-alertmanager"
    ),
]
RULES = """
route: {receiver: hook, group_by: [objective], group_wait: 2s, group_interval: 4s, repeat_interval: 10s}
inhibit_rules:
  - {source_matchers: ['severity="page"'], target_matchers: ['severity="ticket"'], equal: [tenant]}
"""
EVENTS = (  # (second, name, objective, severity, tenant, fires)
    (0.0, "A", "x", "ticket", "", True),
    (0.0, "R", "w", "ticket", "", True),  # told at 2, and again at 14 and 26: repeat is rounded up
    (1.0, "B", "x", "ticket", "", True),
    (1.0, "Short", "short", "ticket", "", True),
    (1.4, "Short", "short", "ticket", "", False),  # over before the wait
    (4.0, "B", "x", "ticket", "", False),  # told at 6 with A
    (8.0, "C", "x", "ticket", "", True),  # told at 10
    (11.0, "T", "y", "ticket", "q", True),
    (11.0, "P", "z", "page", "q", True),  # silences T, not A and C: another tenant
    (12.0, "C", "x", "ticket", "", False),  # told at 14
    (17.0, "P", "z", "page", "q", False),  # told at 17 or 21, T at its next tick
    (22.0, "A", "x", "ticket", "", False),
    (24.0, "T", "y", "ticket", "q", False),
)
END_S = 30.0
Said = tuple[str, tuple[tuple[str, str], ...]]


def changes(start_ns: int) -> Iterator[tuple[float, Alert]]:
    began: dict[str, int] = {}
    for second, name, objective, severity, tenant, fires in EVENTS:
        at_ns = start_ns + int(second * S)
        began.setdefault(name, at_ns)
        labels = {"severity": severity, "objective": objective} | ({"tenant": tenant} if tenant else {})
        yield second, replace(alert(name, starts_ns=began[name], **labels), ends_ns=None if fires else at_ns)


def ours() -> dict[str, list[Said]]:
    """What we say, by objective."""
    text = f'apiVersion: trimtab/v1\nkind: AlertRouting\n{RULES}receivers: [{{name: hook, type: slack, webhook: "env:X"}}]\n'
    routing, groups = read_routing(text), dict[str, Group]()
    alerts: dict[str, Alert] = {}
    said: dict[str, list[Said]] = {}
    events = list(changes(0))
    for tick in range(int(END_S * 10)):
        while events and events[0][0] <= tick / 10:
            one = events.pop(0)[1]
            alerts[one.fingerprint] = one
        turn = advance(routing, groups, Scene(alerts=list(alerts.values())), tick * S // 10)
        groups = dict(turn.groups)
        for message in turn.messages:
            told = tuple(sorted((one.labels["alertname"], one.status) for one in message.alerts))
            said.setdefault(message.group_labels["objective"], []).append((message.status, told))
    return said


def theirs(folder: Path) -> dict[str, list[Said]]:
    """What a real Alertmanager says, by objective."""
    web = HttpxWeb(5.0)
    with http_inbox() as inbox:
        receivers = f'receivers: [{{name: hook, webhook_configs: [{{url: "{inbox.url}/hook"}}]}}]\n'
        with running(RULES + receivers, folder) as url:
            push = AlertmanagerPush({"url": url}, Secrets({}), web)
            start_ns, start = time.time_ns(), time.monotonic()
            numbers = itertools.count()
            for second, one in changes(start_ns):
                time.sleep(max(0.0, start + second - time.monotonic()))
                sent = Message(
                    id=f"{next(numbers)}", kind="trigger", project="p", receiver="hook", key="k", title="t",
                    at_ns=start_ns, alerts=(one,),
                )  # fmt: skip
                assert push.send(sent) == Delivered()
            time.sleep(max(0.0, start + END_S - time.monotonic()))
        found: dict[str, list[Said]] = {}
        for taken in inbox.taken:
            body = taken.json
            told = tuple(sorted((one["labels"]["alertname"], one["status"]) for one in body["alerts"]))
            found.setdefault(body["groupLabels"]["objective"], []).append((body["status"], told))
    web.close()
    return found


def test_we_say_what_alertmanager_says(tmp_path: Path) -> None:
    said = ours()
    assert {objective: len(each) for objective, each in said.items()} == {"w": 3, "x": 5, "y": 2, "z": 2}
    assert said == theirs(tmp_path)
