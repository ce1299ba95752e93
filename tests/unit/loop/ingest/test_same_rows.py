"""The quick way to decode gives what the plain one gives, in every field of every step and fact."""

import gzip
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from bench.bodies import make_bodies
from bench.dialects import body_of
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.support.bodies import span, traces_of
from tests.support.decoding import NOW_NS, REDACTOR
from tests.support.same_run import EMITTERS
from tests.support.span_by_span import plainly_decoded
from tests.unit.loop.ingest.test_fuzz_decoders import BODIES, KEYS, LONG, QUICK, WORDS, mutated

from trimtab.loop.ingest import FixedPrices
from trimtab.loop.ingest.decode import Place, decode_traces, parse
from trimtab.loop.ingest.imports import IMPORTERS, Tally
from trimtab.vocabulary.kernel import Invalid

PLACE = Place(project="p", body=7, received_ns=NOW_NS, skew_bound_ns=300 * 10**9)
PRICES = FixedPrices({"m": (2, 3), "m-2": (5, 7), "gpt-4o": (1, 4)})


def same(body: bytes) -> int:
    """Decode both ways, the quick one until it has met everything; the number of steps."""
    plain_steps, plain_facts = plainly_decoded(body, PLACE, PRICES)
    for _ in range(3):
        steps, facts = decode_traces(body, PLACE, PRICES)
        for step, plain in zip(steps, plain_steps, strict=True):
            assert step._asdict() == plain._asdict()
        # As text: True is not 1 there, and NaN is itself.
        assert repr((steps, facts)) == repr((plain_steps, plain_facts))
    return len(plain_steps)


def fits(body: bytes) -> bool:
    """Whether a body is OTLP whose span ids are 64-bit numbers; the door refuses longer ones, and no row can hold them."""
    try:
        read = parse("traces", body)
    except Invalid:
        return False
    spans = (one for group in read.resource_spans for scope in group.scope_spans for one in scope.spans)
    return all(len(one.span_id) <= 8 for one in spans)


def same_where_read(body: bytes) -> None:
    """The same of whatever fits, whether the door would take it or not, and of what redaction makes of it."""
    if not fits(body):
        return
    same(body)
    same(REDACTOR.redact_body("traces", body).body)


def test_the_load_of_the_benchmark() -> None:
    assert [same(body) for body in make_bodies(3)] == [200] * 3


@pytest.mark.parametrize("emitter", EMITTERS)
def test_every_emitter(emitter: Any) -> None:
    assert same(body_of(emitter())) == 200


def of_langfuse(path: Path) -> Iterator[dict[str, Any]]:
    """The attributes of real spans that Langfuse kept."""
    with gzip.open(path, "rt") as lines:
        for line in lines:
            for observation in json.loads(line)["export"]["observations"]:
                found = observation.get("metadata") or {}
                attributes = (json.loads(found) if isinstance(found, str) else found).get("attributes") or {}
                yield json.loads(attributes) if isinstance(attributes, str) else attributes


def test_spans_of_real_frameworks(shared_data: Path) -> None:
    kept = of_langfuse(shared_data / "langfuse_framework_traces" / "records.jsonl.gz")
    bodies = [traces_of([span(1, attributes)]) for attributes in kept if attributes]
    assert sum(map(same, bodies)) > 50


def imported(format_: str, path: Path) -> Iterator[bytes]:
    """The traces bodies that an import of a file sends."""
    return (piece.body for piece in IMPORTERS[format_](path, Tally()) if piece.signal == "traces")


@pytest.mark.parametrize(
    ("format_", "name"),
    [
        ("agentdojo", "agentdojo_runs"),
        ("inspect", "inspect_logs"),
        ("langfuse", "langfuse_framework_traces"),
        ("tau-bench", "tau_bench_airline"),
    ],
)
def test_imported_runs(shared_data: Path, format_: str, name: str) -> None:
    bodies = islice(imported(format_, shared_data / name / "records.jsonl.gz"), 30)
    assert sum(map(same, bodies)) > 50


def varint(number: int, padding: int) -> bytes:
    """A protobuf integer, longer than it must be by some bytes."""
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    found += bytes([number]) if not padding else bytes([number | 128, *[128] * (padding - 1), 0])
    return bytes(found)


def fields_of(message: Message, padding: int = 0) -> list[bytes]:
    """Each field of a message that is set, as a message of its own on the wire; a list gives one for each of its items."""
    found: list[bytes] = []
    for field, value in message.ListFields():
        for item in value if field.is_repeated else [value]:
            if field.message_type is None:
                alone = type(message)()
                getattr(alone, field.name).append(item) if field.is_repeated else setattr(
                    alone, field.name, item
                )
                found.append(alone.SerializeToString())
            else:
                raw = b"".join(fields_of(item, padding))
                found.append(varint(field.number << 3 | 2, 0) + varint(len(raw), padding) + raw)
    return found


@st.composite
def rewired(draw: st.DrawFn) -> bytes:
    """Odd spans as an odd emitter may write them: fields in any order, some twice, some unknown, lengths padded."""
    request = ExportTraceServiceRequest.FromString(draw(BODIES["traces"]))
    padding = draw(st.integers(0, 2))
    groups: list[bytes] = []
    for group in request.resource_spans:
        scopes: list[bytes] = []
        for scope in group.scope_spans:
            spans: list[bytes] = []
            for one in scope.spans:
                fields = draw(st.permutations(fields_of(one, padding)))
                more = draw(
                    st.lists(
                        st.sampled_from([*fields, b"\xfa\x7f\x02hi", b"\x50\x07", b"\x2a\x00"]), max_size=3
                    )
                )
                spans.append(b"".join([*fields, *more]))
            scopes.append(b"".join(b"\x12" + varint(len(raw), padding) + raw for raw in spans))
        resource = group.resource.SerializeToString()
        raw = b"".join(b"\x12" + varint(len(scope), padding) + scope for scope in scopes)
        groups.append(draw(st.sampled_from([raw + b"\x0a" + varint(len(resource), 0) + resource, raw])))
    return b"".join(b"\x0a" + varint(len(raw), padding) + raw for raw in groups)


@QUICK
@given(body=BODIES["traces"])
def test_odd_spans(body: bytes) -> None:
    same_where_read(body)


@QUICK
@given(body=rewired())
def test_odd_emitters(body: bytes) -> None:
    same_where_read(body)


@QUICK
@given(body=mutated())
def test_damaged_spans(body: bytes) -> None:
    same_where_read(body)


@pytest.mark.full
@pytest.mark.timeout(900)
@LONG
@given(body=st.one_of(BODIES["traces"], rewired(), mutated()))
def test_odd_spans_at_length(body: bytes) -> None:
    same_where_read(body)


@given(st.lists(st.tuples(KEYS, WORDS), max_size=8), st.lists(st.tuples(KEYS, WORDS), max_size=8))
@QUICK
def test_keys_that_come_twice(first: list[tuple[str, str]], second: list[tuple[str, str]]) -> None:
    made = span(1)
    for key, word in [*first, *second, *first]:
        made.attributes.add(key=key).value.string_value = word
    same_where_read(traces_of([made, span(2), made]))
