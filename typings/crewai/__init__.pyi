"""What the adapter uses of CrewAI, which is installed in an environment of its own."""

from typing import Any

class Agent:
    tools: list[Any] | None
    llm: Any

class BaseLLM:
    model: str
    provider: str
    def call(self, messages: Any, tools: Any = None, *rest: Any, **more: Any) -> Any: ...
    async def acall(self, messages: Any, tools: Any = None, *rest: Any, **more: Any) -> Any: ...
    def get_token_usage_summary(self) -> Any: ...
