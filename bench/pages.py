"""Every page of the console on a store of ten million steps, over HTTP as a browser asks for it, while new spans come in."""

import http.client
import json
import math
import statistics
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench.bodies import SPANS_PER_BODY, make_bodies
from bench.outcome import Line, Outcome, at_most, no_target
from bench.process import HOST, Running, end_of, fetch, running, trimtab, wait_until
from bench.queries import fill_journal
from bench.synthetic import AGENTS, Month, build
from bench.visible import owner_key
from trimtab.adapters.sqlite_journal import SqliteJournal
from trimtab.vocabulary.kernel import SystemClock

TARGET_MS = 300
EVERY_S = 0.2
"""A body of 200 spans five times a second: a thousand spans a second, 250 times the month's own rate."""
PAST_S = 180
"""How long the server may take to count the month for its promises and reports, before anybody looks."""
PROMISE = """
apiVersion: openslo/v1
kind: SLO
metadata: {{name: {agent}, displayName: Tasks of {agent}}}
spec:
  service: {agent}
  indicator:
    metadata: {{name: {agent}-done}}
    spec:
      ratioMetric:
        rawType: success
        raw: {{metricSource: {{type: Trimtab, spec: {{indicator: task_success, agent: {agent}}}}}}}
  timeWindow: [{{duration: 30d, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives: [{{displayName: most, target: 0.75}}]
"""


def furnish(data: Path, spans: int) -> dict[str, float]:
    """A data folder that holds a month."""
    data.mkdir(parents=True, mode=0o700)
    now_ns = SystemClock().now_ns()
    journal = SqliteJournal(data / "journal", SystemClock())
    positions = fill_journal(journal)
    journal.close()
    month = Month(spans=spans, until_ns=now_ns, first_body=positions[0], bodies=len(positions))
    return build(data / "analytics.duckdb", month)


def post(server: Running, path: str, key: str, body: bytes, kind: str = "application/json") -> None:
    """Send a body; raises RuntimeError where it is not taken."""
    con = http.client.HTTPConnection(HOST, server.port, timeout=60)
    con.request("POST", path, body, {"authorization": f"Bearer {key}", "content-type": kind})
    answer = con.getresponse()
    said = answer.read()
    con.close()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}: {said[:500]!r}")


@contextmanager
def traffic(server: Running, key: str) -> Generator[list[int]]:
    """New spans, now, at a steady rate; gives a list whose length is how many bodies were acknowledged."""
    sent: list[int] = []
    done = threading.Event()

    def send() -> None:
        bodies = make_bodies(3000, base_ns=time.time_ns())
        while not done.wait(EVERY_S):
            post(server, "/v1/traces", key, next(iter(bodies)), "application/x-protobuf")
            sent.append(SPANS_PER_BODY)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield sent
    finally:
        done.set()
        thread.join()


def promise(server: Running, key: str) -> None:
    """An objective for each agent, counted over the whole month before anybody looks."""
    files = {f"{agent}.yaml": PROMISE.format(agent=agent) for agent in AGENTS}
    post(server, "/api/v1/promises", key, json.dumps({"files": files}).encode())
    wait_until(lambda: budgeted(server, key), PAST_S, 0.5)


def budgeted(server: Running, key: str) -> bool:
    """Whether every objective knows its budget."""
    found = fetch(server.port, "/api/v1/slo", key)["objectives"]
    return len(found) == len(AGENTS) and all(one["good"] for one in found)


def pages_of(server: Running, key: str) -> dict[str, str]:
    """The pages, and one of each kind that there is."""
    api = "/api/v1"
    session = fetch(server.port, f"{api}/sessions?outcome=failure&limit=1", key)["sessions"][0]["session"]
    objective = fetch(server.port, f"{api}/slo", key)["objectives"][0]["id"]
    groups = fetch(server.port, f"{api}/failures", key)["groups"]
    found = {
        "home": "/",
        "sessions": "/sessions",
        "sessions, failures without tool error": "/sessions?outcome=failure&tool_error=no",
        "sessions of a tenant, 30 days": "/sessions?tenant=tenant-7&since=30d",
        "a session": f"/sessions/{quote(session, safe='')}",
        "a session, conversation": f"/sessions/{quote(session, safe='')}?view=said",
        "queue": "/queue",
        "failures": "/failures",
        "objectives": "/objectives",
        "an objective": f"/objectives/{quote(objective, safe='')}",
        "tools and models": "/tools",
        "tools and models of an agent, 7 days": "/tools?agent=support&since=7d",
        "safety": "/safety",
        "alerts": "/alerts",
        "incidents": "/incidents",
        "cost": "/cost",
    }
    if groups:
        found["a failure"] = f"/failures/{quote(groups[0]['fingerprint'], safe='')}"
    return found


def milliseconds(server: Running, key: str, path: str) -> float:
    """How long a page takes to the last byte; raises RuntimeError where it is none."""
    con = http.client.HTTPConnection(HOST, server.port, timeout=60)
    started = time.perf_counter()
    con.request("GET", path, headers={"cookie": f"trimtab_key={key}"})
    answer = con.getresponse()
    body = answer.read()
    took = (time.perf_counter() - started) * 1e3
    con.close()
    if answer.status != 200 or b"</html>" not in body:
        raise RuntimeError(f"{path} answered {answer.status}: {body[:300]!r}")
    return took


def look(server: Running, key: str, rounds: int) -> dict[str, dict[str, float]]:
    """All pages in turn, again and again; the first round, which nobody has asked for before, is told apart."""
    pages = pages_of(server, key)
    took: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(rounds + 1):
        for name, path in pages.items():
            took[name].append(milliseconds(server, key, path))
    return {name: spread(first, rest) for name, (first, *rest) in took.items()}


def spread(first: float, rest: list[float]) -> dict[str, float]:
    """Median, 95th percentile by nearest rank, worst."""
    ordered = sorted(rest)
    p95 = ordered[math.ceil(0.95 * len(ordered)) - 1]
    return {
        "first_ms": first,
        "median_ms": statistics.median(ordered),
        "p95_ms": p95,
        "worst_ms": ordered[-1],
    }


def run(*, quick: bool) -> Outcome:
    """Ten million steps and 40 rounds; `quick`: half a million and 10."""
    with tempfile.TemporaryDirectory(prefix="bench-pages-") as name:
        data = Path(name) / "data"
        held = furnish(data, 500_000 if quick else 10_000_000)
        launch = trimtab(data, "mask")
        with running(launch) as server:
            try:
                raw = {"store": held} | measure(server, owner_key(data), 10 if quick else 40)
            except RuntimeError as error:
                raise RuntimeError(f"{error}; the server's log ends: {end_of(launch.log)}") from error
    return Outcome(name="pages", raw=raw, lines=lines(raw))


def measure(server: Running, key: str, rounds: int) -> dict[str, Any]:
    """Look at the pages of a server, first while nothing comes in, then while spans do."""
    promise(server, key)
    quiet = look(server, key, 5)
    started, cpu = time.monotonic(), server.cpu_s()
    with traffic(server, key) as sent:
        busy = look(server, key, rounds)
    took_s = time.monotonic() - started
    return {
        "without_traffic": quiet,
        "with_traffic": busy,
        "spans_per_s": sum(sent) / took_s,
        "server_cpu_share": (server.cpu_s() - cpu) / took_s,
        "rss_mb": server.rss_bytes() / 1e6,
    }


def lines(raw: dict[str, Any]) -> list[Line]:
    """Each page's p95 beside its target; what it takes without traffic stands as its floor."""
    quiet = raw["without_traffic"]
    shown = [
        at_most(f"{name}, p95", of["p95_ms"], TARGET_MS, "ms", quiet[name]["median_ms"])
        for name, of in raw["with_traffic"].items()
    ]
    return [
        no_target("steps in the store", raw["store"]["steps"], "steps"),
        no_target("ingest meanwhile", raw["spans_per_s"], "spans/s"),
        *shown,
        no_target("the worst of all", max(of["worst_ms"] for of in raw["with_traffic"].values()), "ms"),
        no_target("memory, RSS", raw["rss_mb"], "MB"),
    ]
