"""The data folder: who holds it, where the server listens, and the owner's key."""

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from trimtab.vocabulary.kernel import Conflict, Unavailable

ELSEWHERE = "state.place"
"""The file that says in which database the state is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a running server listens."""

    pid: int
    http: str
    grpc: str


def lock_folder(folder: Path) -> IO[str]:
    """Hold the folder until the file is closed; raises `Unavailable` when another process holds it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = (folder / "lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise Unavailable(
            f"{folder} is held by another process",
            hint="use the server that runs there, stop it, or choose another folder with --data",
            code="store_held",
            retry_after_s=5,
        ) from error
    return file


def write_address(folder: Path, address: Address) -> None:
    """Tell the command line where this server listens."""
    path = folder / "server.json"
    path.write_text(
        json.dumps({"pid": address.pid, "http": address.http, "grpc": address.grpc}), encoding="utf-8"
    )


def clear_address(folder: Path) -> None:
    """The server is gone."""
    (folder / "server.json").unlink(missing_ok=True)


def read_address(folder: Path) -> Address | None:
    """Where the server of this folder listens, or None where none holds the lock."""
    try:
        with lock_folder(folder):
            return None
    except Unavailable:
        pass
    try:
        return Address(**json.loads((folder / "server.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def state_place(data: Path, url: str) -> str:
    """Where the state is kept: by URL in a database, else in a file; raises `Conflict` where it is elsewhere."""
    if url and (data / "state.sqlite").exists():
        raise Conflict(
            f"the state of {data} is in its state.sqlite, not in the database of TRIMTAB_STATE_URL",
            hint="`trimtab backup` without the setting, then `trimtab restore` with it into a new folder",
            code="state_place",
        )
    if not url and (data / ELSEWHERE).exists():
        place = (data / ELSEWHERE).read_text(encoding="utf-8").strip()
        raise Conflict(
            f"the state of {data} is in {place}",
            hint=f"set TRIMTAB_STATE_URL, or delete {ELSEWHERE} to begin with an empty state",
            code="state_place",
        )
    return url or str(data / "state.sqlite")


def note_place(data: Path, place: str) -> None:
    """Note that the state of this folder is in a database, so that nobody starts without it by mistake."""
    (data / ELSEWHERE).write_text(f"{place}\n", encoding="utf-8")


def owner_key(folder: Path) -> str | None:
    """The owner's key of this machine, readable by the user alone; None before the first start."""
    try:
        return (folder / "owner.key").read_text(encoding="utf-8").strip()
    except OSError:
        return None


def write_secret(path: Path, text: str) -> None:
    """Write a file that only the user can read, never for a moment otherwise."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
