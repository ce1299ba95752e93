"""The server that is called, and a proxy that does nothing but hand on: `python echo.py server|proxy`."""

import asyncio
import sys
from typing import Any

import mcp_types as types
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.server import Server
from mcp.server.runner import serve_loop
from mcp.server.stdio import stdio_server

SCHEMA = {"type": "object", "properties": {"id": {"type": "string"}}}
TOOLS = types.ListToolsResult(
    tools=[types.Tool(name=name, input_schema=SCHEMA) for name in ("look", "keep", "pay")]
)


async def listed(_: Any, __: Any) -> types.ListToolsResult:
    return TOOLS


async def called(_: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
    found = {"id": (params.arguments or {}).get("id"), "total": 5}
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=str(found))], structured_content=found
    )


async def serve(on_call: Any) -> None:
    server = Server[Any]("bench", version="1", on_list_tools=listed, on_call_tool=on_call)
    async with stdio_server() as (read, write):
        options = server.create_initialization_options()
        await serve_loop(server, read, write, lifespan_state={}, init_options=options)


async def proxy() -> None:
    behind = StdioServerParameters(command=sys.executable, args=[__file__, "server"])
    async with Client(behind) as client:

        async def handed_on(_: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
            return await client.call_tool(params.name, params.arguments)

        await serve(handed_on)


if __name__ == "__main__":
    asyncio.run(proxy() if "proxy" in sys.argv else serve(called))
