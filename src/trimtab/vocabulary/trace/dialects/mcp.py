"""The Model Context Protocol: clients, servers, and tool spans that carry what the protocol adds.

Only `tools/call` is a tool call. `mcp.session.id` is a connection between a client and a server, which many users
may share: it is no session of ours.
https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md
"""

from typing import Any

from trimtab.vocabulary.trace.dialects.reading import Convert, Draft, claim, text

NAME = "mcp"
FIELDS: dict[str, tuple[str, Convert]] = {"mcp.tool.name": ("tool", text)}
METHOD = "mcp.method.name"
READS = frozenset({METHOD})
PREFIXES: tuple[str, ...] = ()
KINDS_OF = {"tools/call": "tool", "prompts/get": "prompt"}


def kind(attributes: dict[str, Any]) -> str | None:
    """The kind of the request; what is left is the protocol's own business."""
    method = attributes.get(METHOD)
    return KINDS_OF.get(method, "other") if isinstance(method, str) else None


def refine(attributes: dict[str, Any], draft: Draft) -> None:
    """Name the dialect."""
    if METHOD in attributes:
        claim(draft, NAME)
