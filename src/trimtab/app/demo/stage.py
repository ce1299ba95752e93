"""Where a server lets the demonstration be played: beside itself, one at a time, so that it goes on serving."""

import contextlib
import json
import secrets
import subprocess
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import IO, Any, Literal

from trimtab.app.demo.run import COMMAND
from trimtab.app.demo.story import SEED, SESSIONS
from trimtab.vocabulary.kernel import Conflict

PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far it is; `counts` of each phase when it is over, `trouble` where it ended before that."""

    state: Literal["none", "playing", "played", "failed"] = "none"
    sessions: int = 0
    of: int = SESSIONS
    phase: str = ""
    trouble: str = ""
    counts: tuple[dict[str, Any], ...] = field(default_factory=tuple[dict[str, Any], ...])


class Stage:
    """The one process that plays; and links that let somebody in to look, each once."""

    def __init__(self) -> None:
        """Empty."""
        self.standing = Standing()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._links: dict[str, str] = {}

    def begin(self, url: str, key: str, over: Callable[[], None], seed: int = SEED) -> None:
        """Play to a server; `over` is called at the end, whatever it is. Raises `Conflict` while another is played."""
        with self._lock:
            if self.standing.state == "playing":
                raise Conflict(
                    "the demonstration is being played", hint="GET /api/v1/demo says how far it is"
                )
            # A group of its own: Ctrl-C is for the server, which ends this one.
            process = subprocess.Popen(  # noqa: S603 - this very program
                COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0
            )
            self.standing = Standing(state="playing")
            self._process = process
            self._thread = threading.Thread(
                target=self._follow, args=(process, over), name="demo", daemon=True
            )
            self._thread.start()
        asked = json.dumps({"url": url, "key": key, "seed": seed}).encode() + b"\n"
        with contextlib.suppress(BrokenPipeError):  # it ended already: whoever follows it says so
            if process.stdin:
                process.stdin.write(asked)
                process.stdin.close()

    def told(self) -> dict[str, Any]:
        """How far it is, as a plain value."""
        return asdict(self.standing)

    def link(self, key: str) -> str:
        """A word that gives this key, once."""
        token = secrets.token_urlsafe(24)
        self._links[token] = key
        return token

    def admit(self, token: str) -> str | None:
        """The key of such a word; None where there is none any more."""
        return self._links.pop(token, None)

    def forget(self) -> None:
        """What was played is gone."""
        with self._lock:
            if self.standing.state != "playing":
                self.standing = Standing()

    def close(self) -> None:
        """End what is being played."""
        process, thread = self._process, self._thread
        if process is not None and process.poll() is None:
            process.terminate()
        if thread is not None:
            thread.join(PATIENCE_S)

    def _follow(self, process: subprocess.Popen[bytes], over: Callable[[], None]) -> None:
        try:
            with process:
                self._hear(process.stdout)
        finally:
            if self.standing.state == "playing":
                self.standing = replace(self.standing, state="failed", trouble="it was stopped")
            over()

    def _hear(self, lines: IO[bytes] | None) -> None:
        for line in lines or ():
            said = json.loads(line)
            if "counts" in said:
                done = tuple(said["counts"])
                self.standing = replace(self.standing, state="played", counts=done)
            elif "trouble" in said:
                self.standing = replace(self.standing, state="failed", trouble=said["trouble"])
            else:
                self.standing = replace(self.standing, **said)
