"""Tools of LlamaIndex."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

class ToolMetadata:
    def get_name(self) -> str: ...

class ToolOutput:
    content: str
    raw_output: Any
    is_error: bool
    def __init__(
        self,
        *,
        content: str,
        tool_name: str,
        raw_input: Mapping[str, Any],
        raw_output: Any,
        is_error: bool = False,
    ) -> None: ...

class AsyncBaseTool:
    acall: Callable[..., Awaitable[ToolOutput]]
    @property
    def metadata(self) -> ToolMetadata: ...
