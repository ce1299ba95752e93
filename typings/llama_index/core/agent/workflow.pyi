"""What the adapter uses of LlamaIndex's agents, which are installed in an environment of their own."""

from collections.abc import Sequence
from typing import Any

from llama_index.core.llms import ChatMessage
from llama_index.core.tools import AsyncBaseTool

class ToolSelection:
    tool_id: str
    tool_name: str
    tool_kwargs: dict[str, Any]

class AgentOutput:
    response: ChatMessage
    tool_calls: list[ToolSelection]
    raw: Any

class BaseWorkflowAgent:
    name: str
    llm: Any
    async def get_tools(self, input_str: str | None = None) -> Sequence[AsyncBaseTool]: ...
    async def take_step(
        self, ctx: Any, llm_input: list[ChatMessage], tools: Sequence[AsyncBaseTool], memory: Any
    ) -> AgentOutput: ...
    async def finalize(self, ctx: Any, output: AgentOutput, memory: Any) -> AgentOutput: ...
