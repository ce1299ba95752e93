"""The tools that the conformance suite calls, as it wants them, by the official SDK on standard streams: the server behind the gateway."""

import asyncio
from typing import Any

import mcp_types as types
from mcp.server import Server
from mcp.server.runner import serve_loop
from mcp.server.stdio import stdio_server

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
WAVE = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="
EMPTY: dict[str, Any] = {"type": "object", "properties": {}}
ADDRESS = {"type": "object", "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {"address": ADDRESS},
    "properties": {"name": {"type": "string"}, "address": {"$ref": "#/$defs/address"}},
    "additionalProperties": False,
}
TEXT = types.TextContent(type="text", text="This is a simple text response for testing.")
IMAGE = types.ImageContent(type="image", data=PIXEL, mime_type="image/png")
AUDIO = types.AudioContent(type="audio", data=WAVE, mime_type="audio/wav")
RESOURCE = types.EmbeddedResource(
    type="resource",
    resource=types.TextResourceContents(
        uri="test://embedded-resource", mime_type="text/plain", text="This is an embedded resource content."
    ),
)
MIXED = types.EmbeddedResource(
    type="resource",
    resource=types.TextResourceContents(
        uri="test://mixed-content-resource", mime_type="application/json", text='{"test":"data","value":123}'
    ),
)
SAYS: dict[str, list[types.ContentBlock]] = {
    "test_simple_text": [TEXT],
    "test_image_content": [IMAGE],
    "test_audio_content": [AUDIO],
    "test_embedded_resource": [RESOURCE],
    "test_multiple_content_types": [
        types.TextContent(type="text", text="Multiple content types test:"),
        IMAGE,
        MIXED,
    ],
    "test_error_handling": [
        types.TextContent(type="text", text="This tool intentionally returns an error for testing")
    ],
    "test_tool_with_progress": [types.TextContent(type="text", text="done")],
    "json_schema_2020_12_tool": [TEXT],
}


async def listed(_: Any, __: Any) -> types.ListToolsResult:
    return types.ListToolsResult(
        tools=[
            types.Tool(name=name, description=name, input_schema=SCHEMA if name.startswith("json") else EMPTY)
            for name in SAYS
        ]
    )


async def called(ctx: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
    if params.name == "test_tool_with_progress":
        for number in (0.0, 50.0, 100.0):
            await ctx.session.report_progress(number, 100.0, f"{number:g} of 100")
            await asyncio.sleep(0.05)
    return types.CallToolResult(content=SAYS[params.name], is_error=params.name == "test_error_handling")


async def main() -> None:
    server = Server[Any]("everything", version="1", on_list_tools=listed, on_call_tool=called)
    async with stdio_server() as (read, write):
        options = server.create_initialization_options()
        await serve_loop(server, read, write, lifespan_state={}, init_options=options)


if __name__ == "__main__":
    asyncio.run(main())
