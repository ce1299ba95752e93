"""A middleware of LangChain's agents; its tool hook is also that of LangGraph's `ToolNode`."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, cast

from langchain.agents.middleware.types import (
    AgentMiddleware,
    AgentState,
    ModelRequest,
    ModelResponse,
    ToolCallRequest,
)
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langgraph.errors import GraphBubbleUp
from langgraph.runtime import Runtime
from langgraph.types import Command

from trimtab.edge.sdk import Stopped, framework

Reply = ToolMessage | Command[Any]
ROLES = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool"}


class Contracted(AgentMiddleware[Any, Any, Any]):
    """Put an agent under the contract that `trimtab.init` was given: `create_agent(..., middleware=[Contracted()])`.

    In a graph of your own: `ToolNode(tools, wrap_tool_call=Contracted().wrap_tool_call)`. What the contract stops, the model
    is told as the tool's answer.
    """

    def before_agent(self, state: AgentState[Any], runtime: Runtime[Any]) -> None:  # noqa: ARG002 - as LangChain calls it
        """Take in what the user says."""
        framework.heard(user=[text_of(one) for one in state["messages"] if one.type == "human"])

    async def abefore_agent(self, state: AgentState[Any], runtime: Runtime[Any]) -> None:
        """Take in what the user says."""
        self.before_agent(state, runtime)

    def after_agent(self, state: AgentState[Any], runtime: Runtime[Any]) -> dict[str, Any] | None:  # noqa: ARG002
        """Decide about the answer."""
        last = state["messages"][-1]
        said = text_of(last)
        found = framework.answered(said)
        return None if found == said else {"messages": [AIMessage(content=found, id=last.id)]}

    async def aafter_agent(self, state: AgentState[Any], runtime: Runtime[Any]) -> dict[str, Any] | None:
        """Decide about the answer."""
        return self.after_agent(state, runtime)

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Ask the model, with the tools that can be used now."""
        request = offered(request)
        with framework.asking(*named(request), told(request.messages)) as asked:
            response = handler(request)
            tell(asked, response)
        return response

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Ask the model, with the tools that can be used now."""
        request = offered(request)
        with framework.asking(*named(request), told(request.messages)) as asked:
            response = await handler(request)
            tell(asked, response)
        return response

    def wrap_tool_call(self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Reply]) -> Reply:
        """Call a tool as the contract says."""
        called = Called(request)
        try:
            value = framework.call(
                called.name, called.args, lambda args: called.value(handler(called.with_args(args))), SIGNALS
            )
        except Stopped as stopped:
            return called.message(stopped.message, status="error")
        except Refusal as refusal:
            return refusal.reply
        return called.reply(value)

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[Reply]]
    ) -> Reply:
        """Call a tool as the contract says."""
        called = Called(request)

        async def run(args: framework.Args) -> Any:
            return called.value(await handler(called.with_args(args)))

        try:
            value = await framework.acall(called.name, called.args, run, SIGNALS)
        except Stopped as stopped:
            return called.message(stopped.message, status="error")
        except Refusal as refusal:
            return refusal.reply
        return called.reply(value)


class Called:
    """One tool call of LangChain's: its request, and the replies of its attempts beside the values they hold."""

    def __init__(self, request: ToolCallRequest) -> None:
        """Begin without a reply."""
        self._request = request
        self._replies: list[tuple[Any, Reply]] = []
        self.name = request.tool_call["name"]
        self.args: dict[str, Any] = request.tool_call["args"]

    def with_args(self, args: framework.Args) -> ToolCallRequest:
        """The request with these arguments."""
        return self._request.override(tool_call={**self._request.tool_call, "args": dict(args)})

    def value(self, reply: Reply) -> Any:
        """What a reply holds; raises where the tool refused the arguments."""
        if not isinstance(reply, ToolMessage):
            found: Any = str(reply)
        elif reply.status == "error":
            raise Refusal(reply)
        else:
            found = read(reply.text)
        self._replies.append((found, reply))
        return found

    def reply(self, value: Any) -> Reply:
        """The reply that holds a value; a new one where it comes from the ledger, or was masked."""
        for found, reply in self._replies:
            if found is value:
                return reply
        return self.message(value if isinstance(value, str) else json.dumps(value))

    def message(self, text: str, status: Literal["success", "error"] = "success") -> ToolMessage:
        """Words for the model as the tool's answer."""
        call = self._request.tool_call
        return ToolMessage(text, tool_call_id=call["id"] or "", name=call["name"], status=status)


class Refusal(Exception):
    """The tool did not take the arguments; it has said so to the model."""

    def __init__(self, reply: ToolMessage) -> None:
        """Keep its words."""
        super().__init__(reply.text)
        self.reply = reply


SIGNALS = framework.Signals(pauses=(GraphBubbleUp,), refusals=(Refusal,))


def read(text: str) -> Any:
    """The value of a reply, which LangChain has written as JSON where it was no text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def offered(request: ModelRequest[Any]) -> ModelRequest[Any]:
    """The request with the tools that can be used now."""
    names = [name_of(one) for one in request.tools]
    usable = set(framework.usable(names))
    if usable.issuperset(names):
        return request
    return request.override(tools=[one for one in request.tools if name_of(one) in usable])


def name_of(tool: Any) -> str:
    """The name of a tool, which a provider's own tool has as `type`."""
    if isinstance(tool, dict):
        found = cast("dict[str, Any]", tool)
        return str(found.get("name") or found.get("type") or "")
    return str(tool.name)


def named(request: ModelRequest[Any]) -> tuple[str, str]:
    """The model and its provider, as LangSmith's parameters name them."""
    if request.system_message is not None:
        framework.heard(system=[request.system_message.text])
    told = request.model._get_ls_params()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - nothing public names both
    return str(told.get("ls_model_name") or ""), str(told.get("ls_provider") or "")


def told(messages: Sequence[BaseMessage]) -> list[dict[str, Any]]:
    """Messages as steps show them."""
    return [{"role": ROLES.get(one.type, one.type), "content": text_of(one)} for one in messages]


def text_of(message: BaseMessage) -> str:
    """The text of a message."""
    return message.text


def tell(asked: framework.Asked, response: ModelResponse[Any]) -> None:
    """Tell what the model answered."""
    said = [one for one in response.result if isinstance(one, AIMessage)]
    if not said:
        return
    message = said[-1]
    metadata = message.response_metadata
    asked.answer(
        message.text,
        [(call["name"], call["args"]) for call in message.tool_calls],
        finish=metadata.get("finish_reason") or metadata.get("stop_reason"),
        model=metadata.get("model_name") or metadata.get("model"),
        usage=usage_of(message),
    )


def usage_of(message: AIMessage) -> dict[str, int | None]:
    """The tokens of an answer."""
    usage = message.usage_metadata
    if usage is None:
        return {}
    inside = usage.get("input_token_details", {})
    return {
        "input": usage["input_tokens"],
        "output": usage["output_tokens"],
        "cache_read": inside.get("cache_read"),
        "cache_write": inside.get("cache_creation"),
        "reasoning": usage.get("output_token_details", {}).get("reasoning"),
    }
