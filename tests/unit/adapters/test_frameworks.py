"""What is peculiar to a framework: its own exceptions, asynchronous runs, tools that are withdrawn, results that are masked."""

import asyncio
import json
from typing import Any

import pytest
from agents import Agent as OpenAIAgent
from agents import FunctionTool, RunContextWrapper, function_tool
from agents.tool_context import ToolContext
from langchain_core.messages import ToolMessage
from langchain_core.tools import tool as langchain_tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, interrupt
from pydantic_ai import Agent, ModelRetry
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

import trimtab
from trimtab.adapters.langchain import Contracted as Middleware
from trimtab.adapters.openai_agents import contracted
from trimtab.adapters.pydantic_ai import Contracted as Capability
from trimtab.vocabulary.contract import narrow, parse_overlay, read_contract

CONTRACT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: support}
spec:
  mode: enforce
  tools:
    look: {effect: read, output: {hidden: [card]}, retry: {attempts: 1}}
    pay: {effect: irreversible}
"""


def called(name: str, **args: Any) -> dict[str, Any]:
    """A model's message that calls a tool."""
    call = {"name": name, "args": args, "id": "c1", "type": "tool_call"}
    return {"messages": [{"role": "ai", "content": "", "tool_calls": [call]}]}


def graph_of(node: ToolNode) -> Any:
    """A graph that does nothing but call tools."""
    graph = StateGraph(MessagesState)
    graph.add_node("tools", node)
    graph.add_edge(START, "tools")
    graph.add_edge("tools", END)
    return graph.compile(checkpointer=InMemorySaver())


def answer_of(state: Any) -> ToolMessage:
    """The tool's message."""
    return state["messages"][-1]


THREAD: Any = {"configurable": {"thread_id": "1"}}


@pytest.mark.parametrize("way", ["thread", "loop"])
def test_langgraph_what_is_hidden_never_reaches_the_model(way: str) -> None:
    @langchain_tool
    def look(order: str) -> dict[str, str]:
        """Look."""
        return {"order": order, "card": "4111"}

    middleware = Middleware()
    graph = graph_of(
        ToolNode([look], wrap_tool_call=middleware.wrap_tool_call, awrap_tool_call=middleware.awrap_tool_call)
    )
    with trimtab.testing(contract=CONTRACT), trimtab.session():
        if way == "thread":
            state = graph.invoke(called("look", order="o-1"), THREAD)
        else:
            state = asyncio.run(graph.ainvoke(called("look", order="o-1"), THREAD))
    assert json.loads(answer_of(state).text) == {"order": "o-1", "card": "[hidden]"}


def test_langgraph_an_interrupt_waits_and_goes_on() -> None:
    @langchain_tool
    def pay(order: str) -> str:
        """Pay."""
        return f"{order} {interrupt('sure?')}"

    graph = graph_of(ToolNode([pay], wrap_tool_call=Middleware().wrap_tool_call))
    with trimtab.testing(contract=CONTRACT), trimtab.session():
        waiting = graph.invoke(called("pay", order="o-1"), THREAD)
        assert [one.value for one in waiting["__interrupt__"]] == ["sure?"]
        state = graph.invoke(Command(resume="yes"), THREAD)
    assert answer_of(state).text == "o-1 yes"


def test_langgraph_wrong_arguments_are_the_tools_to_refuse() -> None:
    @langchain_tool
    def pay(amount: int) -> str:
        """Pay."""
        return str(amount)

    graph = graph_of(ToolNode([pay], wrap_tool_call=Middleware().wrap_tool_call))
    with trimtab.testing(contract=CONTRACT) as told, trimtab.session():
        state = graph.invoke(called("pay", amount="much"), THREAD)
    assert answer_of(state).status == "error"
    assert "amount" in answer_of(state).text
    assert told.of_kind("tool")[0]["error"]["type"] == "tool_failed"


def test_pydantic_ai_a_tool_may_ask_the_model_again() -> None:
    tries: list[str] = []

    def script(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        assert [one.name for one in info.function_tools] == ["pay"]
        if len(tries) < 2:
            return ModelResponse(parts=[ToolCallPart("pay", {"order": f"o-{len(tries)}"})])
        return ModelResponse(parts=[TextPart(str(messages[-1].parts[0]))])

    agent = Agent(FunctionModel(script), capabilities=[Capability()])

    @agent.tool_plain
    def pay(order: str) -> str:
        """Pay."""
        tries.append(order)
        if order == "o-0":
            raise ModelRetry("say o-1")
        return "paid"

    with trimtab.testing(contract=CONTRACT), trimtab.session():
        asyncio.run(agent.run("pay"))
    assert tries == ["o-0", "o-1"]


def test_pydantic_ai_a_withdrawn_tool_is_not_offered() -> None:
    offered: list[list[str]] = []

    def script(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        offered.append([one.name for one in info.function_tools])
        return ModelResponse(parts=[TextPart("done")])

    def look() -> str:
        return "seen"

    def pay() -> str:
        return "paid"

    agent = Agent(FunctionModel(script), tools=[look, pay], capabilities=[Capability()])
    contract = narrow(read_contract(CONTRACT), parse_overlay("read_only"))
    with trimtab.testing(contract=contract), trimtab.session():
        asyncio.run(agent.run("hello"))
    assert offered == [["look"]]


def invoke(tool: Any, arguments: str) -> Any:
    """Call a tool of the Agents SDK as its runner does."""
    context: ToolContext[None] = ToolContext(
        context=None, tool_name=tool.name, tool_call_id="c1", tool_arguments=arguments
    )
    return asyncio.run(tool.on_invoke_tool(context, arguments))


def tools_of(agent: OpenAIAgent[Any]) -> list[Any]:
    """The tools of an agent under the contract."""
    return asyncio.run(contracted(agent).get_all_tools(RunContextWrapper(context=None)))


def test_openai_agents_a_tools_error_is_said_in_its_own_words() -> None:
    def words(context: Any, error: Exception) -> str:
        return f"sorry: {error}"

    @function_tool(failure_error_function=words)
    def look() -> str:
        """Look."""
        raise LookupError("gone")

    @function_tool(failure_error_function=None)
    def pay() -> str:
        """Pay."""
        raise LookupError("gone")

    with trimtab.testing(contract=CONTRACT) as told, trimtab.session():
        found, paid = tools_of(OpenAIAgent(name="a", tools=[look, pay]))
        assert isinstance(found, FunctionTool)
        assert invoke(found, "{}") == "sorry: gone"
        assert "do not repeat" in invoke(paid, "{}")
        observing = trimtab.testing(contract=CONTRACT.replace("enforce", "observe"))
        with observing, trimtab.session(), pytest.raises(LookupError):
            invoke(paid, "{}")
    assert [span["error"]["type"] for span in told.of_kind("tool")] == ["error", "unknown_outcome"]


def test_openai_agents_a_withdrawn_tool_is_not_offered() -> None:
    @function_tool
    def pay() -> str:
        """Pay."""
        return "paid"

    contract = narrow(read_contract(CONTRACT), parse_overlay("read_only"))
    with trimtab.testing(contract=contract), trimtab.session():
        assert tools_of(OpenAIAgent(name="a", tools=[pay])) == []


def test_a_text_that_no_hook_can_replace_stops_the_run() -> None:
    contract = (
        CONTRACT
        + "  checks: [{at: input, when: \"text.contains('4111')\", then: transform, replacement: card}]\n"
    )
    agent = Agent(
        FunctionModel(lambda *_: ModelResponse(parts=[TextPart("done")])), capabilities=[Capability()]
    )
    with (
        trimtab.testing(contract=contract),
        trimtab.session(),
        pytest.raises(trimtab.Stopped, match="replaces"),
    ):
        asyncio.run(agent.run("my card is 4111"))
    with trimtab.testing(contract=contract.replace("enforce", "observe")), trimtab.session():
        assert asyncio.run(agent.run("my card is 4111")).output == "done"
