"""Secrets are looked up when something is sent, and struck out of whatever is said about it."""

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from trimtab.vocabulary.kernel import Refused, Unavailable

LEAST = 4
"""Shorter values are not struck out: they would be found in ordinary words."""
MAX_BYTES = 100_000


def read_file(path: str) -> str:
    """The text of a small file."""
    with Path(path).open(encoding="utf-8") as file:
        return file.read(MAX_BYTES)


class Secrets:
    """Gives the secret that `env:NAME` or `file:PATH` stands for, as it is now; safe to share between threads."""

    def __init__(
        self,
        env: Mapping[str, str] = os.environ,
        read: Callable[[str], str] = read_file,
        allowed: Callable[[str], bool] = bool,
    ) -> None:
        """Look into `env`, and into files by `read`, for references that are `allowed`.

        Whoever writes the routing document chooses references, and where their values go: a server that others than its
        owner may write for allows its own names only.
        """
        self._env, self._read, self._allowed = env, read, allowed
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def reveal(self, reference: str) -> str:
        """The secret; raises `Refused` for one that is not given out, `Unavailable` where there is none, since a person can put it there."""
        if not self._allowed(reference):
            raise Refused(f"{reference} is not given out here", hint="the owner of the server says which are")
        kind, _, name = reference.partition(":")
        try:
            value = self._env.get(name, "") if kind == "env" else self._read(name) if kind == "file" else ""
        except (OSError, ValueError) as error:
            raise Unavailable(
                f"{reference} cannot be read: {type(error).__name__}", hint="let the server read it"
            ) from None
        value = value.strip()
        if not value:
            raise Unavailable(
                f"{reference} is not set", hint="set it and restart the server, or fill the file"
            )
        with self._lock:
            self._known.add(value)
            if "://" in value:  # what is secret about an address is what follows the host
                self._known.add("/" + value.split("://", 1)[1].partition("/")[2])
        return value

    def hide(self, text: str) -> str:
        """A text without any secret that was ever given."""
        with self._lock:
            known = sorted(self._known, key=len, reverse=True)
        for value in known:
            if len(value) >= LEAST:
                text = text.replace(value, "***")
        return text
