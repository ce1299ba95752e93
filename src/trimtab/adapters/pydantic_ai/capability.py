"""A capability of Pydantic AI's agents."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from pydantic_ai.agent import AgentRunResult
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.exceptions import (
    ApprovalRequired,
    CallDeferred,
    ModelRetry,
    SkipToolExecution,
    ToolFailed,
)
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestContext
from pydantic_ai.tools import RunContext, ToolDefinition

from trimtab.edge.sdk import Stopped, framework

SIGNALS = framework.Signals(
    pauses=(CallDeferred, ApprovalRequired, SkipToolExecution), refusals=(ModelRetry, ToolFailed)
)
ROLES: dict[type[Any], str] = {UserPromptPart: "user", SystemPromptPart: "system", ToolReturnPart: "tool"}


class Contracted(AbstractCapability[Any]):
    """Put an agent under the contract that `trimtab.init` was given: `Agent(..., capabilities=[Contracted()])`.

    What the contract stops, the model is told as the tool's answer.
    """

    async def before_run(self, ctx: RunContext[Any]) -> None:
        """Take in what the user says."""
        framework.heard(user=[text_of(ctx.prompt)] if ctx.prompt else [])

    async def after_run(self, ctx: RunContext[Any], *, result: AgentRunResult[Any]) -> AgentRunResult[Any]:  # noqa: ARG002 - as the framework calls it
        """Decide about the answer, where it is text."""
        if not isinstance(result.output, str):
            return result
        found = framework.answered(result.output)
        return result if found == result.output else replace(result, output=found)

    async def prepare_tools(
        self,
        ctx: RunContext[Any],  # noqa: ARG002 - as the framework calls it
        tool_defs: list[ToolDefinition],
    ) -> list[ToolDefinition]:
        """Offer the tools that can be used now."""
        usable = set(framework.usable(one.name for one in tool_defs))
        return [one for one in tool_defs if one.name in usable]

    async def wrap_model_request(
        self,
        ctx: RunContext[Any],  # noqa: ARG002 - as the framework calls it
        *,
        request_context: ModelRequestContext,
        handler: Any,
    ) -> ModelResponse:
        """Ask the model."""
        parts = request_context.model_request_parameters.instruction_parts or []
        framework.heard(system=[one.content for one in parts])
        model = request_context.model
        with framework.asking(model.model_name, model.system, told(request_context.messages)) as asked:
            response: ModelResponse = await handler(request_context)
            tell(asked, response)
        return response

    async def wrap_tool_execute(
        self,
        ctx: RunContext[Any],  # noqa: ARG002 - as the framework calls it
        *,
        call: ToolCallPart,
        tool_def: ToolDefinition,  # noqa: ARG002 - as the framework calls it
        args: dict[str, Any],
        handler: Any,
    ) -> Any:
        """Call a tool as the contract says."""

        async def run(found: framework.Args) -> Any:
            return await handler(dict(found))

        try:
            return await framework.acall(call.tool_name, args, run, SIGNALS)
        except Stopped as stopped:
            return stopped.message


def text_of(content: object) -> str:
    """The text of a prompt, of which images and files are no part."""
    if isinstance(content, str):
        return content
    if not isinstance(content, Sequence):
        return "" if content is None else str(content)
    parts: Sequence[Any] = content
    return "\n".join(str(getattr(one, "content", one)) for one in parts if is_text(one))


def is_text(part: object) -> bool:
    """Whether a part of a prompt is text."""
    return isinstance(part, str) or getattr(part, "kind", "") == "text-content"


def told(messages: Sequence[ModelMessage]) -> list[dict[str, Any]]:
    """Messages as steps show them."""
    return [said for message in messages for said in sayings(message)]


def sayings(message: ModelMessage) -> Iterator[dict[str, Any]]:
    """What one message says, by who says it."""
    if isinstance(message, ModelResponse):
        yield {"role": "assistant", "content": message.text or ""}
        return
    yield from requests(message)


def requests(message: ModelRequest) -> Iterator[dict[str, Any]]:
    """The parts of a request."""
    for part in message.parts:
        role = ROLES.get(type(part))
        if role == "tool" and isinstance(part, ToolReturnPart):
            yield {"role": role, "content": part.model_response_str()}
        elif role:
            yield {"role": role, "content": text_of(getattr(part, "content", ""))}


def tell(asked: framework.Asked, response: ModelResponse) -> None:
    """Tell what the model answered."""
    usage = response.usage
    asked.answer(
        response.text or "",
        [(part.tool_name, part.args_as_dict()) for part in response.parts if isinstance(part, ToolCallPart)],
        finish=response.finish_reason,
        model=response.model_name,
        usage={
            "input": usage.input_tokens,
            "output": usage.output_tokens,
            "cache_read": usage.cache_read_tokens,
            "cache_write": usage.cache_write_tokens,
        }
        if usage.has_values()
        else {},
    )
