"""Tools of CrewAI."""

from typing import Any

class BaseTool:
    name: str
    def _run(self, **given: Any) -> Any: ...
    async def _arun(self, **given: Any) -> Any: ...
