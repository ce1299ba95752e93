"""Caring for the store: backup and restore, rebuild, doctor."""

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

from trimtab.app.bootstrap.folder import lock_folder
from trimtab.app.bootstrap.server import Server
from trimtab.vocabulary.kernel import Conflict, Invalid

Json = dict[str, Any]
MANIFEST = "backup.json"
FREE_BYTES = 1_000_000_000


def back_up(server: Server, folder: Path) -> Json:
    """A consistent copy of everything, taken while in use; the journal last, so that it covers all rows."""
    if folder.exists() and any(folder.iterdir()):
        raise Conflict(f"{folder} is not empty", hint="name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    server.state.backup(folder)
    server.analytics.backup(folder)
    days = server.journal.backup(folder / "journal")
    shutil.copy2(server.settings.data / "owner.key", folder / "owner.key")
    manifest = {
        "apiVersion": "trimtab/v1",
        "kind": "Backup",
        "journal_days": days,
        "taken_ns": server.clock.now_ns(),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return manifest | {"folder": str(folder)}


def restore(source: Path, data: Path) -> Json:
    """Put a backup in place of an empty data folder."""
    if not (source / MANIFEST).is_file():
        raise Invalid(
            f"{source} is no backup: it has no {MANIFEST}", hint="name the folder that `trimtab backup` wrote"
        )
    with lock_folder(data):
        if any(path.name != "lock" for path in data.iterdir()):
            raise Conflict(
                f"{data} is not empty", hint="move it away first, or choose another folder with --data"
            )
        for path in source.iterdir():
            if path.name == MANIFEST:
                continue
            copy = shutil.copytree if path.is_dir() else shutil.copy2
            copy(path, data / path.name)
    return {"restored": str(data)} | json.loads((source / MANIFEST).read_text(encoding="utf-8"))


def rebuild_rows(server: Server) -> Json:
    """Derive all rows again from the journal, with the prices and the normaliser of this release."""
    server.applier.rebuild()
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
        check_text(server),
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


def check_text(server: Server) -> Json:
    """The words must follow the journal; after the rows, so some may wait."""
    behind = server.indexer.behind()
    return check(
        "text index", "ok", f"{behind} journal entries wait", "delete the folder text/ to make it again"
    )


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
