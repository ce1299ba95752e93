"""What is known of an agent before it has a contract: schemas of its tools, and sessions that were recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSchema:
    """A tool as a framework or an MCP server lists it; `hints` are MCP's annotations, which only propose."""

    name: str
    description: str = ""
    input: Mapping[str, Any] | None = None
    output: Mapping[str, Any] | None = None
    hints: Mapping[str, bool] = field(default_factory=dict[str, bool])


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """One tool call of a session, with its result."""

    tool: str
    args: Mapping[str, Any]
    result: Any = None
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedSession:
    """What the user said in a session, and the calls that were made, in their order."""

    user: tuple[str, ...] = ()
    system: tuple[str, ...] = ()
    calls: tuple[RecordedCall, ...] = ()
