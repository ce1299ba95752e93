"""A process and all that it starts: fed, read up to a bound, stopped in time, and gone when we return."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

CHUNK = 65_536
KEPT_OF_ERRORS = 2_000
LAST_WORDS_S = 1.0
LONG_S = 1e6
GONE = (ProcessLookupError, PermissionError)


class Stopped(Exception):
    """Somebody wants it to end."""


class TooMuch(Exception):
    """It said more than it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What is started: `launcher` are the words before the command; `nested` says that it makes the command its child."""

    launcher: list[str]
    command: list[str]
    environment: Mapping[str, str]
    folder: str
    user: int | None
    nested: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How long it may take, how much it may say, and how long it may take to end; `stop` can be read once it must."""

    left_s: float
    output_bytes: int
    grace_s: float
    stop: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a process ended, and what it said; of its errors only the last words."""

    code: int
    output: bytes
    errors: bytes


class Process:
    """A running command in a process group of its own."""

    def __init__(self, start: Start, bounds: Bounds) -> None:
        """Start it; raises `OSError` where that cannot be."""
        self._bounds = bounds
        self._nested = start.nested
        self._output = bytearray()
        self._errors = bytearray()
        self._process = subprocess.Popen(  # noqa: S603 - a list of words, no shell
            [*start.launcher, *start.command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=dict(start.environment),
            cwd=start.folder,
            start_new_session=True,
            user=start.user,
            group=start.user,
            extra_groups=None if start.user is None else [],
        )
        self._ended = os.pidfd_open(self._process.pid)
        self._stdin, self._stdout, self._stderr = (
            cast("IO[bytes]", one)
            for one in (self._process.stdin, self._process.stdout, self._process.stderr)
        )
        for stream in (self._stdin, self._stdout, self._stderr):
            os.set_blocking(stream.fileno(), False)

    def run(self, text: bytes) -> Ended:
        """Feed it and wait; raises `TimeoutError`, `Stopped` or `TooMuch`. However it ends, it is gone then."""
        try:
            self._feed_and_read(text)
        except BaseException:
            self._ask_to_end()
            raise
        finally:
            self._end()
        if len(self._output) > self._bounds.output_bytes:
            raise TooMuch
        return Ended(code=self._process.returncode, output=bytes(self._output), errors=bytes(self._errors))

    def _feed_and_read(self, text: bytes) -> None:
        end_s = time.monotonic() + self._bounds.left_s
        left = memoryview(text)
        with selectors.DefaultSelector() as selector:
            selector.register(self._stdin, selectors.EVENT_WRITE)
            for one in (self._stdout, self._stderr, self._ended, self._bounds.stop):
                selector.register(one, selectors.EVENT_READ)
            while True:
                left_s = end_s - time.monotonic()
                if left_s <= 0:
                    raise TimeoutError("it did not end in time")
                for key, _ in selector.select(min(left_s, LONG_S)):
                    if key.fileobj is self._stdin:
                        left = self._feed(selector, left)
                    elif key.fileobj in (self._stdout, self._stderr):
                        self._read(selector, cast("IO[bytes]", key.fileobj))
                    elif key.fd == self._ended:
                        return
                    else:
                        raise Stopped

    def _feed(self, selector: selectors.BaseSelector, text: memoryview) -> memoryview:
        with suppress(BlockingIOError):
            try:
                text = text[os.write(self._stdin.fileno(), text[:CHUNK]) :]
            except BrokenPipeError:
                text = text[:0]
            if not text:
                selector.unregister(self._stdin)
                self._stdin.close()
        return text

    def _read(self, selector: selectors.BaseSelector, stream: IO[bytes]) -> None:
        found = os.read(stream.fileno(), CHUNK)
        if not found:
            selector.unregister(stream)
        elif stream is self._stderr:
            self._errors += found
            del self._errors[:-KEPT_OF_ERRORS]
        else:
            self._output += found
            if len(self._output) > self._bounds.output_bytes:
                raise TooMuch

    def _ask_to_end(self) -> None:
        with suppress(*GONE):
            if not self._nested:
                os.killpg(self._process.pid, signal.SIGTERM)
        for pid in below(self._process.pid) if self._nested else ():
            with suppress(*GONE):
                os.kill(pid, signal.SIGTERM)
        with selectors.DefaultSelector() as selector:
            selector.register(self._ended, selectors.EVENT_READ)
            selector.select(self._bounds.grace_s)

    def _end(self) -> None:
        with suppress(*GONE):  # before it is waited for: its number cannot be anybody else's yet
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        with suppress(TooMuch):
            self._hear_last_words()
        for stream in (self._stdin, self._stdout, self._stderr):
            stream.close()
        os.close(self._ended)

    def _hear_last_words(self) -> None:
        """What is still in the pipes; their end shows that nobody is left."""
        end_s = time.monotonic() + LAST_WORDS_S
        with selectors.DefaultSelector() as selector:
            for stream in (self._stdout, self._stderr):
                selector.register(stream, selectors.EVENT_READ)
            while selector.get_map() and (left_s := end_s - time.monotonic()) > 0:
                for key, _ in selector.select(left_s):
                    self._read(selector, cast("IO[bytes]", key.fileobj))


def below(pid: int) -> Iterator[int]:
    """The children of a process, and theirs."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(one) for task in tasks for one in (task / "children").read_text().split()]
    except OSError:
        return
    for child in children:
        yield child
        yield from below(child)
