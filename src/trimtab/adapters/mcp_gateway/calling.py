"""One call of a tool behind the gateway, under the contract."""

from collections.abc import Mapping
from typing import Any

from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp_types import CONNECTION_CLOSED, INVALID_PARAMS, CallToolRequestParams, CallToolResult, TextContent

from trimtab.adapters.mcp_gateway.behind import Behind
from trimtab.adapters.mcp_gateway.elicit import asking_at, nobody_agreed
from trimtab.adapters.mcp_gateway.results import (
    STATUS,
    Answered,
    made_of,
    refused,
    remember,
    stopped,
    texts_of,
)
from trimtab.adapters.mcp_gateway.upstream import Progress, Server
from trimtab.edge.gateway import SEPARATOR, Offer
from trimtab.edge.runtime import Failed
from trimtab.edge.sdk import Stopped, Visit, framework
from trimtab.vocabulary.kernel import TrimtabError

TOOL_ERROR = "tool_error"
"""What OpenTelemetry calls a result that says of itself that it is an error."""
FOR_GOOD = frozenset({"unkeyed_write", "irreversible"})
DRIFTED = "the definition of this tool has changed since it was pinned; it can be used again once an operator has pinned it anew"


class Erred(Exception):
    """A result that says of itself that it is an error."""

    error_type = TOOL_ERROR

    def __init__(self, result: CallToolResult) -> None:
        """Keep it as it came."""
        super().__init__("\n".join(texts_of(result.content))[:1000] or "the tool answered with an error")
        self.result = result


class Refusal(Erred):
    """One of a server that then did nothing, or of a tool that can be called again."""


class Unclear(Erred):
    """One of a call that cannot be repeated: it may have happened all the same."""


SIGNALS = framework.Signals(refusals=(Refusal,))


class Caller:
    """Calls tools of the servers behind the gateway."""

    def __init__(self, behind: Behind) -> None:
        """Know the servers."""
        self._behind = behind

    async def call(
        self, visit: Visit, context: ServerRequestContext[Any, Any], params: CallToolRequestParams
    ) -> CallToolResult:
        """Call one; whatever the contract, or a server, says against it is a result in words."""
        offer = self._behind.offers.find(params.name)
        if offer is None:
            return self._missing(params.name)
        with visit.call(), asking_at(context):
            return await self._called(visit, context, offer, params.arguments or {})

    def _missing(self, name: str) -> CallToolResult:
        """The answer about a tool that nobody offers."""
        server = self._behind.servers.get(name.partition(SEPARATOR)[0])
        if server is not None and not server.up:
            return refused(f"{name}: its server cannot be used now: {server.seen.fault}")
        raise MCPError(INVALID_PARAMS, f"Unknown tool: {name}")

    async def _called(
        self,
        visit: Visit,
        context: ServerRequestContext[Any, Any],
        offer: Offer,
        args: Mapping[str, Any],
    ) -> CallToolResult:
        server = self._behind.server_of(offer)
        progress = progress_of(context)

        async def run(given: framework.Args) -> Any:
            if offer.stopped:
                raise Failed(DRIFTED if offer.drift else f"this tool is withdrawn: {offer.withheld}")
            return answer_of(offer, server, await server.call(offer.definition.tool, given, progress))

        words = {
            "mcp.method.name": "tools/call",
            "mcp.session.id": visit.id,
            "mcp.protocol.version": server.protocol,
            "jsonrpc.request.id": str(context.request_id),
            "network.transport": server.transport,
            "trimtab.mcp.server": server.upstream.name,
            "trimtab.mcp.drift": offer.drift or None,
        }
        try:
            return told(offer.name, await framework.acall(offer.name, args, run, SIGNALS, words))
        except Erred as error:
            remember(offer.name, texts_of(error.result.content))
            return error.result
        except Stopped as error:
            return self._stopped(offer, error)
        except MCPError as error:
            if error.code != CONNECTION_CLOSED:
                raise
            return refused(
                f"the server {server.upstream.name} was lost in the middle of the call: {server.lost}"
            )
        except TrimtabError as error:
            if isinstance(error, Failed) and isinstance(error.__cause__, MCPError):
                raise error.__cause__ from None  # the server's own no, as it said it
            return refused(error.message, {STATUS: error.code})

    def _stopped(self, offer: Offer, error: Stopped) -> CallToolResult:
        """What the contract stopped; of an error that leaves open what happened, also what the server said."""
        cause = error.__cause__
        said = cause.result if isinstance(cause, Unclear) else None
        if said is not None:
            remember(offer.name, texts_of(said.content))
        found = stopped(error, said)
        if error.status == "waiting":
            text = nobody_agreed(error.decision.need if error.decision else None, self._behind.gateway)
            found.content.append(TextContent(type="text", text=text))
        return found


def answer_of(offer: Offer, server: Server, result: CallToolResult) -> Answered:
    """A server's result; raises where it is an error."""
    if not result.is_error:
        return Answered(result)
    contract = framework.contract()
    tool = contract.tools.get(offer.name) if contract else None
    if tool is not None and tool.effect in FOR_GOOD and server.upstream.errors == "unclear":
        raise Unclear(result)
    raise Refusal(result)


def told(name: str, value: Any) -> CallToolResult:
    """A value as a client gets it: the server's own result, unless the contract changed it, or may not let text past it."""
    if not isinstance(value, Answered):
        return made_of(value)
    contract = framework.contract()
    tool = contract.tools.get(name) if contract else None
    beside = value.beside()
    if beside and tool is not None and tool.output.hidden and tool.mode == "enforce":
        return made_of(value.model_dump())
    remember(name, beside)
    return value.result


def progress_of(context: ServerRequestContext[Any, Any]) -> Progress | None:
    """Hands on how far a call has come, where the client wants to know."""
    if "progress_token" not in (context.meta or {}):
        return None

    async def told_of(progress: float, total: float | None, message: str | None) -> None:
        await context.session.report_progress(progress, total, message)

    return told_of
