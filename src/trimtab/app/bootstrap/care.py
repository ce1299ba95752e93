"""Caring for the store: backup and restore, rebuild."""

import contextlib
import json
import shutil
from pathlib import Path
from typing import Any

from trimtab.adapters.sql_state import SqlState, put_back
from trimtab.app.bootstrap.folder import lock_folder, state_place
from trimtab.app.bootstrap.record import NAME, note_backup, read_record, write_record
from trimtab.app.bootstrap.server import Server, open_server
from trimtab.app.settings import Settings
from trimtab.loop.store import Batch
from trimtab.vocabulary.kernel import Conflict, Invalid

Json = dict[str, Any]
MANIFEST = "backup.json"
STATE = "state.sqlite"
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
        apart = {MANIFEST, NAME}
        if settings.state_url:
            put_back(source / STATE, settings.state_url)
            apart.add(STATE)
        for path in source.iterdir():
            if path.name in apart:
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
    with contextlib.closing(SqlState(state_place(settings.data, settings.state_url))) as state:
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
