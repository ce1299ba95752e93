"""An agent of LangChain, told of by OpenInference."""

import os

from langchain.agents import create_agent
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
LangChainInstrumentor().instrument(tracer_provider=provider)


@tool
def track(number: int) -> str:
    """Where a parcel is."""
    return f"parcel {number} is in Lyon"


model = ChatOpenAI(model="m", base_url=os.environ["MODEL_URL"], api_key="none", max_retries=0)
agent = create_agent(model, tools=[track], system_prompt="You find parcels.", name="parcels")
agent.invoke({"messages": [{"role": "user", "content": "Where is parcel 7?"}]})
provider.shutdown()
