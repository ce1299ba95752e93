"""How fast spans of each dialect become steps: one run of an agent, written down by each emitter."""

import time
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.support.same_run import EMITTERS, Attributes

from bench.bodies import BASE_NS, fill_value
from bench.outcome import Line, Outcome, no_target
from trimtab.adapters.genai_prices import GenaiPrices
from trimtab.loop.ingest import Rules, decode_entry
from trimtab.loop.store import Entry

RUNS = 40
"""Runs of five spans in a body: 200 spans, as in the other measurements."""
BODIES = 50


def body_of(run: tuple[Attributes, ...]) -> bytes:
    """A body with so many copies of a run, each a trace of its own; all texts are those of the first."""
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for trace in range(1, RUNS + 1):
        for place, attributes in enumerate(run, start=1):
            span = scope.spans.add()
            span.trace_id, span.span_id = trace.to_bytes(16, "big"), (trace * 16 + place).to_bytes(8, "big")
            span.parent_span_id = b"" if place == 1 else (trace * 16 + 1).to_bytes(8, "big")
            span.name = "a step"
            span.start_time_unix_nano, span.end_time_unix_nano = BASE_NS + place, BASE_NS + place + 10**9
            for key, given in attributes.items():
                pair = span.attributes.add()
                pair.key = key
                fill_value(pair.value, given)
    return request.SerializeToString()


def rate(body: bytes, bodies: int, rules: Rules) -> dict[str, float]:
    """Spans per second and core, the best of three passes; a pass before them fills what is remembered."""
    entry = Entry(project="p", signal="traces", received_ns=BASE_NS + 10**12, body=body, items=0, position=1)
    spans = len(decode_entry(entry, rules)[0])
    best = 0.0
    for _ in range(3):
        cpu = time.process_time()
        for _ in range(bodies):
            decode_entry(entry, rules)
        best = max(best, spans * bodies / (time.process_time() - cpu))
    return {"spans_per_core_s": best, "bytes_per_span": len(body) / spans}


def parse_rate(body: bytes, bodies: int) -> float:
    """The floor: spans per second and core of parsing alone."""
    spans = RUNS * 5
    cpu = time.process_time()
    for _ in range(bodies):
        ExportTraceServiceRequest.FromString(body)
    return spans * bodies / (time.process_time() - cpu)


def run(*, quick: bool) -> Outcome:
    """Every dialect in turn; `quick` takes a fifth."""
    bodies, rules = BODIES // 5 if quick else BODIES, Rules(prices=GenaiPrices())
    raw: dict[str, Any] = {}
    for emitter in EMITTERS:
        body = body_of(emitter())
        raw[emitter.__name__] = rate(body, bodies, rules) | {
            "parse_spans_per_core_s": parse_rate(body, bodies)
        }
    return Outcome(name="dialects", raw=raw, lines=[line(name, of) for name, of in raw.items()])


def line(name: str, of: dict[str, float]) -> Line:
    """Parsed, normalised, classified and priced, beside parsing alone."""
    said = f"decode {name}, {of['bytes_per_span']:.0f} B/span"
    return no_target(said, of["spans_per_core_s"], "spans/s/core", of["parse_spans_per_core_s"])
