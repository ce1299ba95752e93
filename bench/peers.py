"""Trimtab and its peers on the same bodies, one after the other in one run, each with its SQLite (or file) defaults."""

import contextlib
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.support.environments import environment

from bench.bodies import SPANS_PER_BODY, write_bodies
from bench.client import Load, run_load
from bench.ingest import TARGETS, ingest_once, latencies
from bench.outcome import Line, Outcome, at_least, no_target
from bench.process import HOST, Launch, Running, free_port, running, trimtab, wait_until
from bench.start import idle

QUIET = {"DO_NOT_TRACK": "1", "PYTHONUNBUFFERED": "1"}
TIMEOUT_S = 900.0
WARM_ROUND = 10
REST_S = 60.0
"""Some peers answer long before all their processes have started: let them come to rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A product beside ours. `launch` gets the environment's `bin` folder and a folder for its data.

    `bodies` bounds the time that a slow one takes; `warm` is how many come before: a server of several processes needs
    some for each of them.
    """

    name: str
    package: str
    version: str
    bodies: int
    warm: int
    launch: Callable[[Path, Path], Launch]
    database: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def phoenix(programs: Path, folder: Path) -> Launch:
    """Arize Phoenix with its SQLite file in `folder`."""
    port = free_port()
    env = {
        "PHOENIX_WORKING_DIR": str(folder),
        "PHOENIX_HOST": HOST,
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(free_port()),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    command = [str(programs / "phoenix"), "serve"]
    return Launch(command=command, port=port, health="/healthz", env=QUIET | env, log=folder / "log")


def mlflow(programs: Path, folder: Path) -> Launch:
    """MLflow's tracking server with its SQLite file and its artifacts in `folder`."""
    port = free_port()
    env = {"MLFLOW_DISABLE_TELEMETRY": "true", "PATH": f"{programs}:/usr/bin:/bin"}
    store = ["--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"]
    artifacts = ["--default-artifact-root", str(folder / "artifacts")]
    command = [str(programs / "mlflow"), "server", *store, *artifacts, "--host", HOST, "--port", str(port)]
    return Launch(command=command, port=port, health="/health", env=QUIET | env, log=folder / "log")


PEERS = (
    Peer(
        name="Phoenix",
        package="arize-phoenix",
        version="20.26.1",
        bodies=50,
        warm=2,
        launch=phoenix,
        database="phoenix.db",
    ),
    Peer(
        name="MLflow",
        package="mlflow",
        version="3.17.2",
        bodies=50,
        warm=60,
        launch=mlflow,
        database="mlflow.db",
        headers={"x-mlflow-experiment-id": "0"},
    ),
)


def load_of(bodies: Path, warm: int, count: int) -> Load:
    """What a peer and we get alike: the same bodies from the same client, after the same warm-up."""
    return Load(port=0, bodies=str(bodies), first=warm, count=count)


def stored(database: Path) -> int:
    """How many spans a peer's own database holds; -1 while it is locked or not made yet."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=1)) as con:
            return int(con.execute("select count(*) from spans").fetchone()[0])
    except sqlite3.OperationalError:
        return -1


def peer_once(peer: Peer, folder: Path, load: Load, rest_s: float) -> dict[str, Any]:
    """Start a peer, let it rest, warm it, send it the load and wait until its database holds all spans."""
    programs = environment(peer.package, [f"{peer.package}=={peer.version}"])
    folder.mkdir()
    with running(peer.launch(programs, folder)) as server:
        found: dict[str, Any] = {
            "version": peer.version,
            "ready_s": server.ready_s,
            "idle": idle(server, 10.0, rest_s),
        }
        load = replace(load, port=server.port, headers=dict(peer.headers))
        for first in range(0, load.first, WARM_ROUND):
            # New connections each time: one process cannot take them all.
            run_load(replace(load, first=first, count=min(WARM_ROUND, load.first - first)))
        database = folder / peer.database
        wait_stored(database, load.first)
        found |= measure(server, load, database)
    found["disk_bytes_per_span"] = size(folder) / ((load.first + load.count) * SPANS_PER_BODY)
    return found


def wait_stored(database: Path, bodies: int) -> float:
    """Wait until so many bodies are in the peer's database; the monotonic time at which they were seen."""
    return wait_until(lambda: stored(database) >= bodies * SPANS_PER_BODY, TIMEOUT_S, 0.05)


def measure(server: Running, load: Load, database: Path) -> dict[str, Any]:
    """Send a load to a warm peer; the time counts from the first byte sent to the last row seen."""
    cpu = server.cpu_s()
    report = run_load(load)
    ended = wait_stored(database, load.first + load.count)
    cpu_s = server.cpu_s() - cpu
    spans = load.count * SPANS_PER_BODY
    return {
        "spans": spans,
        "refused_and_sent_again": report["retried"],
        "ack_spans_per_s": spans / report["seconds"],
        **latencies(report),
        "queryable_spans_per_s": spans / (ended - report["started"]),
        "queryable_spans_per_core_s": spans / cpu_s,
        "server_cpu_s": cpu_s,
        "rss_mb": server.rss_bytes() / 1e6,
        "pss_mb": server.pss_bytes() / 1e6,
    }


def size(folder: Path) -> int:
    """Bytes of all files but the log, after the server's end."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.name != "log")


def run(*, quick: bool) -> Outcome:
    """Each peer and ourselves on the same bodies, ourselves on a longer load too; `quick` sends a fifth."""
    raw: dict[str, Any] = {}
    longer, rest_s = (100, 15.0) if quick else (1000, REST_S)
    with tempfile.TemporaryDirectory(prefix="bench-peers-") as name:
        folder = Path(name)
        bodies = write_bodies(folder / "bodies", longer + max(peer.warm for peer in PEERS))
        with running(trimtab(folder / "idle", "mask")) as server:
            raw["Trimtab idle"] = {"ready_s": server.ready_s, "idle": idle(server, 10.0, rest_s)}
        for peer in PEERS:
            count = peer.bodies // 5 if quick else peer.bodies
            same = load_of(bodies, peer.warm, count)
            raw[peer.name] = peer_once(peer, folder / peer.package, same, rest_s)
            raw[f"Trimtab as {peer.name}"] = ingest_once(folder / f"as-{peer.package}", "off", same)
        for redaction in ("off", "mask"):
            raw[f"Trimtab longer, {redaction}"] = ingest_once(
                folder / redaction, redaction, load_of(bodies, PEERS[0].warm, longer)
            )
    against = [line for peer in PEERS for line in lines(peer, raw)]
    taken = raw["Trimtab longer, off"]["queryable_spans_per_s"]
    ours = at_least("Trimtab: queryable, longer load, wall", taken, TARGETS["off"][0], "spans/s")
    return Outcome(name="peers", raw=raw, lines=[ours, *resting("Trimtab", raw["Trimtab idle"]), *against])


def lines(peer: Peer, raw: dict[str, Any]) -> list[Line]:
    """Ratios of queryable spans, and what else the peer showed."""
    name, of = peer.name, raw[peer.name]
    wall, core = "queryable_spans_per_s", "queryable_spans_per_core_s"

    def times(what: str, key: str) -> float:
        return raw[what][key] / of[key]

    return [
        no_target(f"{name}: queryable, wall", of[wall], "spans/s"),
        no_target(f"{name}: queryable", of[core], "spans/s/core"),
        no_target(f"Trimtab / {name}, same bodies, wall", times(f"Trimtab as {name}", wall), "x"),
        no_target(f"Trimtab / {name}, same bodies, CPU", times(f"Trimtab as {name}", core), "x"),
        no_target(f"Trimtab / {name}, longer load, wall", times("Trimtab longer, off", wall), "x"),
        no_target(f"Trimtab masking / {name}, longer load", times("Trimtab longer, mask", wall), "x"),
        no_target(f"{name}: disk", of["disk_bytes_per_span"], "B/span"),
        *resting(name, of),
    ]


def resting(name: str, of: dict[str, Any]) -> list[Line]:
    """What starting and doing nothing cost."""
    return [
        no_target(f"{name}: start to ready", of["ready_s"], "s"),
        no_target(f"{name}: idle memory, RSS of all processes", of["idle"]["rss_mb"], "MB"),
        no_target(f"{name}: idle memory, PSS", of["idle"]["pss_mb"], "MB"),
        no_target(f"{name}: idle CPU, of one core", of["idle"]["cpu_percent"], "%"),
    ]
