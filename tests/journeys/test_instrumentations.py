"""Real instrumentations of a real client, against a model of our own: what leaves them becomes the right step."""

import contextlib
from collections.abc import Generator
from importlib import import_module
from typing import Any

import openai
import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.support.decoding import decoded
from tests.support.model import model

from trimtab.vocabulary.trace import Step
from trimtab.vocabulary.trace.dialects.conversation import prompt, tools

# What a library of others warns its own authors of is not for us to mend.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
INSTRUMENTATIONS = {
    "openinference": "openinference.instrumentation.openai",
    "gen_ai": "opentelemetry.instrumentation.openai",
}
"""The dialect that it speaks -> the module: Arize's, and Traceloop's, which by now speaks OpenTelemetry's."""
RULES, ASKED = "You find parcels.", "Where is parcel 7?"
TRACK = {"name": "track", "description": "Where a parcel is", "parameters": {"type": "object"}}
CALL = {"id": "c1", "type": "function", "function": {"name": "track", "arguments": "{}"}}
ANSWER: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "m-2",
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {"role": "assistant", "content": None, "tool_calls": [CALL]},
        }
    ],
    "usage": {
        "prompt_tokens": 120,
        "completion_tokens": 7,
        "total_tokens": 127,
        "prompt_tokens_details": {"cached_tokens": 20},
        "completion_tokens_details": {"reasoning_tokens": 3},
    },
}
REFUSAL = {"error": {"message": "Rate limit reached", "type": "requests", "code": "rate_limit_exceeded"}}


@pytest.fixture(params=INSTRUMENTATIONS)
def spans(request: pytest.FixtureRequest) -> Generator[tuple[str, InMemorySpanExporter]]:
    """An instrumented client, and what leaves it."""
    instrumentor = import_module(INSTRUMENTATIONS[request.param]).OpenAIInstrumentor()
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    instrumentor.instrument(tracer_provider=provider)
    yield request.param, kept
    instrumentor.uninstrument()


def ask(address: str) -> None:
    """One call of the model, as a user writes it."""
    openai.OpenAI(api_key="none", base_url=address, max_retries=0).chat.completions.create(
        model="m",
        messages=[{"role": "system", "content": RULES}, {"role": "user", "content": ASKED}],
        tools=[{"type": "function", "function": TRACK}],  # type: ignore[list-item]
    )


def step_of(kept: InMemorySpanExporter) -> Step:
    """The one step, by the wire, the door, redaction and the decoder."""
    found = decoded("traces", encode_spans(kept.get_finished_spans()).SerializeToString())
    assert found is not None
    (step,) = found[0]
    return step


def test_a_call_is_what_the_model_answered(spans: tuple[str, InMemorySpanExporter]) -> None:
    dialect, kept = spans
    with model(200, ANSWER) as address:
        ask(address)
    step = step_of(kept)
    assert (step.kind, step.dialect, step.error) == ("llm", dialect, False)
    assert (step.provider, step.model, step.model_requested) == ("openai", "m-2", "m")
    assert (step.input_tokens, step.cache_read_tokens) == (120, 20)
    assert (step.output_tokens, step.reasoning_tokens, step.usage_basis) == (7, 3, "reported")
    assert (step.messages, step.user_messages, step.tool_calls) == (3, 1, 1)
    assert (step.prompt_hash, step.tools_hash) == (prompt(RULES), tools([TRACK]))
    assert step.finish == "tool_call"


def test_a_refused_call_failed_for_the_reason_given(spans: tuple[str, InMemorySpanExporter]) -> None:
    _, kept = spans
    with model(429, REFUSAL) as address, contextlib.suppress(openai.RateLimitError):
        ask(address)
    step = step_of(kept)
    assert (step.kind, step.error, step.error_class) == ("llm", True, "rate_limit")
    assert (step.input_tokens, step.output_tokens, step.cost_nusd) == (None, None, None)
