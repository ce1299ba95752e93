"""A loop around OpenAI's client, told of by Langfuse's SDK."""

import os

from langfuse import Langfuse, observe
from langfuse.openai import OpenAI
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

langfuse = Langfuse(
    public_key="pk", secret_key="sk", base_url="http://127.0.0.1:9", span_exporter=OTLPSpanExporter()
)
client = OpenAI(base_url=os.environ["MODEL_URL"], api_key="none", max_retries=0)
tools = [
    {"type": "function", "function": {"name": "track", "parameters": {"type": "object", "properties": {}}}}
]


@observe(as_type="tool")
def track(number: int) -> str:
    """Where a parcel is."""
    return f"parcel {number} is in Lyon"


@observe(as_type="agent")
def parcels(asked: str) -> str:
    """Ask, do, ask again."""
    messages = [{"role": "system", "content": "You find parcels."}, {"role": "user", "content": asked}]
    first = client.chat.completions.create(model="m", messages=messages, tools=tools).choices[0].message
    said = {"role": "tool", "tool_call_id": first.tool_calls[0].id, "content": track(7)}
    messages += [first.model_dump(exclude_none=True), said]
    return (
        client.chat.completions.create(model="m", messages=messages, tools=tools).choices[0].message.content
    )


parcels("Where is parcel 7?")
langfuse.flush()
