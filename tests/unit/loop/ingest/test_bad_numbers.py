"""Numbers and texts that a body may hold and a table may not: what the door took must be applied, all of it."""

import math
from collections.abc import Callable, Generator
from typing import Any

import orjson
import pytest
from tests.support.bodies import SECOND_NS, gauge_of, log_of, pairs, span, traces_of

from trimtab.adapters.duckdb_analytics import DuckdbAnalytics
from trimtab.loop.ingest import FixedPrices, Limits, Rules, decode_entry
from trimtab.loop.ingest.decode import check_body, check_facts
from trimtab.loop.store import Batch, Entry
from trimtab.vocabulary.kernel import Invalid, TooLarge, VirtualClock

NOW_NS = 1_790_000_000 * SECOND_NS
RULES = Rules(prices=FixedPrices({"m": (2_000_000_000, 3_000_000_000)}))
TRACE = b"\1" * 16
EVAL = {"gen_ai.evaluation.name": "judge", "event.name": "gen_ai.evaluation.result"}


@pytest.fixture
def analytics() -> Generator[DuckdbAnalytics]:
    """The real tables, in memory."""
    found = DuckdbAnalytics(None, VirtualClock(NOW_NS))
    yield found
    found.close()


def applied(analytics: DuckdbAnalytics, signal: Any, body: bytes, position: int = 1) -> tuple[int, int]:
    """Steps and facts that come of a body which the door takes; both are applied."""
    try:
        checked = check_body(signal, body, Limits())
    except (Invalid, TooLarge):
        return 0, 0
    entry = Entry(
        project="p",
        signal=signal,
        received_ns=NOW_NS,
        body=checked.body,
        items=checked.items,
        position=position,
    )
    steps, facts, _ = decode_entry(entry, RULES)
    if signal == "traces":
        assert len(steps) == checked.items
    batch = Batch(steps=steps, facts=facts, position=position, received_ns={position: NOW_NS})
    analytics.apply(batch)
    return len(steps), len(facts)


def llm(**attributes: object) -> bytes:
    """A call of a model, with odd attributes."""
    named = {name.replace("__", "."): value for name, value in attributes.items()}
    return traces_of([span(7, {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"} | named)])


def event(name: str, attributes: dict[str, object], time_ns: int = NOW_NS) -> dict[str, Any]:
    """An event of a span."""
    return {"name": name, "time_unix_nano": time_ns, "attributes": pairs(attributes)}


SPANS: dict[str, Callable[[], bytes]] = {
    "tokens beyond 64 bits as text": lambda: llm(gen_ai__usage__input_tokens="9" * 30),
    "tokens of 5,000 digits as text": lambda: llm(gen_ai__usage__input_tokens="9" * 5000),
    "tokens of 1e300": lambda: llm(gen_ai__usage__input_tokens=1e300),
    "infinite tokens": lambda: llm(gen_ai__usage__input_tokens=math.inf),
    "tokens whose price is beyond 64 bits": lambda: llm(gen_ai__usage__input_tokens=1 << 62),
    "tokens whose sum is beyond 64 bits": lambda: llm(
        gen_ai__usage__input_tokens=(1 << 63) - 1, gen_ai__usage__cache_read__input_tokens=(1 << 63) - 1
    ),
    "two spans whose tokens are beyond 64 bits together": lambda: traces_of(
        span(
            n,
            {"gen_ai.operation.name": "chat", "session.id": "s", "gen_ai.usage.input_tokens": (1 << 63) - 1},
        )
        for n in (8, 9)
    ),
    "bytes in the tools": lambda: llm(gen_ai__tool__definitions={"a": b"\xff"}),
    "bytes as instructions": lambda: llm(gen_ai__system_instructions=b"\xff\xfe"),
    "bytes in a message": lambda: llm(
        gen_ai__input__messages=[{"role": "system", "content": {"a": b"\xff"}}]
    ),
    "messages of numbers": lambda: llm(gen_ai__input__messages=[1, 2.5, None, "x"]),
    "a role that is a list": lambda: llm(gen_ai__input__messages=[{"role": ["user"]}]),
    "a finish that is a list of lists": lambda: llm(gen_ai__response__finish_reasons=[["stop"]]),
    "an end in 2262": lambda: traces_of([span(7, start_time_unix_nano=1, end_time_unix_nano=(1 << 63) - 1)]),
    "an end in 2199": lambda: traces_of(
        [span(7, start_time_unix_nano=1, end_time_unix_nano=7_258_000_000 * SECOND_NS)]
    ),
    "a session of all times": lambda: traces_of(
        [
            span(7, {"session.id": "t"}, start_time_unix_nano=1, end_time_unix_nano=2),
            span(8, {"session.id": "t"}, end_time_unix_nano=(1 << 63) - 1),
        ]
    ),
    "a start in the future and an end in 2262": lambda: traces_of(
        [span(7, start_time_unix_nano=NOW_NS * 2, end_time_unix_nano=(1 << 63) - 1)]
    ),
    "a cohort with NUL": lambda: llm(trimtab__cohort__a="\0", **{"trimtab.cohort.\0": "x"}),
    "a kind that is a number": lambda: llm(openinference__span__kind=7, trimtab__step__kind=[1]),
    "an exception that is a structure": lambda: traces_of(
        [span(7, events=[event("exception", {"exception.type": ["a"], "exception.message": {"a": b"\xff"}})])]
    ),
    "a score that is bytes": lambda: traces_of(
        [
            span(
                7,
                events=[event("gen_ai.evaluation.result", EVAL | {"gen_ai.evaluation.score.value": b"\xff"})],
            )
        ]
    ),
    "a score that is infinite": lambda: traces_of(
        [
            span(
                7,
                events=[
                    event("gen_ai.evaluation.result", EVAL | {"gen_ai.evaluation.score.value": math.inf})
                ],
            )
        ]
    ),
    "an event in 2554": lambda: traces_of(
        [span(7, events=[event("gen_ai.evaluation.result", EVAL, (1 << 64) - 1)])]
    ),
    "a parent of its own": lambda: traces_of([span(7, parent_span_id=(7).to_bytes(8, "big"))]),
}


@pytest.mark.parametrize("name", SPANS)
def test_a_span_with_odd_values_is_applied(analytics: DuckdbAnalytics, name: str) -> None:
    applied(analytics, "traces", SPANS[name]())


OTHERS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a trace id of 3 bytes": ("logs", lambda: log_of(EVAL, time_unix_nano=1, trace_id=b"abc")),
    "a span id of 20 bytes": (
        "logs",
        lambda: log_of(EVAL, time_unix_nano=1, trace_id=TRACE, span_id=b"a" * 20),
    ),
    "a record in 2554": ("logs", lambda: log_of(EVAL, time_unix_nano=(1 << 64) - 1, trace_id=TRACE)),
    "a score of bytes": (
        "logs",
        lambda: log_of(EVAL | {"gen_ai.evaluation.score.value": b"\xff"}, time_unix_nano=1, trace_id=TRACE),
    ),
    "a label of bytes": (
        "logs",
        lambda: log_of(
            EVAL | {"gen_ai.evaluation.score.label": {"a": b"\xff"}}, time_unix_nano=1, trace_id=TRACE
        ),
    ),
    "a body of keys": (
        "logs",
        lambda: log_of(EVAL, {"gen_ai.evaluation.name": 7}, time_unix_nano=1, trace_id=TRACE),
    ),
    "a session with NUL": ("metrics", lambda: gauge_of("trimtab.fact.x", {"session.id": "\0"})),
    "a long session": ("metrics", lambda: gauge_of("trimtab.fact.x", {"session.id": "s" * 3000})),
    "no session": ("metrics", lambda: gauge_of("trimtab.fact.x", {})),
    "a long name": ("metrics", lambda: gauge_of("trimtab.fact." + "x" * 3000, {"session.id": "s"})),
    "a point in 2554": (
        "metrics",
        lambda: gauge_of("trimtab.fact.x", {"session.id": "s"}, time_ns=(1 << 64) - 1),
    ),
    "an infinite score": ("metrics", lambda: gauge_of("trimtab.fact.x", {"session.id": "s"}, math.inf)),
    "no number": ("metrics", lambda: gauge_of("trimtab.fact.x", {"session.id": "s"}, math.nan)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_log_or_metric_with_odd_values_is_refused_or_applied(analytics: DuckdbAnalytics, name: str) -> None:
    signal, make = OTHERS[name]
    applied(analytics, signal, make())


FACT = {"id": "f", "kind": "score", "source": "human", "session": "s"}
FACTS: dict[str, dict[str, Any]] = {
    "a time beyond 2262": {"time": 1e10},
    "a time of the year 9999": {"time": "9999-12-31T23:59:59Z"},
    "a time of the year 1": {"time": "0001-01-01T00:00:00Z"},
    "a value of 1e308": {"value": 1e308},
    "NUL": {"session": "a\0b", "name": "\0", "id": "\0"},
}


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_with_odd_values_is_refused_or_applied(analytics: DuckdbAnalytics, name: str) -> None:
    try:
        listed = check_facts("p", [FACT | FACTS[name]], NOW_NS)
    except Invalid:
        return
    entry = Entry(
        project="p", signal="facts", received_ns=NOW_NS, body=orjson.dumps(listed), items=1, position=1
    )
    facts = decode_entry(entry, RULES).facts
    assert len(facts) == 1
    analytics.apply(Batch(steps=[], facts=facts, position=1, received_ns={1: NOW_NS}))
