"""What the adapter uses of agent-hooks, which is installed in an environment of its own."""

from enum import Enum
from typing import Any

class Decision(str, Enum):
    ALLOW = "allow"
    TRANSFORM = "transform"
    DENY = "deny"

class CompositionProfile(str, Enum):
    PARALLEL_STRICTEST = "parallel/strictest"

class CompositionConfig:
    def __init__(self, *, profile: CompositionProfile) -> None: ...

class AgentContextBuilder:
    def __init__(self, *, agent_id: str, framework: str, session_id: str) -> None: ...

class InterceptionEmitter:
    def __init__(self, *, timeout: float) -> None: ...
    def register(self, interceptor: Any, name: str | None = None) -> InterceptionEmitter: ...
    def set_composition(self, composition: CompositionConfig) -> InterceptionEmitter: ...
    def set_max_records(self, max_records: int) -> InterceptionEmitter: ...
    async def emit_unchecked(self, ctx: dict[str, Any]) -> Any: ...
