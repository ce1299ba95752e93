"""The last document, on disk: what holds where the server is gone when the agent starts."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from trimtab.edge.sdk.warn import nothing, safe


class Kept:
    """One document in a file, replaced as a whole."""

    def __init__(self, path: Path) -> None:
        """In a file that need not be there."""
        self._path = path

    @safe(str)
    def read(self) -> str:
        """The document, "" where there is none."""
        with suppress(FileNotFoundError):
            return self._path.read_text(encoding="utf-8")
        return ""

    @safe(nothing)
    def write(self, raw: str) -> None:
        """Keep another; after a crash there is the one or the other."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._path.with_name(f"{self._path.name}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(
                os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
            ) as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
        finally:
            draft.unlink(missing_ok=True)
