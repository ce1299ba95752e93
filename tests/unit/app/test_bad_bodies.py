"""Malformed, misplaced, oversized and hostile bodies: a clear refusal or a partial success, and life goes on."""

import gzip
import itertools
import json
import time
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from tests.support.bodies import (
    JSON,
    PROTOBUF,
    SECOND_NS,
    gauge_of,
    good,
    json_span,
    json_traces,
    log_of,
    span,
    traces_of,
)
from tests.support.server import Inside

NUMBERS = itertools.count(1)
GOOD = good(900_000, 3)
YEAR_NS = 365 * 86_400 * SECOND_NS


def said(answer: httpx.Response) -> str:
    """The sentence of a refusal, readable in every encoding."""
    return answer.content.decode("utf-8", "replace")


def partial(answer: httpx.Response) -> tuple[int, str]:
    """What an acknowledged body had rejected, and why."""
    assert answer.status_code == 200, answer.content
    found = ExportTraceServiceResponse.FromString(answer.content).partial_success
    return found.rejected_spans, found.error_message


def nested_kvlist(levels: int) -> bytes:
    """A span with an attribute that is a list in a list in a list, made by hand: protobuf itself refuses to."""

    def field(number: int, payload: bytes) -> bytes:
        size, head = len(payload), bytearray([number << 3 | 2])
        while size > 127:
            head.append(size & 127 | 128)
            size >>= 7
        return bytes(head) + bytes([size]) + payload

    value = field(1, b"end")
    for _ in range(levels):
        value = field(6, field(1, field(1, b"k") + field(2, value)))
    attribute = field(9, field(1, b"deep") + field(2, value))
    made = field(1, b"\1" * 16) + field(2, b"\1" * 8) + attribute
    return field(1, field(2, field(2, made)))


MALFORMED: dict[str, bytes] = {
    "not protobuf": b"this is no protobuf",
    "cut off": GOOD[:-7],
    "cut off early": GOOD[:3],
    "wrong wire type for the spans": b"\x0a\x02\x12\xff",
    "a length beyond the end": b"\x0a\xff\xff\xff\xff\x0f",
    "a varint that never ends": b"\xff" * 100,
    "an end of a group that never began": b"\x0c",
    "fields that nobody knows": b"\x7a\x03abc",
    "field zero": b"\x00\x01",
    "json as protobuf": b'{"resourceSpans": []}',
    "invalid UTF-8": GOOD.replace(b"step", b"\xff\xfe\xfd\xfc"),
    "nested 10,000 deep": nested_kvlist(10_000),
}
MALFORMED_JSON: dict[str, bytes] = {
    "nothing": b"",
    "not json": b"{",
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "cut off": b'{"resourceSpans": [{"scopeSp',
    "nested 10,000 deep": b"[" * 10_000,
    "nested 10,000 deep, closed": b'{"resourceSpans": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "nested 200 deep": b'{"resourceSpans": ' + b'[{"a":' * 200 + b"1" + b"}]" * 200 + b"}",
    "invalid UTF-8": b'{"resourceSpans": [{"schemaUrl": "\xff\xfe"}]}',
    "half of a surrogate pair": b'{"resourceSpans": [{"schemaUrl": "\\ud800"}]}',
    "wrong types": b'{"resourceSpans": {"scopeSpans": 7}}',
    "a number for a text": json.dumps(json_traces([json_span(1, name=7)])).encode(),
    "a text for a number": json.dumps(json_traces([json_span(1, startTimeUnixNano="soon")])).encode(),
    "a time beyond 64 bits": json.dumps(json_traces([json_span(1, endTimeUnixNano=str(1 << 64))])).encode(),
    "NaN for a time": json.dumps(json_traces([json_span(1, endTimeUnixNano=float("nan"))])).encode(),
    "an id that is not hex": json.dumps(json_traces([json_span(1, traceId="zz" * 16)])).encode(),
    "an id in base64": json.dumps(json_traces([json_span(1, traceId="AAECAwQFBgcICQoLDA0ODw==")])).encode(),
    "an id of odd length": json.dumps(json_traces([json_span(1, spanId="abc")])).encode(),
    "a number as an id": json.dumps(json_traces([json_span(1, spanId=77)])).encode(),
    "spans that are no objects": json.dumps(json_traces(["a", 1, None])).encode(),
    "the words of logs": b'{"resourceLogs": [{"scopeLogs": [{"logRecords": [{}]}]}]}',
    "words of nobody": b'{"spans": [{"name": "x"}]}',
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_protobuf_is_refused(door: Inside, name: str) -> None:
    answer = door.send(MALFORMED[name])
    assert answer.status_code == 400, said(answer)
    assert answer.headers["content-type"] == PROTOBUF
    assert "OTLP traces request" in said(answer)
    assert "application/x-protobuf" in said(answer)


@pytest.mark.parametrize("name", MALFORMED_JSON)
def test_malformed_json_is_refused(door: Inside, name: str) -> None:
    answer = door.send(MALFORMED_JSON[name], media=JSON)
    assert answer.status_code == 400, said(answer)
    assert answer.headers["content-type"] == JSON
    assert answer.json()["code"] == 3
    assert len(answer.json()["message"]) > 20


IDS: dict[str, tuple[dict[str, Any], str]] = {
    "trace id of 15 bytes": ({"trace_id": b"\1" * 15}, "trace_id is not 16 bytes"),
    "trace id of 32 bytes": ({"trace_id": b"a1" * 16}, "trace_id is not 16 bytes"),
    "no trace id": ({"trace_id": b""}, "trace_id is not 16 bytes"),
    "trace id of zeros": ({"trace_id": bytes(16)}, "trace_id is not 16 bytes"),
    "span id of 16 bytes": ({"span_id": b"\1" * 16}, "span_id is not 8 bytes"),
    "span id of zeros": ({"span_id": bytes(8)}, "span_id is not 8 bytes"),
    "parent id of 3 bytes": ({"parent_span_id": b"\1" * 3}, "parent_span_id is not 8 bytes"),
    "end beyond 2200": ({"end_time_unix_nano": (1 << 64) - 1}, "2200"),
    "start beyond 2200": ({"start_time_unix_nano": 1 << 63}, "2200"),
    "an event beyond 2200": ({"events": [{"time_unix_nano": 1 << 63}]}, "2200"),
}


def test_wrong_spans_among_good_ones_are_rejected_and_named(door: Inside) -> None:
    first, before = 10_000, door.count()
    wrong = [span(1, **fields) for fields, _ in IDS.values()]
    rejected, message = partial(door.send(traces_of([*wrong, *(span(first + n) for n in range(len(IDS)))])))
    assert rejected == len(IDS)
    assert all(why in message for _, why in IDS.values())
    # One more is the heartbeat of the test before this one, which may not have been applied yet.
    assert len(IDS) <= door.count() - before <= len(IDS) + 1


@pytest.mark.parametrize("name", IDS)
def test_a_body_of_wrong_spans_is_refused(door: Inside, name: str) -> None:
    fields, why = IDS[name]
    answer = door.send(traces_of([span(1, **fields)]))
    assert answer.status_code == 400
    assert why in said(answer)


LOGS = log_of({"a": "b"}, "a line", time_unix_nano=time.time_ns())
METRICS = gauge_of("app.queue", {"a": "b"})
BARE = traces_of([span(77, name="")])
MISPLACED = {
    "logs as traces": (LOGS, "traces"),
    "metrics as traces": (METRICS, "traces"),
    "traces as logs": (GOOD, "logs"),
    "traces without names as logs": (BARE, "logs"),
    "metrics as logs": (METRICS, "logs"),
    "traces as metrics": (GOOD, "metrics"),
    "traces without names as metrics": (BARE, "metrics"),
    "logs as metrics": (LOGS, "metrics"),
    "logs without a body as metrics": (log_of({}, time_unix_nano=1), "metrics"),
}


@pytest.mark.parametrize("name", MISPLACED)
def test_a_body_on_the_path_of_another_signal_is_refused(door: Inside, name: str) -> None:
    body, signal = MISPLACED[name]
    answer = door.send(body, signal)
    assert answer.status_code == 400, said(answer)


def test_a_body_without_spans_is_taken_with_a_warning(door: Inside) -> None:
    rejected, message = partial(door.send(traces_of([])))
    assert rejected == 0
    assert "no spans" in message


def test_an_empty_body_is_an_empty_request(door: Inside) -> None:
    assert partial(door.send(b"")) == (0, "")
    assert door.send(b"{}", media=JSON).json() == {}


def repeated_key(number: int) -> Any:
    """A span that says one thing a thousand times."""
    made = span(number, {"session.id": "first"})
    for _ in range(1000):
        made.attributes.add(key="session.id").value.string_value = "another"
    return made


ODD: dict[str, Callable[[int], Any]] = {
    "unknown kind and status": lambda n: span(n, kind=99, status={"code": 77, "message": "?"}),
    "100 levels of JSON text": lambda n: span(n, {"gen_ai.input.messages": "[" * 100 + "]" * 100}),
    "10,000 levels of JSON text": lambda n: span(n, {"gen_ai.input.messages": '{"a":' * 10_000}),
    "10,000 levels of JSON text, a secret inside": lambda n: span(
        n, {"gen_ai.input.messages": '[{"password":' * 5_000 + '"hunter2"' + "}]" * 5_000}
    ),
    "30 levels of kvlist": lambda n: span(n, {"deep": nest(30)}),
    "an index bomb": lambda n: span(
        n, {"openinference.span.kind": "LLM", "llm.input_messages.999999999.message.role": "user"}
    ),
    "an index beyond numbers": lambda n: span(
        n, {"openinference.span.kind": "LLM", f"llm.output_messages.{'9' * 5000}.message.role": "user"}
    ),
    "the same key a thousand times": repeated_key,
    "an array of 20,000": lambda n: span(n, {"list": list(range(20_000))}),
    "a megabyte of text": lambda n: span(n, {"text": "x" * 1_000_000}),
    "no name": lambda n: span(n, name=""),
    "a long name": lambda n: span(n, name="n" * 100_000),
    "NUL in strings": lambda n: span(
        n, {"session.id": "a\0b", "gen_ai.agent.name": "\0"}, name="a\0b", status={"code": 2, "message": "\0"}
    ),
    "a long session id": lambda n: span(n, {"session.id": "s" * 1_000_000}),
    "a session id of odd letters": lambda n: span(n, {"session.id": "\u202e\u0000\ufffe'\";--\U0001f9ff"}),
    "attributes without a value": lambda n: span(n, {"session.id": None, "gen_ai.request.model": None}),
    "values of the wrong type": lambda n: span(
        n,
        {
            "session.id": [1, {"a": 2}],
            "gen_ai.usage.input_tokens": "many",
            "gen_ai.usage.output_tokens": -5,
            "gen_ai.tool.definitions": [1.5, True],
            "trimtab.session.end": "perhaps",
            "gen_ai.response.time_to_first_chunk": float("inf"),
        },
    ),
    "not a number": lambda n: span(n, {"gen_ai.usage.input_tokens": float("nan")}),
    "its own parent": lambda n: span(n, parent_span_id=n.to_bytes(8, "big")),
    "of the year 1970": lambda n: span(n, start_time_unix_nano=1, end_time_unix_nano=2),
    "without times": lambda n: span(n, start_time_unix_nano=0, end_time_unix_nano=0),
    "end before start": lambda n: span(n, end_time_unix_nano=5),
}


def nest(levels: int) -> object:
    """A value in lists in lists."""
    found: object = "end"
    for _ in range(levels):
        found = {"k": found}
    return found


@pytest.mark.parametrize("name", ODD)
def test_an_odd_span_is_taken_and_counted(door: Inside, name: str) -> None:
    number = 20_000_000 + next(NUMBERS)
    answer = door.send(traces_of([ODD[name](number)]))
    assert partial(answer) == (0, "")
    assert door.query(f"select count(*) from steps where span_id = {number}") == [[1]]


def test_a_span_beyond_the_skew_bound_counts_at_its_receipt_and_is_flagged(door: Inside) -> None:
    number, later = 30_000_001, time.time_ns() + 10 * YEAR_NS
    door.send(traces_of([span(number, start_time_unix_nano=later, end_time_unix_nano=later + SECOND_NS)]))
    [[start_ns, skewed]] = door.query(f"select start_ns, skewed from steps where span_id = {number}")
    assert skewed
    assert abs(start_ns - time.time_ns()) < 60 * SECOND_NS


GREEDY = ("100,000 attributes", "a huge array")
BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "100,000 attributes": (
        lambda: traces_of([span(1, {f"a{n}": 1 for n in range(100_000)})]),
        "1024 attributes",
    ),
    "2,000 attributes": (lambda: traces_of([span(1, {f"a{n}": 1 for n in range(2000)})]), "1024 attributes"),
    "10 MB of text": (lambda: traces_of([span(1, {"text": "x" * 10_000_000})]), "8000000 bytes"),
    "a huge array": (lambda: traces_of([span(1, {"list": ["x" * 40] * 200_000})]), "8000000 bytes"),
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.full) if name in GREEDY else name for name in BOMBS]
)
def test_a_bomb_of_attributes_is_refused_by_its_bound(door: Inside, name: str) -> None:
    make, why = BOMBS[name]
    answer = door.send(make())
    assert answer.status_code == 400
    assert why in said(answer)


def test_too_many_spans_are_too_large(door: Inside) -> None:
    answer = door.send(traces_of(span(n) for n in range(1, 50_002)))
    assert answer.status_code == 413
    assert "50001 spans" in said(answer)


def test_a_body_of_100_mb_is_too_large(door: Inside) -> None:
    answer = door.send(bytes(100_000_000))
    assert answer.status_code == 413
    assert "limit is 32000000" in said(answer)


def test_a_body_of_100_mb_without_a_length_is_too_large(door: Inside) -> None:
    async def parts() -> Any:
        for _ in range(100):
            yield bytes(1_000_000)

    answer = door.send(parts())
    assert answer.status_code == 413
    assert "more than 32000000" in said(answer)


def test_a_gzip_bomb_is_too_large(door: Inside) -> None:
    packer = zlib.compressobj(1, wbits=31)
    bomb = b"".join([packer.compress(bytes(1_000_000)) for _ in range(100)]) + packer.flush()
    assert len(bomb) < 2_000_000
    answer = door.send(bomb, content_encoding="gzip")
    assert answer.status_code == 413
    assert "inflates to more than" in said(answer)


PACKED = gzip.compress(good(40_000_000, 2))
GZIPS = {
    "not gzip": GOOD,
    "cut off": PACKED[:-9],
    "empty": b"",
    "a damaged sum": PACKED[:-8] + b"\0" * 8,
    "followed by garbage": PACKED + b"garbage",
}


@pytest.mark.parametrize("name", GZIPS)
def test_damaged_gzip_is_refused(door: Inside, name: str) -> None:
    answer = door.send(GZIPS[name], content_encoding="gzip")
    assert answer.status_code == 400, said(answer)
    assert "gzip" in said(answer)


def test_gzip_in_several_members_is_read_to_its_end(door: Inside) -> None:
    body = good(41_000_000, 200)
    packed = gzip.compress(body[:5000]) + gzip.compress(body[5000:])
    before = door.count()
    assert partial(door.send(packed, content_encoding="gzip")) == (0, "")
    assert door.count() == before + 200


def test_json_and_protobuf_say_the_same(door: Inside) -> None:
    number = 42_000_001
    answer = door.send(json.dumps(json_traces([json_span(number, kind=99)])).encode(), media=JSON)
    assert answer.json() == {}
    assert door.query(f"select count(*) from steps where span_id = {number}") == [[1]]
