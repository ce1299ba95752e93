"""One trace with the OpenTelemetry of the user's, in both directions."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import trimtab

Theirs = tuple[Any, InMemorySpanExporter]


@pytest.fixture
def theirs() -> Iterator[Theirs]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    before = context.get_current()
    yield provider.get_tracer("theirs"), exporter
    provider.shutdown()
    assert context.get_current() == before, "what we attached is still there"


def test_their_spans_are_below_our_steps(theirs: Theirs) -> None:
    tracer, exporter = theirs
    with (
        trimtab.testing() as told,
        trimtab.session(),
        trimtab.step("plan"),
        tracer.start_as_current_span("http"),
        trimtab.step("tool", "x"),
    ):
        pass
    (http,) = exporter.get_finished_spans()
    tool, plan, root = told.spans
    assert http.parent is not None
    assert f"{http.parent.span_id:016x}" == plan["span_id"]
    assert tool["parent_id"] == f"{http.context.span_id:016x}"
    assert {s["trace_id"] for s in told.spans} == {f"{http.context.trace_id:032x}"}
    assert tool["session"] == root["session"]


def test_our_session_is_below_their_span(theirs: Theirs) -> None:
    tracer, exporter = theirs
    with trimtab.testing() as told, tracer.start_as_current_span("request"):
        with trimtab.session(), tracer.start_as_current_span("inner"):
            pass
        with tracer.start_as_current_span("after"):
            pass
    inner, after, request = exporter.get_finished_spans()
    (root,) = told.spans
    assert root["parent_id"] == f"{request.context.span_id:016x}"
    assert f"{inner.parent.span_id:016x}" == root["span_id"]
    assert after.parent.span_id == request.context.span_id


def test_headers_they_read_and_we_read_are_one_place(theirs: Theirs) -> None:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    tracer, _ = theirs
    headers = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "baggage": "trimtab.session.id=s1"}
    with trimtab.testing() as told:
        remote = TraceContextTextMapPropagator().extract(headers)
        with (
            tracer.start_as_current_span("server", context=remote) as server,
            trimtab.session(headers=headers),
        ):
            pass
    (root,) = told.spans
    assert (root["session"], root["trace_id"]) == ("s1", "a" * 32)
    assert root["parent_id"] == f"{server.get_span_context().span_id:016x}"


def test_unsampled_stays_unsampled_for_them(theirs: Theirs) -> None:
    tracer, exporter = theirs
    headers = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-00"}
    with trimtab.testing() as told, trimtab.session(headers=headers), tracer.start_as_current_span("inner"):
        assert trimtab.inject()["traceparent"].endswith("-00")
    assert exporter.get_finished_spans() == ()
    assert len(told.spans) == 1


def test_it_is_never_loaded_by_us() -> None:
    script = (
        "import sys, trimtab\n"
        "with trimtab.testing() as t, trimtab.session(), trimtab.step('llm'): pass\n"
        "assert len(t.spans) == 2\n"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in"
        " ('opentelemetry', 'orjson', 'numpy', 'httpx', 'pydantic', 'ssl')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
