"""What log records say of messages is what spans would have said, in whatever order the two arrive."""

import json
from collections.abc import Generator, Mapping, Sequence
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from tests.support.bodies import any_value, pairs, span, traces_of
from tests.support.same_run import GIVEN_1, RULES, TURNS, gen_ai, parts
from tests.support.stores import DAY_S, Kit, kit

from trimtab.loop.ingest import search, texts_of
from trimtab.loop.ingest.exchange import Exchange, exchanges_in
from trimtab.loop.store import MemoryTextIndex, Retention, day_of, open_session
from trimtab.loop.store.erase import carry_out, request
from trimtab.vocabulary.kernel import VirtualClock

CALLS = (2, 3)
"""The span ids of the two model calls of the run."""
SAID = "messages, user_messages, tool_calls, prompt_hash, tools_hash, finish, error_class"
OF_CALLS = f"select span_id, {SAID} from steps where kind = 'llm' order by span_id"
OF_SESSION = "select messages, user_messages, tool_calls_proposed from sessions"
SILENT = ("gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.tool.definitions")
Said = Sequence[tuple[int, str, Mapping[str, object]]]
"""Records: which span they are about, their name, what they say."""


@pytest.fixture
def store() -> Generator[Kit]:
    with kit() as found:
        yield found


def run(silent: bool, store: Kit) -> bytes:
    """The run as spans, with or without what was said."""
    end_ns = store.clock.now_ns()
    told = [{k: v for k, v in attributes.items() if not silent or k not in SILENT} for attributes in gen_ai()]
    return traces_of(
        span(
            1,
            attributes,
            span_id=(at + 1).to_bytes(8, "big"),
            parent_span_id=b"" if at == 0 else (1).to_bytes(8, "big"),
            start_time_unix_nano=end_ns - 10**9 + at,
            end_time_unix_nano=end_ns,
        )
        for at, attributes in enumerate(told)
    )


def logs_of(said: Said, trace: int = 1) -> bytes:
    """One body of records, a nanosecond apart."""
    body = ExportLogsServiceRequest()
    records = body.resource_logs.add().scope_logs.add().log_records
    for at, (span_id, name, attributes) in enumerate(said):
        record = records.add(event_name=name, time_unix_nano=1_700_000_000_000_000_000 + at)
        record.trace_id, record.span_id = trace.to_bytes(16, "big"), span_id.to_bytes(8, "big")
        record.body.CopyFrom(any_value(dict(attributes)))
    return body.SerializeToString()


def one_by_one() -> Said:
    """The run's messages, each a record."""
    found: list[tuple[int, str, Mapping[str, object]]] = []
    for call, (given, made, *_, why) in zip(CALLS, TURNS, strict=True):
        found += [(call, f"gen_ai.{message['role']}.message", message) for message in given]
        found.append((call, "gen_ai.choice", {"finish_reason": why, "index": 0, "message": made}))
    return found


def as_details() -> Said:
    """The run's calls, each in one record."""
    return [
        (
            call,
            "gen_ai.client.inference.operation.details",
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.input.messages": json.dumps([parts(message) for message in given]),
                "gen_ai.output.messages": json.dumps([parts(made)]),
                "gen_ai.tool.definitions": gen_ai()[1]["gen_ai.tool.definitions"],
            },
        )
        for call, (given, made, *_) in zip(CALLS, TURNS, strict=True)
    ]


def expected(without: Sequence[str] = ()) -> tuple[Any, Any]:
    """What the spans say by themselves."""
    with kit() as plain:
        plain.take(run(False, plain))
        calls = [{**row, **dict.fromkeys(without, "")} for row in plain.analytics.rows(OF_CALLS)]
        return calls, plain.analytics.rows(OF_SESSION)


@pytest.mark.parametrize("first", ["spans", "logs"])
@pytest.mark.parametrize(
    ("said", "without"), [(one_by_one(), ["tools_hash"]), (as_details(), [])], ids=["messages", "details"]
)
def test_the_log_tells_what_the_spans_do_not(store: Kit, said: Said, without: list[str], first: str) -> None:
    halves = [logs_of(said[::2]), logs_of(said[1::2])]
    spans = [run(True, store)]
    for body in [*spans, *halves] if first == "spans" else [*halves, *spans]:
        store.take(body, signal="traces" if body in spans else "logs")
    assert (store.analytics.rows(OF_CALLS), store.analytics.rows(OF_SESSION)) == expected(without)
    store.rebuild()
    assert (store.analytics.rows(OF_CALLS), store.analytics.rows(OF_SESSION)) == expected(without)


def test_the_name_of_an_event_may_be_an_attribute(store: Kit) -> None:
    store.take(run(True, store))
    body = ExportLogsServiceRequest.FromString(logs_of(one_by_one()))
    for record in body.resource_logs[0].scope_logs[0].log_records:
        record.attributes.extend(pairs({"event.name": record.event_name}))
        record.event_name = ""
    store.take(body.SerializeToString(), signal="logs")
    assert store.analytics.rows(OF_CALLS) == expected(["tools_hash"])[0]


def test_a_record_counts_once_and_two_equal_messages_twice(store: Kit) -> None:
    store.take(run(True, store))
    twice = logs_of([(2, "gen_ai.user.message", {"content": "yes"})])
    doubled = ExportLogsServiceRequest.FromString(twice)
    doubled.resource_logs[0].scope_logs[0].log_records.extend(
        doubled.resource_logs[0].scope_logs[0].log_records[:1]
    )
    for _ in range(2):
        store.take(doubled.SerializeToString(), signal="logs")
    assert store.analytics.rows(OF_CALLS)[0]["user_messages"] == 2


def test_the_word_of_the_span_wins(store: Kit) -> None:
    store.take(logs_of([(2, "gen_ai.user.message", {"content": "something else"})]), signal="logs")
    store.take(run(False, store))
    assert store.analytics.rows(OF_CALLS) == expected()[0]


def test_an_answer_cut_short_is_a_class_of_error(store: Kit) -> None:
    spans = [{"gen_ai.operation.name": "chat"}]
    store.take(traces_of([span(1, spans[0])]))
    store.take(logs_of([(1, "gen_ai.choice", {"finish_reason": "length"})]), signal="logs")
    (row,) = store.analytics.rows(OF_CALLS)
    assert (row["finish"], row["error_class"], row["tool_calls"]) == ("length", "length", None)


def test_a_plain_line_of_a_log_is_nothing(store: Kit) -> None:
    store.take(logs_of([(2, "", {"content": "started"}), (2, "app.ready", {"x": 1})]), signal="logs")
    assert store.analytics.rows("select count(*) as n from logged") == [{"n": 0}]


def test_what_was_logged_is_found_and_read(store: Kit) -> None:
    position = store.take(logs_of(one_by_one()), signal="logs")
    store.take(run(True, store))
    index = MemoryTextIndex()
    entry = store.journal.get(position)
    assert entry is not None
    index.add(day_of(position), position, texts_of(entry))
    found = search(index, store.journal, store.analytics, "p", "Lyon", 10)
    # The first turn did not say it; the second was given it before its last message, and says it again.
    assert [(row["kind"], row["snippet"]) for row in found] == [("llm", "TimeoutError In Lyon.")]
    opened = open_session(store.analytics, "p", "s1")
    said = exchanges_in(store.journal, store.analytics, "p", opened["steps"])
    second = next(step for step in opened["steps"] if step["span_id"] == 3)
    whole = "\n".join([RULES, GIVEN_1[1]["content"], "track", '{"id": "7"}', "notify", "{}", "Lyon"])
    exchange = said[second["body"], second["ordinal"]]
    assert exchange == Exchange(whole=exchange.whole, given="TimeoutError", gave="In Lyon.")
    assert [line for line in whole.split("\n") if line not in exchange.whole] == []


def test_an_erasure_takes_the_records_and_leaves_the_others_findable(store: Kit) -> None:
    store.session("gone", 1, steps=1, **{"gen_ai.operation.name": "chat"})
    store.session("kept", 2, steps=1, **{"gen_ai.operation.name": "chat"})
    body = ExportLogsServiceRequest.FromString(
        logs_of([(1, "gen_ai.user.message", {"content": "secret plan"})], trace=1)
    )
    more = logs_of([(2, "gen_ai.user.message", {"content": "plain plan"})], trace=2)
    body.MergeFromString(more)
    position = store.take(body.SerializeToString(), signal="logs")
    carry_out(store.sources, request(store.sources, "p", "session", "gone"))
    entry = store.journal.get(position)
    assert entry is not None
    assert b"secret" not in entry.body
    assert store.analytics.rows("select span_id, ordinal from logged") == [{"span_id": 2, "ordinal": 0}]
    index = MemoryTextIndex()
    index.add(day_of(position), position, texts_of(entry))
    (row,) = search(index, store.journal, store.analytics, "p", "plan", 10)
    assert (row["session"], row["snippet"]) == ("kept", "plain plan")


def test_records_expire_with_their_steps(store: Kit) -> None:
    store.take(run(True, store))
    store.take(logs_of(one_by_one()), signal="logs")
    store.state.set_retention("p", Retention(bodies=1, steps=2))
    assert isinstance(store.clock, VirtualClock)
    store.clock.advance(4 * DAY_S)
    store.keeper.retain()
    assert store.analytics.rows("select count(*) as n from logged") == [{"n": 0}]
    assert store.analytics.rows(OF_SESSION) == expected()[1]
