"""The support agent in LlamaIndex: pip install 'trimtab[llama-index]'."""
# ruff: noqa: INP001, T201 - a program, and it talks

import asyncio
from collections.abc import Sequence
from typing import Any

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import TextBlock, ToolCallBlock
from llama_index.core.llms import ChatMessage, ChatResponse, LLMMetadata, MockFunctionCallingLLM
from shop import CONTRACT, MODEL, PROMPT, QUESTIONS, TOOLS, Shop, next_move

import trimtab
from trimtab.adapters.llama_index import contracted


class Script(MockFunctionCallingLLM):
    """The scripted model as LlamaIndex asks it."""

    @property
    def metadata(self) -> LLMMetadata:
        """What it is called."""
        return LLMMetadata(model_name=MODEL, is_function_calling_model=True, is_chat_model=True)

    async def achat(self, messages: Sequence[ChatMessage], **_: Any) -> ChatResponse:
        """The next move."""
        question = next(one.content or "" for one in messages if one.role == "user")
        names = [
            block.tool_name for one in messages for block in one.blocks if isinstance(block, ToolCallBlock)
        ]
        answers = [one.content or "" for one in messages if one.role == "tool"]
        move = next_move(question, list(zip(names, answers, strict=False)))
        block = (
            ToolCallBlock(tool_call_id=f"c{len(answers)}", tool_name=move.tool, tool_kwargs=dict(move.args))
            if move.tool
            else TextBlock(text=move.answer)
        )
        usage = {"input_tokens": move.input_tokens, "output_tokens": move.output_tokens}
        return ChatResponse(message=ChatMessage(role="assistant", blocks=[block]), raw={"usage": usage})


def agent_of(shop: Shop) -> FunctionAgent:
    """The agent, with one more call than without a contract."""
    tools = [getattr(shop, name) for name in TOOLS]
    agent = FunctionAgent(name="support", system_prompt=PROMPT, tools=tools, llm=Script(), streaming=False)
    return contracted(agent)


async def ask(agent: FunctionAgent, question: str) -> str:
    """One run of the agent."""
    return str(await agent.run(user_msg=question))


def serve(shop: Shop, question: str, user: str = "ann") -> str:
    """One task of one user."""
    with trimtab.session(user=user, tenant="shop") as s:
        answer = asyncio.run(ask(agent_of(shop), question))
        s.outcome("success" if shop.refunds else "escalated" if shop.tickets else "failure")
        return answer


def main() -> None:
    """Serve a few customers."""
    trimtab.init(contract=CONTRACT, ledger=False)
    for question in QUESTIONS:
        shop = Shop(down=1)
        print(f"{question} -> {serve(shop, question)}")


if __name__ == "__main__":
    main()
