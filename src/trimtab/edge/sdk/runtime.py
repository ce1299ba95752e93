"""The one thing of the process that `init` makes: where steps and facts go, what time it is, where ids come from."""

import atexit
import os
import sys
from collections.abc import Mapping

from trimtab.edge.sdk.ports import Draw, Fact, Meter, Sink, SteadyClock
from trimtab.edge.sdk.span import Span
from trimtab.edge.sdk.warn import nothing, safe

EXIT_S = 3.0
"""How long the end of the process waits for its last steps to be handed on."""


class Runtime:
    """A running SDK; `agent` is who acts where nobody says otherwise, `resource` what is true of the whole process.

    `contract` is what its tools are called under; None without one.
    """

    __slots__ = ("agent", "clock", "contract", "draw", "generation", "resource", "sink")

    def __init__(
        self, *, agent: str, resource: Mapping[str, str], sink: Sink, clock: SteadyClock, draw: Draw
    ) -> None:
        """Begin with the first generation; a forked child is the next."""
        self.agent, self.resource, self.sink, self.clock, self.draw = agent, resource, sink, clock, draw
        self.generation = 0
        self.contract: Meter | None = None

    def new_id(self, size: int) -> str:
        """A new id of so many bytes, in hex, never all zeros."""
        found = self.draw(size).hex()
        return found if int(found, 16) else "1".zfill(2 * size)

    def hand_on(self, span: Span) -> None:
        """Give a step that has ended to the sink; one that the parent of a fork began is the parent's to give."""
        if span.born == self.generation:
            self.sink.take_span(span)

    def flush(self, timeout_s: float) -> bool:
        """Hand on what was told until now, and write the audit log; whether nothing waits in memory."""
        handed = self.sink.flush(timeout_s)
        return handed if self.contract is None else self.contract.flush() and handed

    @safe(nothing)
    def close(self, timeout_s: float) -> None:
        """Hand on what is left, and close the audit log."""
        try:
            self.sink.close(timeout_s)
        finally:
            if self.contract is not None:
                self.contract.close()

    def keep(self, fact: Fact) -> None:
        """Give a fact to the sink."""
        self.sink.take_fact(fact)


class Holder:
    """Holds the runtime of the process; None while nobody called `init`."""

    __slots__ = ("__weakref__", "hooked", "runtime")

    def __init__(self) -> None:
        """Hold nothing."""
        self.runtime: Runtime | None = None
        self.hooked = False

    def put(self, runtime: Runtime | None) -> Runtime | None:
        """Hold another; gives the one before."""
        before, self.runtime = self.runtime, runtime
        return before

    def hook(self) -> None:
        """Once a process: hand on at its end, and begin anew in its forks."""
        if self.hooked:
            return
        self.hooked = True
        atexit.register(self.end)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.forked)
        self.end_with_workers()

    @safe(bool)
    def end(self) -> None:
        """Hand on what is left; the process ends."""
        if self.runtime is not None:
            self.runtime.close(EXIT_S)

    @safe(bool)
    def forked(self) -> None:
        """In a forked child: the queue and its lock belong to the parent."""
        if self.runtime is not None:
            self.runtime.generation += 1
            self.runtime.sink.forget()
        self.end_with_workers()

    @safe(bool)
    def end_with_workers(self) -> None:
        """Workers of multiprocessing end without `atexit`, and forget at their start what was to be done at their end."""
        processes = sys.modules.get("multiprocessing.util")
        if processes is not None:
            processes.register_after_fork(self, Holder.end_with_worker)
            self.end_with_worker()

    @safe(bool)
    def end_with_worker(self) -> None:
        """Hand on at the end of this worker."""
        processes = sys.modules.get("multiprocessing.util")
        if processes is not None:
            processes.Finalize(None, self.end, exitpriority=1)


HELD = Holder()
