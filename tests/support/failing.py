"""A store that fills with sessions that fail at hours of a test's choice."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.support.bodies import span, traces_of

from trimtab.adapters.duckdb_analytics import DuckdbAnalytics
from trimtab.loop.failure import find_groups
from trimtab.loop.ingest import FixedPrices, Rules, decode_entry
from trimtab.loop.store import Batch, ClosePolicy, Entry, Scope
from trimtab.vocabulary.kernel import VirtualClock
from trimtab.vocabulary.trace import fact_from_json

HOUR = 3_600_000_000_000
DAY = 24 * HOUR
T0 = 1_700_000_000_000_000_000 // DAY * DAY
SECOND = 1_000_000_000
PAY = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "pay"}
CHAT = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 1}
SAID = (CHAT, {})
LOST = (PAY | {"error.type": "PayError"}, {"code": 2, "message": "card 4711 refused at 12:30"})


class Shop:
    """A store that the test fills with sessions at hours of its choice."""

    def __init__(self) -> None:
        self.clock = VirtualClock(T0)
        self.analytics = DuckdbAnalytics(None, self.clock, ClosePolicy())
        self._numbers = itertools.count(1)
        self._positions = itertools.count(1)

    def session(self, hour: float, *steps: tuple[dict[str, Any], dict[str, Any]], **more: Any) -> str:
        """A session that ends at an hour after T0; its outcome comes as a fact ("" for none)."""
        name = more.get("name") or f"s{next(self._numbers)}"
        start = T0 + int(hour * HOUR) - len(steps) * SECOND
        at = {"gen_ai.conversation.id": name, "gen_ai.agent.name": more.get("agent", "shop")}
        if more.get("user"):
            at["user.id"] = more["user"]
        spans = self.spans(start, at, steps, nested=more.get("nested", False))
        resource = {"service.name": "s", "trimtab.bundle": more.get("release", "r1")}
        position = next(self._positions)
        entry = Entry(
            project="p",
            signal="traces",
            received_ns=T0 + 1000 * DAY,
            body=traces_of(spans, resource),
            items=len(spans),
            position=position,
        )
        prices = {"m": (more["cost"], 0)} if "cost" in more else {}
        found = decode_entry(entry, Rules(prices=FixedPrices(prices))).steps
        fact = {
            "id": name,
            "kind": "outcome",
            "source": "app",
            "session": name,
            "label": more.get("outcome", "failure"),
        }
        told = (
            []
            if more.get("outcome") == ""
            else [replace(fact_from_json("p", fact, T0 + int(hour * HOUR)), body=position)]
        )
        self.analytics.apply(
            Batch(steps=found, facts=told, position=position, received_ns={position: entry.received_ns})
        )
        return name

    def spans(
        self,
        start: int,
        at: dict[str, Any],
        steps: Sequence[tuple[dict[str, Any], dict[str, Any]]],
        *,
        nested: bool,
    ) -> list[Span]:
        """The spans of some steps, a second each, the last of which ends the session; `nested`: each in the one before."""
        made: list[Span] = []
        trace = next(self._numbers)
        for i, (attributes, status) in enumerate(steps):
            ends = {"trimtab.session.end": True} if i == len(steps) - 1 else {}
            number, begin = next(self._numbers), start + i * SECOND
            inside = {
                "trace_id": trace.to_bytes(16, "big"),
                "parent_span_id": (number - 1).to_bytes(8, "big"),
            }
            times = {"start_time_unix_nano": begin, "end_time_unix_nano": begin + SECOND}
            made.append(
                span(number, at | attributes | ends, status=status, **times, **(inside if nested else {}))
            )
        return made

    def groups(self, until: float, since: float | None = None, **more: Any) -> dict[str, Any]:
        """The groups of a window of hours."""
        self.clock.set(T0 + 2000 * DAY)
        scope = Scope(
            project="p",
            since_ns=None if since is None else T0 + int(since * HOUR),
            until_ns=T0 + int(until * HOUR),
        )
        return find_groups(self.analytics, scope, self.clock.now_ns(), **more)

    def only(self, until: float, since: float | None = None, **more: Any) -> dict[str, Any]:
        """The one group of a window."""
        (group,) = self.groups(until, since, **more)["groups"]
        return group
