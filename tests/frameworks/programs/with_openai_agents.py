"""An agent of OpenAI's Agents SDK, told of by OpenInference."""

import os

from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool
from openai import AsyncOpenAI
from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
OpenAIAgentsInstrumentor().instrument(tracer_provider=provider)


@function_tool
def track(number: int) -> str:
    """Where a parcel is."""
    return f"parcel {number} is in Lyon"


client = AsyncOpenAI(base_url=os.environ["MODEL_URL"], api_key="none", max_retries=0)
model = OpenAIChatCompletionsModel(model="m", openai_client=client)
Runner.run_sync(
    Agent(name="parcels", instructions="You find parcels.", tools=[track], model=model), "Where is parcel 7?"
)
provider.shutdown()
