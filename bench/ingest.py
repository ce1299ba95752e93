"""Ingest over real HTTP: durable acknowledgements, time until queryable, CPU per span, bytes on disk."""

import statistics
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.bodies import SPANS_PER_BODY, write_bodies
from bench.client import Load, run_load
from bench.floors import floors
from bench.outcome import Line, Outcome, at_least, at_most, no_target
from bench.process import Running, fetch, running, trimtab
from bench.visible import owner_key, wait_visible

WARM_BODIES = 10
BURST_BODIES = 300
"""Few enough to fit into the server's backlog: it never has to refuse."""
LOADS = {
    "burst": "burst, redaction off",
    "off": "sustained, redaction off",
    "burst_mask": "burst, redaction mask",
    "mask": "sustained, redaction mask",
}
BURST_ACK = 50_000
TARGETS = {"off": (30_000, 25_000), "mask": (25_000, 15_000)}
"""Queryable spans a second, by the clock of a machine of two cores and by core (decision 32)."""


def percentile(ordered: list[float], q: float) -> float:
    """Nearest rank of a sorted list."""
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def ingest_once(data: Path, redaction: str, load: Load) -> dict[str, Any]:
    """One server, warmed by the bodies before the load's first: acknowledged, then in the indicators, then at rest."""
    with running(trimtab(data, redaction)) as server:
        key = owner_key(data)
        headers = {"authorization": f"Bearer {key}"}
        sent = replace(load, port=server.port, headers=headers)
        run_load(replace(sent, first=0, count=load.first))
        wait_visible(server, key, load.first)
        found = measure(server, key, sent)
        closing_cpu_s = server.end_cpu_s()
    spans = (load.first + load.count) * SPANS_PER_BODY
    with_end = found["spans"] / (found["server_cpu_s"] + closing_cpu_s)
    return (
        found
        | {
            "redaction": redaction,
            "closing_cpu_s": closing_cpu_s,
            "with_checkpoint_spans_per_core_s": with_end,
        }
        | disk(data, spans)
    )


def measure(server: Running, key: str, load: Load) -> dict[str, Any]:
    """Send a load to a warm server; `ack` counts to the last acknowledgement, `queryable` until the indicators show all."""
    cpu = server.cpu_s()
    report = run_load(load)
    status = fetch(server.port, "/api/v1/status", key)
    seen = wait_visible(server, key, load.first + load.count)
    cpu_s = seen.cpu_s - cpu
    spans = report["bodies"] * SPANS_PER_BODY
    return {
        "spans": spans,
        "bytes_per_span": report["bytes"] / spans,
        "connections": load.connections,
        "refused_and_sent_again": report["retried"],
        "ack_spans_per_s": spans / report["seconds"],
        **latencies(report),
        "bodies_behind_when_the_client_ended": status["journal"] - status["applied"],
        "queryable_spans_per_s": spans / (seen.shown_at - report["started"]),
        "queryable_spans_per_core_s": spans / cpu_s,
        "asking_the_indicators_ms": (seen.shown_at - seen.applied_at) * 1e3,
        "server_cpu_s": cpu_s,
        "client_cpu_s": report["client_cpu_s"],
        "rss_mb": server.rss_bytes() / 1e6,
        "rss_peak_mb": server.peak_bytes() / 1e6,
    }


def latencies(report: dict[str, Any]) -> dict[str, float]:
    """Of the request that was acknowledged, and from the first try to it with all refusals between."""
    acked, waited = report["latencies_ms"], report["waited_ms"]
    return {
        "ack_p50_ms": statistics.median(acked),
        "ack_p99_ms": percentile(acked, 0.99),
        "ack_max_ms": acked[-1],
        "waited_p50_ms": statistics.median(waited),
        "waited_p99_ms": percentile(waited, 0.99),
    }


def disk(data: Path, spans: int) -> dict[str, float]:
    """Bytes a span after the server's end, which checkpoints both stores; raises RuntimeError where it did not."""
    if left := [path.name for path in data.rglob("*") if path.name.endswith(("-wal", ".wal"))]:
        raise RuntimeError(f"the server did not end in order: it left {', '.join(left)}")
    journal = sum(path.stat().st_size for path in (data / "journal").iterdir())
    hot = (data / "analytics.duckdb").stat().st_size
    return {"journal_bytes_per_span": journal / spans, "hot_bytes_per_span": hot / spans}


def run(*, quick: bool) -> Outcome:
    """The whole measurement; `quick` sends a tenth."""
    bodies = 100 if quick else 1000
    with tempfile.TemporaryDirectory(prefix="bench-ingest-") as name:
        folder = Path(name)
        path = write_bodies(folder / "bodies", bodies + WARM_BODIES)
        load = Load(port=0, bodies=str(path), first=WARM_BODIES, count=bodies)
        burst = replace(load, count=min(bodies, BURST_BODIES))
        raw = {
            "burst": ingest_once(folder / "burst", "off", burst),
            "burst_mask": ingest_once(folder / "burst-mask", "mask", burst),
            "off": ingest_once(folder / "off", "off", load),
            "mask": ingest_once(folder / "mask", "mask", load),
            "floors": floors(path, folder, 30 if quick else 100),
        }
    return Outcome(name="ingest", raw=raw, lines=[*ack_lines(raw), *row_lines(raw), *disk_lines(raw)])


def ack_lines(raw: dict[str, Any]) -> list[Line]:
    """Durable acknowledgements beside bare appends to SQLite with fsync."""
    floor = raw["floors"]["sqlite_append_spans_per_s"]
    found: list[Line] = []
    for name, said in LOADS.items():
        of = raw[name]
        found += [
            no_target(f"durable ack, {said}", of["ack_spans_per_s"], "spans/s", floor),
            at_most("  p99", of["ack_p99_ms"], 100, "ms"),
        ]
    found[0] = replace(found[0], target=BURST_ACK, relation=">=")
    for name in ("off", "mask"):
        said = f"sustained, redaction {name}: p99 with refusals"
        found.append(no_target(said, raw[name]["waited_p99_ms"], "ms"))
    return found


def row_lines(raw: dict[str, Any]) -> list[Line]:
    """Spans in the indicators beside bare appends of ready rows to DuckDB."""
    floor = raw["floors"]["duckdb_append_spans_per_core_s"]
    found: list[Line] = []
    for name, (wall, core) in TARGETS.items():
        of = raw[name]
        said = f"queryable, redaction {name}"
        found += [
            at_least(f"{said}, wall", of["queryable_spans_per_s"], wall, "spans/s"),
            at_least(said, of["queryable_spans_per_core_s"], core, "spans/s/core", floor),
            no_target(
                f"{said}, with the final checkpoint",
                of["with_checkpoint_spans_per_core_s"],
                "spans/s/core",
                floor,
            ),
        ]
    return found


def disk_lines(raw: dict[str, Any]) -> list[Line]:
    """Bytes on disk beside the compressed bodies alone."""
    off, floor = raw["off"], raw["floors"]["zstd1_bytes_per_span"]
    both = off["journal_bytes_per_span"] + off["hot_bytes_per_span"]
    return [
        at_most("disk, journal and analytics", both, 600, "B/span", floor),
        at_most("disk, analytics alone (hot)", off["hot_bytes_per_span"], 60, "B/span"),
    ]
