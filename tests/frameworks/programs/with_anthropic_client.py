"""A loop around Anthropic's client, told of by OpenLLMetry; the tool has no span of its own."""

import os

import anthropic
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
AnthropicInstrumentor().instrument(tracer_provider=provider)
client = anthropic.Anthropic(
    base_url=os.environ["MODEL_URL"].removesuffix("/v1"), api_key="none", max_retries=0
)
asked = {
    "model": "m",
    "max_tokens": 100,
    "system": "You find parcels.",
    "tools": [{"name": "track", "input_schema": {"type": "object"}}],
}
messages = [{"role": "user", "content": "Where is parcel 7?"}]
first = client.messages.create(messages=messages, **asked)
result = {"type": "tool_result", "tool_use_id": first.content[0].id, "content": "parcel 7 is in Lyon"}
messages += [
    {"role": "assistant", "content": [first.content[0].model_dump(include={"type", "id", "name", "input"})]},
    {"role": "user", "content": [result]},
]
client.messages.create(messages=messages, **asked)
provider.shutdown()
