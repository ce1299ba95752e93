"""Caring for the store: backup and restore, rebuild, doctor."""

import contextlib
import json
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trimtab.adapters.sqlite_state import SqliteState
from trimtab.app.bootstrap.folder import lock_folder
from trimtab.app.bootstrap.record import NAME, note_backup, read_record, write_record
from trimtab.app.bootstrap.server import Server, open_server
from trimtab.app.settings import Settings
from trimtab.loop.store import Batch
from trimtab.vocabulary.kernel import Conflict, Invalid

Json = dict[str, Any]
MANIFEST = "backup.json"
FREE_BYTES = 1_000_000_000
LATE_S = 3 * 3600


def back_up(server: Server, folder: Path) -> Json:
    """A consistent copy of everything, taken while in use; the journal last, so that it covers all rows."""
    if folder.exists() and any(folder.iterdir()):
        raise Conflict(f"{folder} is not empty", hint="name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    with server.keeper.alone():  # nothing is removed while it is copied
        note_backup(server.state, folder.absolute())
        server.state.backup(folder)
        server.analytics.backup(folder)
        days = server.journal.backup(folder / "journal")
        write_record(folder / NAME, read_record(server.settings.data / NAME))
    shutil.copy2(server.settings.data / "owner.key", folder / "owner.key")
    manifest = {
        "apiVersion": "trimtab/v1",
        "kind": "Backup",
        "journal_days": days,
        "taken_ns": server.clock.now_ns(),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return manifest | {"folder": str(folder)}


def restore(source: Path, settings: Settings, more: Path | None = None) -> Json:
    """Put a backup in place of an empty data folder, and erase again what was erased since it was taken.

    Such erasures are known by the record in the backup, the one that was left in the data folder, and `more`.
    """
    if not (source / MANIFEST).is_file():
        raise Invalid(
            f"{source} is no backup: it has no {MANIFEST}", hint="name the folder that `trimtab backup` wrote"
        )
    if more is not None and not record_in(more).is_file():
        raise Invalid(f"{more} holds no record of erasures", hint=f"name a data folder, or its {NAME}")
    data = settings.data
    with lock_folder(data):
        if any(path.name not in {"lock", NAME} for path in data.iterdir()):
            raise Conflict(
                f"{data} is not empty", hint="move it away first, or choose another folder with --data"
            )
        rows = read_record(source / NAME, data / NAME, *([record_in(more)] if more else []))
        write_record(data / NAME, rows)
        for path in source.iterdir():
            if path.name in {MANIFEST, NAME}:
                continue
            copy = shutil.copytree if path.is_dir() else shutil.copy2
            copy(path, data / path.name)
    manifest: Json = json.loads((source / MANIFEST).read_text(encoding="utf-8"))
    return {"restored": str(data), "erased_again": erase_again(settings, rows)} | manifest


def record_in(place: Path) -> Path:
    """The record file that a path names: itself, or the one in a folder."""
    return place / NAME if place.is_dir() else place


def erase_again(settings: Settings, rows: list[Json]) -> list[Json]:
    """Open the restored store, which carries out what its state does not know; gives what that was."""
    if not rows:
        return []
    with contextlib.closing(SqliteState(str(settings.data / "state.sqlite"))) as state:
        known = {row["id"] for row in state.erasures() if row["finished_ns"] is not None}
    due = [row for row in rows if row["id"] not in known]
    if not due:
        return []
    with open_server(settings) as server:
        done = {row["id"]: row for row in server.state.erasures() if row["finished_ns"] is not None}
    return [
        {
            "id": row["id"],
            "project": row["project"],
            "what": row["what"],
            "requested_ns": row["requested_ns"],
            "done": row["id"] in done,
            "removed": json.loads(done[row["id"]]["counts"]) if row["id"] in done else {},
        }
        for row in due
    ]


def rebuild_rows(server: Server) -> Json:
    """Derive rows again from the journal, with the prices and the normaliser of this release; others stay."""
    with server.keeper.alone():
        last = server.journal.last()
        server.applier.rebuild()
        if server.applier.position < last:  # the last bodies are gone: nothing is behind them
            nothing = Batch(steps=[], facts=[], position=last, received_ns={})
            server.analytics.apply(nothing)
            server.applier.position = max(server.applier.position, last)
    return {"applied": server.applier.position}


def check(name: str, severity: str, detail: str, fix: str = "") -> Json:
    """One line of the doctor."""
    return {"check": name, "severity": severity, "detail": detail, "fix": fix}


def diagnose(server: Server) -> list[Json]:
    """Checks of the store, from the disk upwards."""
    data = server.settings.data
    return [
        check_disk(data),
        check_permissions(data),
        *(check_day(path) for path in sorted((data / "journal").glob("*.sqlite"))),
        *check_applier(server),
        *check_rows(server),
        *check_text(server),
        *check_retention(server),
    ]


def check_disk(data: Path) -> Json:
    """There must be room to write."""
    free = shutil.disk_usage(data).free
    severity = "ok" if free > FREE_BYTES else "warning"
    return check("disk", severity, f"{free / 1e9:.1f} GB free at {data}", "free disk space")


def check_applier(server: Server) -> list[Json]:
    """The rows must follow the journal, and every entry must be readable."""
    applier = server.applier
    behind = max(server.journal.last() - applier.position, 0)
    applied = check(
        "applied",
        "error" if applier.trouble else "ok",
        applier.trouble or f"{behind} journal entries wait",
        "see the log",
    )
    decoded = check(
        "decoded",
        "error" if applier.skipped else "ok",
        f"{applier.skipped} entries could not be decoded",
        "`trimtab rebuild` after an upgrade",
    )
    return [applied, decoded]


def check_text(server: Server) -> list[Json]:
    """The words must follow the journal, after the rows; what is broken is made again."""
    behind = server.indexer.behind()
    broken = {day: answer for day, answer in server.text.check().items() if answer != "ok"}
    detail = f"{len(server.text.days())} days, {behind} journal entries wait"
    if broken:
        named = ", ".join(f"{date_of(day)}: {answer}" for day, answer in broken.items())
        return [check("text index", "error", named, "delete the folder text/ to make it again")]
    return [check("text index", "ok", detail)]


def check_retention(server: Server) -> list[Json]:
    """Retention must have run lately, and no erasure may be left undone."""
    passed = server.keeper.last_pass()
    undone = [row for row in server.state.erasures() if row["finished_ns"] is None]
    found = [check("erasure", "error", f"{len(undone)} not finished", "restart the server")] if undone else []
    if passed is None:
        return [*found, check("retention", "ok", "no pass yet")]
    age_s = (server.clock.now_ns() - int(passed["at_ns"])) / 1e9
    removed = sum(n for kinds in passed["removed"].values() for n in kinds.values())
    late = age_s > LATE_S
    detail = f"last pass {age_s / 60:.0f} min ago removed {removed} bodies and rows"
    return [*found, check("retention", "warning" if late else "ok", detail, "see the log of the server")]


def date_of(day: int) -> str:
    """A day as a date."""
    return datetime.fromtimestamp(day * 86_400, tz=UTC).strftime("%Y-%m-%d")


def check_rows(server: Server) -> list[Json]:
    """There should be sessions, and prices for their calls."""
    row = server.analytics.rows(
        "select count(*) as n, sum(unpriced)::bigint as unpriced, sum(llm_calls)::bigint as calls from sessions"
    )[0]
    if not row["n"]:
        fix = "point an OpenTelemetry exporter here, or `trimtab import`"
        return [check("data", "warning", "no session yet", fix)]
    if row["unpriced"]:
        detail = f"{row['unpriced']} of {row['calls']} model calls have no known price"
        fix = "`trimtab query \"select model, count(*) from steps where cost_status = 'unpriced' group by all\"`"
        return [check("prices", "warning", detail, fix)]
    return []


def check_permissions(data: Path) -> Json:
    """The owner's key must be readable by the user alone."""
    mode = (data / "owner.key").stat().st_mode & 0o077
    severity = "error" if mode else "ok"
    return check(
        "owner key",
        severity,
        "readable by others" if mode else "readable by you alone",
        "chmod 600 owner.key",
    )


def check_day(path: Path) -> Json:
    """SQLite's own check of one day of the journal."""
    con = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
    try:
        answer = str(con.execute("pragma quick_check").fetchone()[0])
        count = con.execute("select count(*) from entry").fetchone()[0]
    except sqlite3.DatabaseError as error:
        answer, count = str(error), "?"
    finally:
        con.close()
    sound = answer == "ok"
    return check(
        f"journal {path.stem}", "ok" if sound else "error", f"{count} entries, {answer}", "restore a backup"
    )
