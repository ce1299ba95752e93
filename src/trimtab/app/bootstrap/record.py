"""The record of erasures: a file beside the store, and in every backup that can be reached.

It holds no personal data: what kind of thing was erased, its keyed hash, when, and how much. A restore puts an
older state in place; by the record, what was erased since then is known and erased again.
"""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from trimtab.loop.alert import read_files
from trimtab.loop.sli import built_in, definition_of
from trimtab.loop.store import State
from trimtab.vocabulary.kernel import TrimtabError

Json = dict[str, Any]
NAME = "erasures.jsonl"
BACKUPS = "backups"
"""Setting: the folders of the backups that were taken."""
KEPT = ("id", "project", "what", "digest", "upto", "requested_ns", "finished_ns", "counts")


def read_record(*files: Path) -> list[Json]:
    """The erasures in some record files, each once, in the order in which they were finished."""
    found: dict[str, Json] = {}
    for file in files:
        if not file.is_file():
            continue
        for line in file.read_text(encoding="utf-8").splitlines():
            try:
                row = json.loads(line)
            except ValueError:  # cut off by a crash: it is finished, and written, again
                continue
            found[row["id"]] = row
    return sorted(found.values(), key=lambda row: int(row["finished_ns"]))


def append(file: Path, row: Json) -> None:
    """Add an erasure to a record file, durably; a line that a crash cut off does not spoil it."""
    cut_off = file.is_file() and not file.read_bytes().endswith(b"\n") and file.stat().st_size > 0
    with file.open("a", encoding="utf-8") as out:
        out.write(("\n" if cut_off else "") + json.dumps({name: row[name] for name in KEPT}) + "\n")
        out.flush()
        os.fsync(out.fileno())


def write_record(file: Path, rows: Iterable[Json]) -> None:
    """Write a whole record."""
    file.unlink(missing_ok=True)
    for row in rows:
        append(file, row)


def backups(state: State) -> list[Path]:
    """The folders of the backups that were taken and are still there."""
    found: list[str] = json.loads(state.setting(BACKUPS) or "[]")
    return [folder for name in found if (folder := Path(name)).is_dir()]


def note_backup(state: State, folder: Path) -> None:
    """Remember a backup, so that later erasures are noted in it."""
    names = [str(known) for known in backups(state) if known != folder]
    state.set_setting(BACKUPS, json.dumps([*names, str(folder)]))


def record(data: Path, state: State, row: Json) -> None:
    """Note a finished erasure beside the store and in the backups; one that cannot be reached misses it."""
    append(data / NAME, row)
    for folder in backups(state):
        try:
            append(folder / NAME, row)
        except OSError:
            continue


def unreadable(project: str, settings: Mapping[str, str]) -> list[str]:
    """The settings of a project that could not be read any more if they said this: indicators and promises."""
    indicators, promises = f"sli.{project}", f"promises.{project}"
    try:
        rows = json.loads(settings.get(indicators) or "[]")
        own = {row["name"]: definition_of(row, "state") for row in rows}
    except (TrimtabError, ValueError, KeyError):
        return [name for name in (indicators, promises) if name in settings]
    try:
        read_files(json.loads(settings.get(promises) or '{"files": {}}')["files"], {**built_in(), **own})
    except (TrimtabError, ValueError, KeyError):
        return [promises]
    return []
