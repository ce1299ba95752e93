"""Against a real Alertmanager: it takes what we push, and its webhook has the shape of ours."""

import itertools
import shutil
import subprocess
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.alertmanager import BINARY, get, running, until
from tests.support.notifiers import full_message
from tests.support.receivers import Inbox, http_inbox

from trimtab.adapters.alertmanager import AlertmanagerPush, AlertmanagerWebhook
from trimtab.adapters.httpx_web import HttpxWeb
from trimtab.loop.alert import Delivered, Message, Secrets, read_routing
from trimtab.loop.alert.pipeline import find_routes

pytestmark = pytest.mark.skipif(
    BINARY is None, reason="needs an Alertmanager: apt-get install prometheus-alertmanager"
)
CONFIG = """
route: {{receiver: hook, group_by: [objective], group_wait: 0s, group_interval: 1s}}
receivers: [{{name: hook, webhook_configs: [{{url: "{url}/hook"}}]}}]
"""


@pytest.fixture(scope="module")
def inbox() -> Generator[Inbox]:
    with http_inbox() as found:
        yield found


@pytest.fixture(scope="module")
def alertmanager(inbox: Inbox, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with running(CONFIG.format(url=inbox.url), tmp_path_factory.mktemp("alertmanager")) as url:
        yield url


def now(message: Message) -> Message:
    """The message as of now: Alertmanager goes by its own clock."""
    at_ns = time.time_ns()
    alerts = tuple(replace(one, starts_ns=at_ns - 60 * 10**9) for one in message.alerts)
    return replace(message, at_ns=at_ns, alerts=alerts)


def shape(value: Any) -> Any:
    """The names and types of a payload; labels and annotations are as their owner likes."""
    if isinstance(value, dict):
        free = {"labels", "annotations", "groupLabels", "commonLabels", "commonAnnotations"}
        return {name: "texts" if name in free else shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


ROUTES = """
route:
  receiver: r0
  routes:
    - {matchers: ['a="1"'], receiver: r1, continue: true, routes: [{matchers: ['b=~"x|y"'], receiver: r2}]}
    - {matchers: ['a=~"1|2"', 'b!="z"'], receiver: r3}
    - matchers: ['c!~"q.*"']
      receiver: r4
      routes:
        - {matchers: ['a=""'], receiver: r5, continue: true}
        - {matchers: ['b="z"'], receiver: r6, continue: true}
        - {matchers: ['b=~".+"'], receiver: r7}
    - {matchers: ['c=~"q.*"'], receiver: r8}
"""


@pytest.mark.skipif(
    shutil.which("amtool") is None, reason="needs amtool: apt-get install prometheus-alertmanager"
)
def test_routes_are_taken_as_by_alertmanager(tmp_path: Path) -> None:
    names = [f"r{at}" for at in range(9)]
    theirs = tmp_path / "config.yml"
    theirs.write_text(ROUTES + "receivers: [" + ", ".join(f"{{name: {name}}}" for name in names) + "]\n")
    ours = ", ".join(f'{{name: {name}, type: slack, webhook: "env:X"}}' for name in names)
    routing = read_routing(f"apiVersion: trimtab/v1\nkind: AlertRouting\n{ROUTES}receivers: [{ours}]\n")
    for a, b, c in itertools.product(("", "1", "2", "3"), ("", "x", "z", "xy"), ("", "q1", "p")):
        labels = {name: value for name, value in zip("abc", (a, b, c), strict=True) if value}
        told = [f"{name}={value}" for name, value in labels.items()] or ["d=1"]
        command = ["amtool", "config", "routes", "test", f"--config.file={theirs}", *told]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        mine = [name for route in find_routes(routing.route, labels) for name in route.receivers]
        assert ",".join(mine) == said, labels


def test_pushed_alerts_arrive_and_its_webhook_has_the_shape_of_ours(alertmanager: str, inbox: Inbox) -> None:
    web, secrets = HttpxWeb(5.0), Secrets({})
    push = AlertmanagerPush({"url": alertmanager}, secrets, web)
    firing = now(full_message())
    assert push.send(firing) == Delivered()
    found = until(lambda: get(f"{alertmanager}/api/v2/alerts"))
    assert {one["labels"]["alertname"] for one in found} == {"Fast", "Slow"}
    fast = next(one for one in found if one["labels"]["alertname"] == "Fast")
    assert fast["labels"]["trimtab_project"] == "p"
    assert fast["annotations"]["summary"] == "tasks fail"
    assert fast["status"]["state"] in {"active", "unprocessed"}

    theirs = until(lambda: [one.json for one in inbox.taken if one.path == "/hook"])[0]
    with http_inbox() as ours:
        assert AlertmanagerWebhook({"url": f"{ours.url}/hook"}, secrets, web).send(firing) == Delivered()
        mine = ours.taken[0].json
    assert shape(mine) == shape(theirs)
    assert (mine["version"], mine["status"], mine["groupLabels"]) == ("4", "firing", theirs["groupLabels"])
    assert theirs["alerts"][0]["endsAt"] == mine["alerts"][0]["endsAt"] or theirs["alerts"][0]["endsAt"] > ""

    ended = replace(
        firing, kind="resolve", alerts=tuple(replace(one, ends_ns=firing.at_ns) for one in firing.alerts)
    )
    assert push.send(ended) == Delivered()
    until(lambda: get(f"{alertmanager}/api/v2/alerts") == [])
    until(lambda: [1 for one in inbox.taken if one.path == "/hook" and one.json["status"] == "resolved"])
    web.close()
