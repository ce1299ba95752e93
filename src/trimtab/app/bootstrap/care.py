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
    manifest = {"apiVersion": "trimtab/v1", "kind": "Backup", "journal_days": days, "taken_ns": server.clock.now_ns()}
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return manifest | {"folder": str(folder)}


def restore(source: Path, data: Path) -> Json:
    """Put a backup in place of an empty data folder."""
    if not (source / MANIFEST).is_file():
        raise Invalid(f"{source} is no backup: it has no {MANIFEST}", hint="name the folder that `trimtab backup` wrote")
    with lock_folder(data):
        if any(path.name != "lock" for path in data.iterdir()):
            raise Conflict(f"{data} is not empty", hint="move it away first, or choose another folder with --data")
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
    free = shutil.disk_usage(data).free
    found = [
        check("disk", "ok" if free > FREE_BYTES else "warning", f"{free / 1e9:.1f} GB free at {data}", "free disk space"),
        check_permissions(data),
    ]
    found += [check_day(path) for path in sorted((data / "journal").glob("*.sqlite"))]
    behind = server.journal.last() - server.applier.position
    trouble = server.applier.trouble
    found.append(
        check("applied", "error" if trouble else "ok", trouble or f"{max(behind, 0)} journal entries wait", "see the log")
    )
    skipped = server.applier.skipped
    found.append(
        check("decoded", "error" if skipped else "ok", f"{skipped} entries could not be decoded", "`trimtab rebuild` after an upgrade")
    )
    rows = server.analytics.rows("select count(*) as n, sum(unpriced)::bigint as u, sum(llm_calls)::bigint as l from sessions")
    row = rows[0]
    if not row["n"]:
        found.append(check("data", "warning", "no session yet", "point an OpenTelemetry exporter here, or `trimtab import`"))
    elif row["u"]:
        found.append(check("prices", "warning", f"{row['u']} of {row['l']} model calls have no known price", "see `trimtab query`"))
    return found


def check_permissions(data: Path) -> Json:
    """The owner's key must be readable by the user alone."""
    mode = (data / "owner.key").stat().st_mode & 0o077
    severity = "error" if mode else "ok"
    return check("owner key", severity, "readable by others" if mode else "readable by you alone", "chmod 600 owner.key")


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
    return check(f"journal {path.stem}", "ok" if sound else "error", f"{count} entries, {answer}", "restore a backup")
