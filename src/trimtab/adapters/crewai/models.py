"""Models of CrewAI, asked as steps."""

import copy
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from crewai import BaseLLM

from trimtab.edge.sdk import framework

COUNTED = {
    "input": "prompt_tokens",
    "output": "completion_tokens",
    "cache_read": "cached_prompt_tokens",
    "cache_write": "cache_creation_tokens",
    "reasoning": "reasoning_tokens",
}


class Told(BaseLLM):
    """A model whose calls are decided about and told."""

    def call(self, messages: Any, tools: Any = None, *rest: Any, **more: Any) -> Any:
        """Ask the model, with the tools that can be used now."""
        asked, before = listed(messages), self.get_token_usage_summary()
        framework.heard(system=[one["content"] for one in asked if one["role"] == "system"])
        with framework.asking(self.model, str(self.provider or ""), asked) as call:
            answer = super().call(messages, offered(tools), *rest, **more)
            tell(call, answer, before, self.get_token_usage_summary())
        return answer

    async def acall(self, messages: Any, tools: Any = None, *rest: Any, **more: Any) -> Any:
        """Ask the model, with the tools that can be used now."""
        asked, before = listed(messages), self.get_token_usage_summary()
        framework.heard(system=[one["content"] for one in asked if one["role"] == "system"])
        with framework.asking(self.model, str(self.provider or ""), asked) as call:
            answer = await super().acall(messages, offered(tools), *rest, **more)
            tell(call, answer, before, self.get_token_usage_summary())
        return answer


@cache
def told_class(kind: type[Any]) -> type[Any]:
    """The class of a model, told of."""
    return type(kind.__name__, (Told, kind), {"__module__": kind.__module__})


def asked_as_told(llm: Any) -> Any:
    """A model of its own for this agent, told of."""
    found = copy.copy(llm)
    found.__class__ = told_class(type(llm))
    return found


def listed(messages: object) -> list[dict[str, Any]]:
    """Messages as steps show them."""
    if isinstance(messages, str):
        return [{"role": "user", "content": messages}]
    return [
        {"role": str(one.get("role", "")), "content": str(one.get("content") or "")}
        for one in cast("list[Mapping[str, Any]]", messages)
    ]


def offered(tools: Any) -> Any:
    """The tools that can be used now."""
    if not tools:
        return tools
    named = [(name_of(one), one) for one in cast("list[Any]", tools)]
    usable = set(framework.usable(name for name, _ in named))
    return [one for name, one in named if name in usable] or None


def name_of(tool: Any) -> str:
    """The name of a tool as a model is offered it."""
    found = cast("dict[str, Any]", tool) if isinstance(tool, dict) else {}
    return str(found.get("function", found).get("name") or "")


def tell(call: framework.Asked, answer: Any, before: Any, after: Any) -> None:
    """Tell what the model answered; tokens are what its count grew by."""
    text = answer if isinstance(answer, str) else ""
    calls = cast("list[Any]", answer) if isinstance(answer, list) else []
    usage = {word: getattr(after, name, 0) - getattr(before, name, 0) for word, name in COUNTED.items()}
    known = usage["input"] or usage["output"]
    call.answer(text, [wanted(one) for one in calls], usage=usage if known else {})


def wanted(call: Any) -> tuple[str, Any]:
    """A call that the model wants, by name and arguments, in the shapes of the providers."""
    found: Any = call if isinstance(call, dict) else vars(call)
    function = found.get("function") or found
    function = function if isinstance(function, dict) else vars(function)
    return str(function.get("name") or ""), function.get("arguments", function.get("input"))
