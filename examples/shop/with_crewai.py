"""The support agent in CrewAI: pip install 'trimtab[crewai]'."""
# ruff: noqa: INP001, T201 - a program, and it talks

import json
from typing import Any

from crewai import Agent, BaseLLM
from crewai.tools import tool
from shop import CONTRACT, MODEL, PROMPT, QUESTIONS, TOOLS, Shop, next_move

import trimtab
from trimtab.adapters.crewai import contracted


class Script(BaseLLM):
    """The scripted model as CrewAI asks it."""

    def supports_function_calling(self) -> bool:
        """It calls tools."""
        return True

    def call(self, messages: Any, *_: Any, **__: Any) -> Any:
        """The next move."""
        question = next(str(one["content"]) for one in messages if one["role"] == "user")
        calls = [one for message in messages for one in message.get("tool_calls") or ()]
        names = {one["id"]: one["function"]["name"] for one in calls}
        results = [
            (names[one["tool_call_id"]], str(one["content"])) for one in messages if one["role"] == "tool"
        ]
        move = next_move(question, results)
        counted = {"prompt_tokens": move.input_tokens, "completion_tokens": move.output_tokens}
        self._track_token_usage_internal(counted)
        if not move.tool:
            return move.answer
        function = {"name": move.tool, "arguments": json.dumps(move.args)}
        return [{"id": f"c{len(results)}", "type": "function", "function": function}]


def agent_of(shop: Shop) -> Agent:
    """The agent, with one more call than without a contract."""
    tools: list[Any] = [tool(name)(getattr(shop, name)) for name in TOOLS]
    agent = Agent(role="support", goal=PROMPT, backstory=PROMPT, tools=tools, llm=Script(model=MODEL))
    return contracted(agent)


def serve(shop: Shop, question: str, user: str = "ann") -> str:
    """One task of one user."""
    with trimtab.session(user=user, tenant="shop") as s:
        result = agent_of(shop).kickoff(s.input(question))
        s.outcome("success" if shop.refunds else "escalated" if shop.tickets else "failure")
        return s.output(result.raw)


def main() -> None:
    """Serve a few customers."""
    trimtab.init(contract=CONTRACT, ledger=False)
    for question in QUESTIONS:
        shop = Shop(down=1)
        print(f"{question} -> {serve(shop, question)}")


if __name__ == "__main__":
    main()
