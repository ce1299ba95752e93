"""The hooks of an agent: what the user says, and model calls as steps."""

from contextlib import AbstractContextManager
from typing import Any, cast
from weakref import WeakKeyDictionary

from agents import Agent, AgentHooks, ModelResponse, RunContextWrapper
from agents.items import ItemHelpers, TResponseInputItem

from trimtab.edge.sdk import framework

Open = tuple[AbstractContextManager[framework.Asked], framework.Asked]
"""A model call that has begun; of one that fails the hooks are not told, and it goes with its run."""


class Told(AgentHooks[Any]):
    """Tells of model calls, then does what the agent's own hooks do."""

    def __init__(self, own: AgentHooks[Any] | None) -> None:
        """Keep the agent's own hooks."""
        self._own = own or AgentHooks()
        self._open: WeakKeyDictionary[RunContextWrapper[Any], Open] = WeakKeyDictionary()

    async def on_start(self, context: Any, agent: Agent[Any]) -> None:
        """Take in what the user says."""
        framework.heard(user=spoken(context.turn_input))
        await self._own.on_start(context, agent)

    async def on_end(self, context: Any, agent: Agent[Any], output: Any) -> None:
        """As the agent's own hooks say; a hook cannot change the answer, so that is for `session.output`."""
        await self._own.on_end(context, agent, output)

    async def on_llm_start(
        self,
        context: RunContextWrapper[Any],
        agent: Agent[Any],
        system_prompt: str | None,
        input_items: list[TResponseInputItem],
    ) -> None:
        """A model call begins."""
        framework.heard(system=[system_prompt] if system_prompt else [])
        named = agent.model if isinstance(agent.model, str) else getattr(agent.model, "model", "")
        call = framework.asking(str(named or ""), "openai", told(input_items), apart=True)
        self._open[context] = call, call.__enter__()
        await self._own.on_llm_start(context, agent, system_prompt, input_items)

    async def on_llm_end(
        self, context: RunContextWrapper[Any], agent: Agent[Any], response: ModelResponse
    ) -> None:
        """A model call has ended."""
        begun = self._open.pop(context, None)
        if begun is not None:
            call, asked = begun
            tell(asked, response)
            call.__exit__(None, None, None)
        await self._own.on_llm_end(context, agent, response)

    async def on_handoff(self, context: Any, agent: Agent[Any], source: Agent[Any]) -> None:
        """As the agent's own hooks say."""
        await self._own.on_handoff(context, agent, source)

    async def on_tool_start(self, context: Any, agent: Agent[Any], tool: Any) -> None:
        """As the agent's own hooks say."""
        await self._own.on_tool_start(context, agent, tool)

    async def on_tool_end(self, context: Any, agent: Agent[Any], tool: Any, result: Any) -> None:
        """As the agent's own hooks say."""
        await self._own.on_tool_end(context, agent, tool, result)


def told(items: list[TResponseInputItem]) -> list[dict[str, Any]]:
    """Messages and results of tools as steps show them."""
    found: list[dict[str, Any]] = []
    for item in cast("list[dict[str, Any]]", items):
        if item.get("type") == "function_call_output":
            found.append({"role": "tool", "content": str(item.get("output", ""))})
        elif "role" in item:
            found.append({"role": str(item["role"]), "content": text_of(item.get("content"))})
    return found


def spoken(items: list[TResponseInputItem]) -> list[str]:
    """What the user says."""
    return [one["content"] for one in told(items) if one["role"] == "user"]


def text_of(content: object) -> str:
    """The text of a message's content."""
    if isinstance(content, str) or content is None:
        return content or ""
    parts = cast("list[dict[str, Any]]", content)
    return "\n".join(str(one["text"]) for one in parts if "text" in one)


def tell(asked: framework.Asked, response: ModelResponse) -> None:
    """Tell what the model answered."""
    calls = [one for one in response.output if one.type == "function_call"]
    texts = [ItemHelpers.extract_last_text(one) or "" for one in response.output]
    usage = response.usage
    counted = {
        "input": usage.input_tokens,
        "output": usage.output_tokens,
        "cache_read": usage.input_tokens_details.cached_tokens,
        "reasoning": usage.output_tokens_details.reasoning_tokens,
    }
    asked.answer(
        "".join(texts),
        [(one.name, one.arguments) for one in calls],
        usage=counted if usage.total_tokens else {},
    )
