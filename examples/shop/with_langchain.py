"""The support agent in LangChain: pip install 'trimtab[langchain]'."""
# ruff: noqa: INP001, T201 - a program, and it talks

from collections.abc import Callable
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from shop import CONTRACT, MODEL, PROMPT, QUESTIONS, TOOLS, Shop, next_move

import trimtab
from trimtab.adapters.langchain import Contracted


class Script(BaseChatModel):
    """The scripted model as LangChain asks it."""

    model: str = MODEL

    @property
    def _llm_type(self) -> str:
        return "script"

    def bind_tools(self, *_: Any, **__: Any) -> "Script":
        """The script knows its tools."""
        return self

    def _get_ls_params(self, *_: Any, **__: Any) -> Any:
        return {"ls_provider": "script", "ls_model_name": self.model}

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        question = next(one.text for one in messages if one.type == "human")
        results = [(one.name or "", one.text) for one in messages if isinstance(one, ToolMessage)]
        move = next_move(question, results)
        calls = [{"name": move.tool, "args": dict(move.args), "id": f"c{len(results)}"}] if move.tool else []
        message = AIMessage(
            content=move.answer,
            tool_calls=calls,
            response_metadata={"finish_reason": "tool_call" if move.tool else "stop"},
            usage_metadata={
                "input_tokens": move.input_tokens,
                "output_tokens": move.output_tokens,
                "total_tokens": move.input_tokens + move.output_tokens,
            },
        )
        return ChatResult(generations=[ChatGeneration(message=message)])


def agent_of(shop: Shop) -> Any:
    """The agent, with one more line than without a contract."""
    functions: list[Callable[..., Any]] = [getattr(shop, name) for name in TOOLS]
    return create_agent(
        Script(), [tool(one) for one in functions], system_prompt=PROMPT, middleware=[Contracted()]
    )


def serve(shop: Shop, question: str, user: str = "ann") -> str:
    """One task of one user."""
    with trimtab.session(user=user, tenant="shop") as s:
        state = agent_of(shop).invoke({"messages": [{"role": "user", "content": question}]})
        s.outcome("success" if shop.refunds else "escalated" if shop.tickets else "failure")
        return state["messages"][-1].text


def main() -> None:
    """Serve a few customers."""
    trimtab.init(contract=CONTRACT, ledger=False)
    for question in QUESTIONS:
        shop = Shop(down=1)
        print(f"{question} -> {serve(shop, question)}")


if __name__ == "__main__":
    main()
