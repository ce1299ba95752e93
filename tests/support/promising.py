"""A server on a virtual clock with a shop's tasks in it: some go wrong, and people are told."""

import contextlib
import json
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from tests.support.bodies import span, traces_of
from tests.support.server import Inside, inside

from trimtab.vocabulary.kernel import VirtualClock

HOUR_NS, MINUTE_NS = 3_600_000_000_000, 60_000_000_000
NOW_NS = 1_790_000_000_000_000_000
SLO = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: shop, displayName: Orders done}
spec:
  service: shop
  indicator:
    metadata: {name: done}
    spec:
      ratioMetric:
        rawType: success
        raw: {metricSource: {type: Trimtab, spec: {indicator: task_success, agent: shop}}}
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.9}]
"""
ROUTING = """
apiVersion: trimtab/v1
kind: AlertRouting
route: {receiver: desk, group_by: [slo], group_wait: 0s}
receivers:
  - {name: desk, type: webhook, url: "URL"}
"""


class Shop:
    """The server, its clock, and the shop's tasks."""

    def __init__(self, server: Inside, clock: VirtualClock) -> None:
        self.server, self.clock, self.number = server, clock, 0

    def tasks(self, hours: float, per_hour: int, rate: float | Callable[[int], float], **more: str) -> None:
        """So many tasks an hour for the last hours, of which a share succeeds (seeded); each tells its outcome as it ends."""
        chance = np.random.default_rng(5)
        spans: list[Any] = []
        facts: list[dict[str, Any]] = []
        count = int(hours * per_hour)
        for place in range(count):
            self.number += 1
            at = self.clock.now_ns() - int((count - place) * HOUR_NS / per_hour)
            hour = place // per_hour
            good = chance.random() < (rate(hour) if callable(rate) else rate)
            named = {"gen_ai.conversation.id": f"s{self.number}", "gen_ai.agent.name": "shop"} | more
            spans.append(
                span(
                    self.number,
                    named | {"gen_ai.operation.name": "invoke_agent"},
                    start_time_unix_nano=at,
                    end_time_unix_nano=at + 10**9,
                )
            )
            facts.append(self.fact(self.number, "success" if good else "failure", at + 2 * 10**9))
        for first in range(0, len(spans), 500):
            assert self.server.send(traces_of(spans[first : first + 500])).status_code == 200
        if facts:
            assert self.server.call("facts", facts).status_code == 200
        self.server.settle()

    def fact(self, number: int, label: str, at_ns: int, source: str = "app") -> dict[str, Any]:
        return {
            "id": f"f{number}{source}",
            "kind": "outcome",
            "source": source,
            "session": f"s{number}",
            "label": label,
            "time": at_ns / 1e9,
        }

    def get(self, path: str) -> Any:
        answer = self.server.request("GET", f"/api/v1/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: object, status: int = 200) -> Any:
        answer = self.server.call(path, body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def apply(self, url: str = "http://127.0.0.1:9/", slo: str = SLO) -> Any:
        files = {"shop.yaml": slo, "routing.yaml": ROUTING.replace("URL", url)}
        return self.post("promises", {"files": files})

    def play(self, minutes: int, per_minute: int = 0, rate: float = 1.0, every: int = 3) -> None:
        """Minutes go by with tasks, and every few of them the promises are looked at."""
        for _ in range(minutes // every):
            self.clock.advance(60 * every)
            if per_minute:
                self.tasks(every / 60, per_minute * 60, rate)
            self.server.server.watched.watch.tick()

    def slo(self) -> Any:
        return self.get("slo")["objectives"][0]

    def firing(self, severity: str = "page") -> list[Any]:
        return [one for one in self.get("alerts")["alerts"] if one["labels"]["severity"] == severity]


@contextlib.contextmanager
def shop(data: Path, at_ns: int = NOW_NS) -> Generator[Shop]:
    """A shop that opens over a data folder."""
    clock = VirtualClock(at_ns)
    with inside(data, clock, redaction="off") as server:
        yield Shop(server, clock)


def until(found: Callable[[], Any], timeout_s: float = 20.0) -> Any:
    """What is found at last."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def pretty(value: object) -> str:
    """For a message of a failed test."""
    return json.dumps(orjson.loads(orjson.dumps(value)), indent=1)
