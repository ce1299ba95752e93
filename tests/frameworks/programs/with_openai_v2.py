"""OpenAI's client with OpenTelemetry's own instrumentation, which puts what was said into the log, not on the span."""

import os

import openai
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

spans, logs = TracerProvider(), LoggerProvider()
spans.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
OpenAIInstrumentor().instrument(tracer_provider=spans, logger_provider=logs)
client = openai.OpenAI(base_url=os.environ["MODEL_URL"], api_key="none", max_retries=0)
messages = [
    {"role": "system", "content": "You find parcels."},
    {"role": "user", "content": "Where is parcel 7?"},
]
first = client.chat.completions.create(model="m", messages=messages).choices[0].message
call = first.tool_calls[0]
messages += [
    {"role": "assistant", "tool_calls": [call.model_dump()]},
    {"role": "tool", "tool_call_id": call.id, "content": "parcel 7 is in Lyon"},
]
client.chat.completions.create(model="m", messages=messages)
logs.shutdown()
spans.shutdown()
