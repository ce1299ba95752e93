"""Which log of a folder is ours: each process takes one that nobody writes, and goes on with it."""

import os
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trimtab.edge.audit.files import ORIGIN, PUBLIC, Contradicted, Files, Start
from trimtab.vocabulary.audit import Key, Signer

MakeKey = Callable[[str, Path], Signer]
"""The key of a name that a file keeps, made where there is none: `Ed25519Key.kept`."""
MOST_LOGS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A log that we hold, how far it is, and what was wrong with those that we left alone."""

    files: Files
    origin: str
    lock: int
    start: Start
    signer: Signer | None
    left: tuple[str, ...]


def take(folder: Path, agent: str, make_key: MakeKey | None) -> Own:
    """The first log that nobody holds and that is what was signed; raises `OSError`.

    One that was changed is evidence: it stays as it is, and another begins.
    """
    left: list[str] = []
    for number in range(MOST_LOGS):
        path = folder / f"{number:03d}"
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if claim(lock):
                files = Files(path)
                origin = origin_of(path, agent)
                start = files.start()
                signer = make_key(origin, path / "key") if make_key else None
                publish(path, signer)
                return Own(
                    files=files, origin=origin, lock=lock, start=start, signer=signer, left=tuple(left)
                )
        except Contradicted as error:
            left.append(error.message)
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)
    raise OSError(f"{folder} has {MOST_LOGS} logs, and each is in use or was changed")


def claim(lock: int) -> bool:
    """Lock a file that we opened; False where another process holds it."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - there only

            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - not everywhere

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def origin_of(path: Path, agent: str) -> str:
    """The name of a log, which no other has: made once."""
    file = path / ORIGIN
    if not file.exists() or not file.read_text().strip():
        name = "".join(one if one.isalnum() or one in "-_." else "-" for one in agent) or "agent"
        replace(file, f"{name}/{secrets.token_hex(6)}\n")
    return file.read_text().strip()


def publish(path: Path, signer: Signer | None) -> None:
    """Keep the public key beside the log."""
    if signer is not None:
        replace(path / PUBLIC, f"{Key(name=signer.name, public=signer.public)}\n")


def replace(file: Path, text: str) -> None:
    """Write a small file, all or nothing."""
    if file.exists() and file.read_text() == text:
        return
    draft = file.with_name(f"{file.name}.new")
    draft.write_text(text)
    draft.replace(file)
