r"""What an entry does not say, sealed for whom it is about: forgetting their key makes it noise, and the log stays whole.

    <folder>/payloads.jsonl    {"box": BASE64, "id": ..., "who": ...}\n ...

An entry names its payload; the log holds nothing else of it.
"""

import base64
import binascii
import json
import os
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from trimtab.vocabulary.audit import Vault

FILE = "payloads.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """One payload: its id, whom it is about (a keyed hash), and what it says; None where their key is gone."""

    id: str
    who: str
    content: bytes | None


class Payloads:
    """Seals payloads into the file of a folder. Safe in threads and in processes: each is one append."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        """Nothing is made before the first payload."""
        self._path, self._vault = folder / FILE, vault
        self._lock = threading.Lock()

    def keep(self, who: str, content: bytes) -> str:
        """Seal and keep; the id by which an entry names it. Raises `OSError`."""
        name = secrets.token_hex(8)
        box = base64.b64encode(self._vault.seal(who, name, content)).decode()
        line = json.dumps({"box": box, "id": name, "who": who}, separators=(",", ":")) + "\n"
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)
        return name

    def digest(self, who: str, message: bytes) -> str:
        """A digest that means nothing once the key is gone, in hex. Raises `OSError`."""
        return self._vault.digest(who, message).hex()


def open_payloads(folder: Path, vault: Vault) -> Iterator[Payload]:
    """The payloads of a folder, opened where their key is there. A line that a crash tore is left out."""
    path = folder / FILE
    for line in path.read_bytes().splitlines() if path.is_file() else ():
        try:
            held = json.loads(line)
            name, who, box = held["id"], held["who"], base64.b64decode(held["box"], validate=True)
        except (ValueError, TypeError, KeyError, binascii.Error):
            continue
        yield Payload(id=name, who=who, content=vault.open(who, name, box))
