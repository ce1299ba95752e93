"""An agent of Pydantic AI, which tells of itself in OpenTelemetry's conventions."""

import asyncio
import os

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from pydantic_ai import Agent
from pydantic_ai.models.instrumented import InstrumentationSettings
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
model = OpenAIChatModel("m", provider=OpenAIProvider(base_url=os.environ["MODEL_URL"], api_key="none"))
agent = Agent(model, name="parcels", instructions="You find parcels.")
Agent.instrument_all(InstrumentationSettings(tracer_provider=provider))


@agent.tool_plain
def track(number: int) -> str:
    """Where a parcel is."""
    return f"parcel {number} is in Lyon"


asyncio.run(agent.run("Where is parcel 7?"))
provider.shutdown()
