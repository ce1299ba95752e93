"""How long a store of an earlier schema takes to open: its analytics file is put back to each schema there was, and opened."""

import tempfile
import time
from pathlib import Path

import duckdb

from bench.outcome import Outcome, no_target
from bench.synthetic import Month, build
from trimtab.adapters.duckdb_analytics import DuckdbAnalytics
from trimtab.vocabulary.kernel import SystemClock

BACK = (
    tuple(f"alter table steps drop column {name}" for name in ("decision", "reasons", "suspected")),
    ("alter table steps drop column heard", "drop table logged"),
    ("alter table steps drop column repeated", "alter table steps drop column inner_error"),
    (
        "alter table sessions drop column received_ns",
        "alter table steps alter column service drop default",
        "alter table steps alter column error drop default",
    ),
)
"""What each schema lacked that the next one has, the latest first."""


def put_back(path: Path, steps: int) -> int:
    """Take a file so many schemas back; gives which that is."""
    with duckdb.connect(path) as con:
        for statement in (one for schema in BACK[:steps] for one in schema):
            con.execute(statement)
        (now,) = con.execute("select value from meta where name = 'schema'").fetchone() or (0,)
        con.execute("update meta set value = $v where name = 'schema'", {"v": int(now) - steps})
        con.execute("checkpoint")
        return int(now) - steps


def opening_s(path: Path) -> float:
    """Seconds until the file is open, and what it lacked is in it."""
    started = time.monotonic()
    analytics = DuckdbAnalytics(path, SystemClock())
    analytics.rows("select count(*) as n from steps where heard > 0", {})
    found = time.monotonic() - started
    analytics.close()
    return found


def run(*, quick: bool) -> Outcome:
    """A store of ten million steps (`quick`: half a million), from each earlier schema, and as it is."""
    with tempfile.TemporaryDirectory(prefix="bench-upgrade-") as name:
        path = Path(name) / "analytics.duckdb"
        month = Month(
            spans=500_000 if quick else 10_000_000, until_ns=SystemClock().now_ns(), first_body=1, bodies=100
        )
        held = build(path, month)
        opening_s(path)
        raw = {"now": opening_s(path)}
        for steps in range(1, len(BACK) + 1):
            schema = put_back(path, steps)
            raw[f"schema {schema}"] = opening_s(path)
    found = [no_target("steps in the store", held["steps"], "steps")]
    found += [no_target(f"open, {name}", seconds, "s") for name, seconds in raw.items()]
    return Outcome(name="upgrade", raw=raw | {"store": held}, lines=found)
