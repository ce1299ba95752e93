"""Keys of subjects in a SQLite file. What is deleted is overwritten there; what a backup or the disk has copied is theirs to forget."""

import hmac
import os
import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12
BUSY_S = 5.0


class AesVault:
    """Seals with AES-256-GCM under a key for each subject. Safe in threads, and in processes that share the file."""

    def __init__(self, path: Path | str) -> None:
        """Keep the keys in a file that its owner alone reads, made at the first use."""
        self._path = Path(path)
        self._lock = threading.Lock()

    @contextmanager
    def _keys(self) -> Generator[sqlite3.Connection]:
        """The open file: opened for each use, so that a fork shares nothing and a key that is gone is gone at once."""
        with self._lock:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
                db = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None)
                try:
                    db.execute("pragma secure_delete = on")
                    db.execute("pragma synchronous = full")
                    db.execute(
                        "create table if not exists subject (name text primary key, key blob not null)"
                    )
                    yield db
                finally:
                    db.close()
            except sqlite3.Error as error:
                raise OSError(f"{self._path}: {error}") from error

    def _key(self, subject: str) -> bytes:
        with self._keys() as db:
            db.execute("insert or ignore into subject values (?, ?)", (subject, os.urandom(32)))
            return db.execute("select key from subject where name = ?", (subject,)).fetchone()[0]

    def seal(self, subject: str, name: str, content: bytes) -> bytes:
        """The content, sealed under a name; the subject's key is made where there is none. Raises `OSError`."""
        nonce = os.urandom(NONCE)
        return nonce + AESGCM(self._key(subject)).encrypt(nonce, content, name.encode())

    def open(self, subject: str, name: str, box: bytes) -> bytes | None:
        """What was sealed under that name; None where the key is gone, or the box is another. Raises `OSError`."""
        with self._keys() as db:
            found = db.execute("select key from subject where name = ?", (subject,)).fetchone()
        try:
            return AESGCM(found[0]).decrypt(box[:NONCE], box[NONCE:], name.encode()) if found else None
        except (InvalidTag, ValueError):
            return None

    def digest(self, subject: str, message: bytes) -> bytes:
        """A digest, 32 bytes, that nobody can guess without the subject's key. Raises `OSError`."""
        return hmac.digest(self._key(subject), message, "sha256")

    def forget(self, subject: str) -> bool:
        """Destroy the key of a subject; whether there was one. Raises `OSError`."""
        with self._keys() as db:
            return db.execute("delete from subject where name = ?", (subject,)).rowcount == 1
