"""The support agent in Pydantic AI: pip install 'trimtab[pydantic-ai]'."""
# ruff: noqa: INP001, T201 - a program, and it talks

import asyncio

from pydantic_ai import Agent
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.usage import RequestUsage
from shop import CONTRACT, MODEL, PROMPT, QUESTIONS, TOOLS, Shop, next_move

import trimtab
from trimtab.adapters.pydantic_ai import Contracted


def script(messages: list[ModelMessage], _: AgentInfo) -> ModelResponse:
    """The scripted model as Pydantic AI asks it."""
    parts = [part for message in messages if isinstance(message, ModelRequest) for part in message.parts]
    question = next(str(part.content) for part in parts if isinstance(part, UserPromptPart))
    results = [
        (part.tool_name, part.model_response_str()) for part in parts if isinstance(part, ToolReturnPart)
    ]
    move = next_move(question, results)
    part = ToolCallPart(move.tool, dict(move.args)) if move.tool else TextPart(move.answer)
    return ModelResponse(
        parts=[part],
        usage=RequestUsage(input_tokens=move.input_tokens, output_tokens=move.output_tokens),
        finish_reason="tool_call" if move.tool else "stop",
    )


def agent_of(shop: Shop) -> Agent[None, str]:
    """The agent, with one more line than without a contract."""
    return Agent(
        FunctionModel(script, model_name=MODEL),
        instructions=PROMPT,
        tools=[getattr(shop, name) for name in TOOLS],
        capabilities=[Contracted()],
    )


def serve(shop: Shop, question: str, user: str = "ann") -> str:
    """One task of one user."""
    with trimtab.session(user=user, tenant="shop") as s:
        result = asyncio.run(agent_of(shop).run(question))
        s.outcome("success" if shop.refunds else "escalated" if shop.tickets else "failure")
        return result.output


def main() -> None:
    """Serve a few customers."""
    trimtab.init(contract=CONTRACT, ledger=False)
    for question in QUESTIONS:
        shop = Shop(down=1)
        print(f"{question} -> {serve(shop, question)}")


if __name__ == "__main__":
    main()
