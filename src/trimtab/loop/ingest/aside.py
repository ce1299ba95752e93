"""A second process that checks and redacts bodies while the first applies: Python runs one thread at a time.

It is started when there is much to do and ends when there is not. Its life hangs on its standard input: when the
first process is gone, in whatever way, it reads the end of the file and goes too.
"""

import contextlib
import logging
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from concurrent.futures import Future
from typing import IO, Any

from trimtab.loop.ingest.decode import Limits
from trimtab.loop.ingest.prepare import OtlpSignal, Prepared, prepare
from trimtab.loop.ingest.redaction import RedactionPolicy, Redactor
from trimtab.vocabulary.kernel import TrimtabError

LOG = logging.getLogger(__name__)
IDLE_S = 30.0
MAX_WAITING = 32
PIPE_BYTES = 1 << 20
"""Room for a whole body: one that comes in pieces has to wait for the interpreter at each of them."""
COMMAND = (sys.executable, "-c", "from trimtab.loop.ingest.aside import work; work()")
Task = tuple[OtlpSignal, bytes, bool]


class Gone(Exception):
    """The second process did not answer: do it yourself."""


class Worker:
    """One second process, from its start to its end; tasks are answered in their order."""

    def __init__(self, policy: RedactionPolicy, limits: Limits, idle_s: float) -> None:
        """Start the process; it is of use when it is `ready`."""
        self.ready = False
        self.over = False
        self._idle_s = idle_s
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._waiting: deque[Future[Prepared]] = deque()
        self._lock = threading.Lock()
        # A group of its own: Ctrl-C is for the first process, which ends this one when it is done.
        self._process = subprocess.Popen(  # noqa: S603 - this very program
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0, pipesize=PIPE_BYTES
        )
        self._threads = [
            threading.Thread(target=self._write, args=((policy, limits),), name="aside-tasks", daemon=True),
            threading.Thread(target=self._read, name="aside-answers", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, task: Task) -> Future[Prepared]:
        """Hand over a task; its future raises `Gone` where the process ends before it has answered."""
        future: Future[Prepared] = Future()
        with self._lock:
            if self.over:
                future.set_exception(Gone())
                return future
            self._waiting.append(future)
            self._tasks.put(task)
        return future

    @property
    def waiting(self) -> int:
        """How many tasks have no answer yet."""
        return len(self._waiting)

    def close(self) -> None:
        """Answer what was handed over, then end."""
        self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    def _write(self, policy: tuple[RedactionPolicy, Limits]) -> None:
        pipe = self._process.stdin
        assert pipe is not None  # noqa: S101 - asked for above
        with contextlib.suppress(OSError), pipe:
            send(pipe, policy)
            while task := self._next():
                send(pipe, task)
        # The end of its input ends the process, and that ends `_read`.

    def _next(self) -> Task | None:
        """The next task; None when closing, or when there was none for a while."""
        while not self.over:
            with contextlib.suppress(queue.Empty):
                return self._tasks.get(timeout=self._idle_s)
            with self._lock:
                self.over = self.ready and self._tasks.empty()
        return None

    def _read(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None  # noqa: S101 - asked for above
        with contextlib.suppress(EOFError, OSError, pickle.UnpicklingError), pipe:
            self.ready = receive(pipe) == "ready"
            while True:
                answer: Any = receive(pipe)
                resolve(self._waiting.popleft(), answer)
        with self._lock:
            self.over = True
        self._process.kill()
        self._process.wait()
        while self._waiting:
            resolve(self._waiting.popleft(), None)


class Aside:
    """Keeps a second process while it is of use."""

    def __init__(self, policy: RedactionPolicy, limits: Limits, *, idle_s: float = IDLE_S) -> None:
        """Start nothing yet."""
        self._policy, self._limits, self._idle_s = policy, limits, idle_s
        self._worker: Worker | None = None
        self._closed = False

    def submit(self, task: Task) -> Future[Prepared] | None:
        """Hand over a task; None where it is better done here: no process is ready yet, or it has enough to do."""
        if self._closed:
            return None
        if self._worker is None or self._worker.over:
            try:
                self._worker = Worker(self._policy, self._limits, self._idle_s)
            except OSError:
                LOG.warning("cannot start a second process; going on with one", exc_info=True)
                self._closed = True
                return None
        free = self._worker.ready and self._worker.waiting < MAX_WAITING
        return self._worker.submit(task) if free else None

    def close(self) -> None:
        """Answer what was handed over, and end the process."""
        self._closed = True
        if self._worker is not None:
            self._worker.close()


def send(pipe: IO[bytes], value: object) -> None:
    """Write a value to the other process."""
    pickle.dump(value, pipe, protocol=5)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Read a value from the other process; raises EOFError when it is gone."""
    return pickle.load(pipe)  # noqa: S301 - both ends are this program


def resolve(future: Future[Prepared], answer: Prepared | TrimtabError | None) -> None:
    """Give an answer to who waits for it; None is no answer."""
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(answer, Prepared):
        future.set_result(answer)
    else:
        future.set_exception(answer or Gone())


def work() -> None:
    """The second process: answer tasks from standard input until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    sys.stdout = sys.stderr  # nothing else may come between the answers
    with contextlib.suppress(EOFError, BrokenPipeError):
        policy, limits = receive(source)
        redactor = Redactor(policy)
        send(sink, "ready")
        while True:
            send(sink, answer_to(redactor, limits, receive(source)))
    os._exit(0)  # nothing is left to be flushed or closed


def answer_to(redactor: Redactor, limits: Limits, task: Task) -> Prepared | TrimtabError | None:
    """What the body became, or what is wrong with it; None for a fault of ours, which the first process meets itself."""
    kind, body, json = task
    try:
        return prepare(redactor, limits, kind, body, json=json)
    except TrimtabError as error:
        return error
    except Exception:
        LOG.exception("a body could not be prepared")
        return None
