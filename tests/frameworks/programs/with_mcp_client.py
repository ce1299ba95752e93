"""A client and a server of MCP in one process, told of by OpenLLMetry, below the step of an agent."""

import asyncio

from mcp.server.fastmcp import FastMCP
from mcp.shared.memory import create_connected_server_and_client_session
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.mcp import McpInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
McpInstrumentor().instrument(tracer_provider=provider)
server = FastMCP("post")


@server.tool()
def track(number: int) -> str:
    """Where a parcel is."""
    return f"parcel {number} is in Lyon"


async def call() -> None:
    """One call of the tool, within the step of an agent."""
    about = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "parcels"}
    tracer = trace.get_tracer("parcels")
    async with create_connected_server_and_client_session(server._mcp_server) as client:
        with tracer.start_as_current_span("invoke_agent parcels", attributes=about):
            await client.call_tool("track", {"number": 7})


asyncio.run(call())
provider.shutdown()
