"""The test mode: nothing leaves the process, nothing waits, time and ids are the test's; what was told lies there as dicts."""

import itertools
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from trimtab.edge.sdk.clock import GivenClock
from trimtab.edge.sdk.delivery.encode import attributes_of
from trimtab.edge.sdk.ports import Draw, Fact
from trimtab.edge.sdk.runtime import HELD, Runtime
from trimtab.edge.sdk.span import Span
from trimtab.edge.sdk.steps import name_of
from trimtab.edge.sdk.words import SESSION
from trimtab.vocabulary.kernel import Clock, VirtualClock


class Collected:
    """What was told since the test mode began, and the clock by which it was told."""

    def __init__(self, clock: Clock) -> None:
        """Begin with nothing."""
        self.clock = clock
        self.spans: list[dict[str, Any]] = []
        self.facts: list[dict[str, Any]] = []

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """Steps of a kind, in the order in which they ended."""
        return [span for span in self.spans if span["kind"] == kind]

    def take_span(self, span: Span) -> None:
        """A step that has ended."""
        self.spans.append(
            {
                "kind": span.kind,
                "name": name_of(span),
                "session": span.place.lineage.session,
                "agent": span.place.lineage.agent,
                "trace_id": span.place.trace_id,
                "span_id": span.place.span_id,
                "parent_id": span.parent_id,
                "start_ns": span.start_ns,
                "end_ns": span.end_ns,
                "error": span.error and {"type": span.error[0], "message": span.error[1]},
                "attributes": {key: value for key, value in attributes_of(span).items() if key != SESSION},
            }
        )

    def take_fact(self, fact: Fact) -> None:
        """A fact."""
        self.facts.append(dict(fact))

    def flush(self, timeout_s: float) -> bool:  # noqa: ARG002 - nothing waits
        """Nothing waits."""
        return True

    def close(self, timeout_s: float) -> None:
        """Nothing is open."""

    def forget(self) -> None:
        """In a forked child: begin with nothing."""
        self.spans.clear()
        self.facts.clear()


def counted() -> Draw:
    """Ids that count up from 1."""
    numbers = itertools.count(1)
    return lambda size: next(numbers).to_bytes(size, "big")


@contextmanager
def trial(
    agent: str = "agent",
    *,
    clock: VirtualClock | None = None,
    draw: Draw | None = None,
    contract: object = None,
    tools: Mapping[str, object] | None = None,
    ask: Any = None,
) -> Generator[Collected]:
    """Collect instead of send: no network, no waiting, a virtual clock, ids that count up.

    With a `contract` (a path, a text, or one that is read) tools are called under it; `tools` are answers that stand in for
    tools by name: a value, an exception to raise, or a function of the arguments.
    """
    time = clock or VirtualClock()
    collected = Collected(time)
    runtime = Runtime(
        agent=agent, resource={}, sink=collected, clock=GivenClock(time), draw=draw or counted()
    )
    if contract is not None:
        from trimtab.edge.sdk.tools.rehearsal import rehearse  # noqa: PLC0415 - loaded with a contract only

        runtime.contract = rehearse(contract, tools or {}, time, ask)
    before = HELD.put(runtime)
    try:
        yield collected
    finally:
        HELD.put(before)
