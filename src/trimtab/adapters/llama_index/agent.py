"""An agent of LlamaIndex's workflows: its model calls are told, its tools wrapped as they are looked up."""

import copy
from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar, cast

from llama_index.core.agent.workflow import AgentOutput, BaseWorkflowAgent
from llama_index.core.llms import ChatMessage, TextBlock
from llama_index.core.tools import AsyncBaseTool

from trimtab.adapters.llama_index.tools import wrapped
from trimtab.edge.sdk import framework

A = TypeVar("A", bound=BaseWorkflowAgent)
HEARD = "trimtab_heard"
PLACE = "llama_index.llms."
USAGE = {
    "input": ("prompt_tokens", "input_tokens"),
    "output": ("completion_tokens", "output_tokens"),
    "cache_read": ("cache_read_input_tokens",),
    "cache_write": ("cache_creation_input_tokens",),
}


def contracted(agent: A) -> A:
    """The agent under the contract that `trimtab.init` was given; do the same for each agent of an `AgentWorkflow`.

    What the contract stops, the model is told as the tool's answer.
    """
    found = copy.copy(agent)
    found.__class__ = contracted_class(type(agent))
    return found


class Contracted(BaseWorkflowAgent):
    """An agent whose model calls, tools and answers are decided about."""

    async def get_tools(self, input_str: str | None = None) -> Sequence[AsyncBaseTool]:
        """The tools that can be used now, each under the contract."""
        tools = await super().get_tools(input_str)
        usable = set(framework.usable(one.metadata.get_name() for one in tools))
        return [wrapped(one) for one in tools if one.metadata.get_name() in usable]

    async def take_step(
        self, ctx: Any, llm_input: list[ChatMessage], tools: Sequence[AsyncBaseTool], memory: Any
    ) -> AgentOutput:
        """Take in what is new of the user's and the prompt's words, and ask the model."""
        said = [text_of(one) for one in llm_input if role_of(one) == "user"]
        begun = int(await ctx.store.get(HEARD, default=0))
        system = [text_of(one) for one in llm_input if role_of(one) == "system"]
        framework.heard(user=said[begun:], system=system)
        await ctx.store.set(HEARD, len(said))
        pad = cast("list[ChatMessage]", await ctx.store.get(getattr(self, "scratchpad_key", ""), default=[]))
        asked = [{"role": role_of(one), "content": text_of(one)} for one in [*llm_input, *pad]]
        with framework.asking(self.llm.metadata.model_name, provider_of(self.llm), asked) as call:
            output = await super().take_step(ctx, llm_input, tools, memory)
            tell(call, output)
        return output

    async def finalize(self, ctx: Any, output: AgentOutput, memory: Any) -> AgentOutput:
        """Decide about the answer, before it is remembered."""
        said = text_of(output.response)
        found = framework.answered(said)
        if found != said:
            output.response.blocks = [TextBlock(text=found)]
        return await super().finalize(ctx, output, memory)


@cache
def contracted_class(kind: type[Any]) -> type[Any]:
    """The class of an agent, with the contract before it."""
    return type(kind.__name__, (Contracted, kind), {"__module__": kind.__module__})


def text_of(message: ChatMessage) -> str:
    """The text of a message."""
    return message.content or ""


def role_of(message: ChatMessage) -> str:
    """Who says it."""
    return str(message.role.value)


def provider_of(llm: Any) -> str:
    """Whose model it is, as the package of its integration says; "" for a class of one's own."""
    module = str(type(llm).__module__)
    return module.removeprefix(PLACE).split(".")[0] if module.startswith(PLACE) else ""


def tell(call: framework.Asked, output: AgentOutput) -> None:
    """Tell what the model answered."""
    raw = cast("dict[str, Any]", output.raw) if isinstance(output.raw, dict) else {}
    call.answer(
        text_of(output.response),
        [(one.tool_name, one.tool_kwargs) for one in output.tool_calls],
        model=str(raw["model"]) if raw.get("model") else None,
        usage=usage_of(raw.get("usage")),
    )


def usage_of(usage: object) -> dict[str, int | None]:
    """The tokens of an answer, as OpenAI or Anthropic count them."""
    counted = cast("dict[str, Any]", usage) if isinstance(usage, dict) else {}
    return {
        word: next((counted[name] for name in names if counted.get(name) is not None), None)
        for word, names in USAGE.items()
    }
