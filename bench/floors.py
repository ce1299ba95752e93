"""What the bare parts reach on this machine in the same run: an upper bound for the whole."""

import os
import sqlite3
import statistics
import time
from pathlib import Path

import duckdb
import zstandard
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.bodies import SPANS_PER_BODY, read_bodies
from trimtab.adapters.duckdb_analytics.schema import TABLES, steps_table
from trimtab.loop.ingest.decode import FixedPrices, Place, decode_traces
from trimtab.vocabulary.trace import ALONE

BODIES_PER_COMMIT = 25


def floors(bodies: Path, folder: Path, count: int) -> dict[str, float]:
    """All floors over the first `count` bodies."""
    chosen = read_bodies(bodies)[:count]
    return (
        sqlite_append(chosen, folder / "floor.sqlite")
        | fsyncs(folder / "floor.fsync")
        | parse_only(chosen)
        | duckdb_append(chosen, folder)
    )


def fsyncs(path: Path) -> dict[str, float]:
    """What one fsync of 256 KiB costs here: near 0 means that nothing durable was measured."""
    block, took = bytes(262_144), list[float]()
    with path.open("wb", buffering=0) as file:
        for _ in range(50):
            file.write(block)
            started = time.perf_counter()
            os.fsync(file.fileno())
            took.append((time.perf_counter() - started) * 1e3)
    return {"fsync_p50_ms": statistics.median(took), "fsync_max_ms": max(took)}


def sqlite_append(bodies: list[bytes], path: Path) -> dict[str, float]:
    """Compressed bodies into SQLite (WAL, synchronous=FULL), 25 a commit; spans/s of the wall."""
    pack = zstandard.ZstdCompressor(level=1)
    started = time.process_time()
    packed = [pack.compress(body) for body in bodies]
    compressing = time.process_time() - started
    con = sqlite3.connect(path, isolation_level=None)
    for pragma in ("page_size=16384", "journal_mode=wal", "synchronous=full"):
        con.execute(f"pragma {pragma}").fetchall()
    con.execute("create table entry (position integer primary key, body blob)")
    started = time.perf_counter()
    for at in range(0, len(packed), BODIES_PER_COMMIT):
        con.execute("begin immediate")
        rows = enumerate(packed[at : at + BODIES_PER_COMMIT], at)
        con.executemany("insert into entry values (?, ?)", rows)
        con.execute("commit")
    seconds = time.perf_counter() - started
    con.close()
    spans = len(bodies) * SPANS_PER_BODY
    return {
        "sqlite_append_spans_per_s": spans / seconds,
        "zstd1_bytes_per_span": sum(map(len, packed)) / spans,
        "zstd1_spans_per_core_s": spans / compressing,
    }


def parse_only(bodies: list[bytes]) -> dict[str, float]:
    """Protobuf's own parser, nothing else; spans/s of CPU."""
    started = time.process_time()
    for body in bodies:
        ExportTraceServiceRequest.FromString(body)
    return {"parse_spans_per_core_s": len(bodies) * SPANS_PER_BODY / (time.process_time() - started)}


def duckdb_append(bodies: list[bytes], folder: Path) -> dict[str, float]:
    """Ready rows into DuckDB, 5,000 a transaction, with the final checkpoint; spans/s of CPU."""
    tables = []
    rows = 0
    for at in range(0, len(bodies), BODIES_PER_COMMIT):
        steps = []
        for index, body in enumerate(bodies[at : at + BODIES_PER_COMMIT], at):
            place = Place(project="default", body=index, received_ns=1 << 62, skew_bound_ns=0)
            steps += decode_traces(body, place, FixedPrices())[0]
        tables.append(steps_table(steps, [(s.own_session, s.own_agent, *ALONE) for s in steps]))
        rows += len(steps)
    con = duckdb.connect(str(folder / "floor.duckdb"), config={"threads": 2, "checkpoint_threshold": "256MB"})
    con.execute(TABLES)
    started = time.process_time()
    for table in tables:
        con.register("incoming", table)
        con.execute("insert into steps by name select * from incoming")
        con.unregister("incoming")
    con.execute("force checkpoint")
    seconds = time.process_time() - started
    con.close()
    return {"duckdb_append_spans_per_core_s": rows / seconds}
