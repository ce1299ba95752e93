"""The audit log of this process, shown to the server whenever it has a new checkpoint, and at the end."""

import json
import os
import random
import threading
from pathlib import Path
from typing import Any, cast

from trimtab.edge.audit import Door, show
from trimtab.edge.sdk.control.fetch import Answer, Fetch
from trimtab.edge.sdk.settings import Settings
from trimtab.edge.sdk.warn import nothing, safe, warn_once
from trimtab.vocabulary.kernel import TrimtabError

API = "/api/v1/"
SPREAD_S = 5.0
"""Checkpoints of many agents that began together are shown within so long."""
LEAST_S, MOST_S = 1.0, 60.0
REFUSED_S, MOST_REFUSED_S = 60.0, 3600.0
END_S = 3.0
"""So long the end of the process waits for the last checkpoint at most."""


class Server:
    """The server as a door."""

    def __init__(self, fetch: Fetch) -> None:
        """Ask by that."""
        self._fetch = fetch

    def post(self, path: str, body: object) -> Any:
        """Write; raises `TrimtabError`, `OSError` or `http.client.HTTPException`."""
        answer = self._fetch.post(path.removeprefix(API), cast("dict[str, Any]", body))
        if answer.status != 200:
            raise error_of(answer)
        return json.loads(answer.text)


class Shower:
    """Shows logs in a thread of its own, which each process has at its first checkpoint; it never raises."""

    def __init__(self, door: Door, spread_s: float = SPREAD_S) -> None:
        """Nothing is shown before there is a checkpoint."""
        self._door, self._spread_s = door, spread_s
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._waiting: dict[Path, None] = {}
        self._wake, self._ended = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._failures = 0

    @safe(nothing)
    def sealed(self, folder: Path) -> None:
        """Show that log soon; the writer of a log says so, one at a time."""
        if self._pid != os.getpid():
            self._begin()  # what waited is the parent's
        self._waiting[folder] = None
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="trimtab-witness", daemon=True)
            self._thread.start()
        self._wake.set()

    @safe(nothing)
    def close(self) -> None:
        """Show the last checkpoint, and end; a server that takes its time is not waited for."""
        if self._pid == os.getpid() and self._thread is not None:
            self._ended.set()
            self._wake.set()
            self._thread.join(END_S)

    def _run(self) -> None:
        while not self._ended.is_set():
            self._wake.wait()
            self._wake.clear()
            pause_s = self._spread_s * random.random()  # noqa: S311 - spreads requests
            while self._waiting and not self._ended.wait(pause_s):
                pause_s = self.turn()
        self.turn()

    def turn(self) -> float:
        """Show what waits; gives how long to wait before what could not be shown is tried again."""
        for folder in list(self._waiting):
            self._waiting.pop(
                folder, None
            )  # before it is read: a checkpoint that comes now is another turn's
            pause_s = self._shown(folder)
            if pause_s:
                self._waiting[folder] = None
                self._failures += 1
                return pause_s * random.uniform(0.5, 1.0)  # noqa: S311 - the same
        self._failures = 0
        return 0.0

    def _shown(self, folder: Path) -> float:
        """Show one log; 0 where that is done, else how long to wait at most."""
        doubled = 2.0 ** min(self._failures, 10)
        try:
            found = show(self._door, folder)
        except Exception as error:  # noqa: BLE001 - whatever it is, the agent goes on
            said = f"{type(error).__name__}: {error}"[:300]
            warn_once(f"the audit log is not witnessed yet, it is tried again: {said}", "witness")
            return min(LEAST_S * doubled, MOST_S)
        if found.refused:
            warn_once(
                f"the server does not witness the audit log {found.log}: {found.says}; see `trimtab audit verify`",
                f"witness {found.log} {found.refused}",
            )
            return min(REFUSED_S * doubled, MOST_REFUSED_S)
        return 0.0


def error_of(answer: Answer) -> TrimtabError:
    """An answer that is no yes, as the error that it tells of."""
    try:
        said = cast("dict[str, Any]", json.loads(answer.text))
        code, detail = str(said["title"]), str(said["detail"])
    except (ValueError, KeyError, TypeError):
        code, detail = "http", answer.text[:200]
    return TrimtabError(f"HTTP {answer.status}: {detail}", code=code)


def showing_to(settings: Settings) -> Shower:
    """What shows logs to the server of these settings."""
    return Shower(Server(Fetch(settings.server, settings.headers, "", "")))
