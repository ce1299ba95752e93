"""Work in a thread of its own that stops when nobody waits for it any more: on Ctrl-C, or when cancelled.

An interrupt meets only the main thread. There it could come between the start of a process and the moment from
which on somebody would end it.
"""

import asyncio
import contextvars
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class Aside(Generic[T]):
    """Work that is given the reading end of a pipe, which can be read once it must stop."""

    def __init__(self, work: Callable[[int], T]) -> None:
        """Begin."""
        self._future: Future[T] = Future()
        self._future.set_running_or_notify_cancel()
        self._stop, self._stopper = os.pipe()
        inside = contextvars.copy_context()
        threading.Thread(target=inside.run, args=(self._do, work), daemon=True).start()

    def _do(self, work: Callable[[int], T]) -> None:
        try:
            self._future.set_result(work(self._stop))
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            self._future.set_exception(error)
        finally:
            os.close(self._stop)

    def wait(self) -> T:
        """What came of it; interrupted, it has stopped before that is raised."""
        try:
            return self._future.result()
        finally:
            os.close(self._stopper)
            self._future.exception()

    async def wait_async(self) -> T:
        """The same for an event loop; cancelled, it has stopped before that is raised."""
        waiting = asyncio.wrap_future(self._future)
        try:
            return await asyncio.shield(waiting)
        finally:
            os.close(self._stopper)
            while not waiting.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([waiting])
            waiting.exception()
