"""The support agent in OpenAI's Agents SDK: pip install 'trimtab[openai-agents]'."""
# ruff: noqa: INP001, T201 - a program, and it talks

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from agents import Agent, Model, ModelResponse, RunConfig, Runner, Usage, function_tool
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText
from shop import CONTRACT, MODEL, PROMPT, QUESTIONS, TOOLS, Shop, next_move

import trimtab
from trimtab.adapters.openai_agents import contracted


class Script(Model):
    """The scripted model as the Agents SDK asks it."""

    model = MODEL

    async def get_response(self, **asked: Any) -> ModelResponse:
        """The next move."""
        given: Any = asked["input"]
        items: list[dict[str, Any]] = (
            [{"role": "user", "content": given}] if isinstance(given, str) else given
        )
        question = next(str(one["content"]) for one in items if one.get("role") == "user")
        names = {one["call_id"]: one["name"] for one in items if one.get("type") == "function_call"}
        results = [
            (names[one["call_id"]], str(one["output"]))
            for one in items
            if one.get("type") == "function_call_output"
        ]
        move = next_move(question, results)
        usage = Usage(
            requests=1,
            input_tokens=move.input_tokens,
            output_tokens=move.output_tokens,
            total_tokens=move.input_tokens + move.output_tokens,
        )
        return ModelResponse(
            output=[item_of(move.tool, dict(move.args), move.answer, len(results))],
            usage=usage,
            response_id=None,
        )

    def stream_response(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        """The script does not stream."""
        raise NotImplementedError


def item_of(tool: str, args: dict[str, Any], answer: str, number: int) -> Any:
    """A move as an item of OpenAI's responses."""
    if tool:
        return ResponseFunctionToolCall(
            type="function_call", name=tool, arguments=json.dumps(args), call_id=f"c{number}"
        )
    text = ResponseOutputText(type="output_text", text=answer, annotations=[])
    return ResponseOutputMessage(
        id=f"m{number}", type="message", role="assistant", status="completed", content=[text]
    )


def agent_of(shop: Shop) -> Agent[Any]:
    """The agent, with one more call than without a contract."""
    tools: list[Any] = [function_tool(getattr(shop, name)) for name in TOOLS]
    return contracted(Agent(name="support", instructions=PROMPT, tools=tools, model=Script()))


def serve(shop: Shop, question: str, user: str = "ann") -> str:
    """One task of one user."""
    with trimtab.session(user=user, tenant="shop") as s:
        run = Runner.run(agent_of(shop), question, run_config=RunConfig(tracing_disabled=True))
        result = asyncio.run(run)
        s.outcome("success" if shop.refunds else "escalated" if shop.tickets else "failure")
        return s.output(str(result.final_output))


def main() -> None:
    """Serve a few customers."""
    trimtab.init(contract=CONTRACT, ledger=False)
    for question in QUESTIONS:
        shop = Shop(down=1)
        print(f"{question} -> {serve(shop, question)}")


if __name__ == "__main__":
    main()
