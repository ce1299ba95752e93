"""A person's yes, asked for where the client runs."""

import asyncio
import json
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from mcp import MCPError
from mcp.server.context import ServerRequestContext

from trimtab.edge.gateway import Gateway
from trimtab.edge.sdk import framework

if TYPE_CHECKING:
    from trimtab.vocabulary.contract import Need

ASKING: ContextVar[ServerRequestContext[Any, Any] | None] = ContextVar("trimtab_mcp_asking", default=None)
CLIENT = "client"
"""Who said yes: whoever sits at the client. The gateway knows no more of them."""
MOST_WAIT_S = 600.0
MOST_TEXT = 4000
NO_YES_HERE = "Whoever sits at the client was asked, and has not agreed."
NO_YES_AFAR = (
    "People are asked by way of the server, and nobody has agreed yet. Once somebody has (`trimtab approvals`), the same call with the "
    "same arguments goes through."
)
NOBODY_TO_ASK = (
    "Nobody can be asked. A client that shows forms (elicitation) can ask its user, who counts once and for no role; for anybody else "
    "an operator sets `control` in the gateway's file, and people answer with `trimtab approvals`."
)
FORM: dict[str, Any] = {"type": "object", "properties": {}}


@contextmanager
def asking_at(context: ServerRequestContext[Any, Any]) -> Generator[None]:
    """Within it, questions go to the client of this request."""
    token = ASKING.set(context)
    try:
        yield
    finally:
        ASKING.reset(token)


async def ask_client(question: framework.Question) -> list[str] | None:
    """Who said yes to a call; None where the client cannot ask, or another than who sits there must agree."""
    context = ASKING.get()
    if context is None or not asked_here(question):
        return None
    try:
        async with asyncio.timeout(min(question.ttl_s, MOST_WAIT_S)):
            answer = await context.session.elicit_form(
                said(question), FORM, related_request_id=context.request_id
            )
    except (MCPError, TimeoutError):
        return []
    return [CLIENT] if answer.action == "accept" else []


def asked_here(wanted: "framework.Question | Need") -> bool:
    """Whether whoever sits at the client of the call that is under way is asked for this yes."""
    context = ASKING.get()
    return context is not None and not wanted.role and wanted.quorum <= 1 and can_ask(context)


def nobody_agreed(need: "Need | None", gateway: Gateway) -> str:
    """What can be done about a yes that nobody gave."""
    if gateway.ask == "client" and need is not None and asked_here(need):
        return NO_YES_HERE
    return NO_YES_AFAR if gateway.control else NOBODY_TO_ASK


def can_ask(context: ServerRequestContext[Any, Any]) -> bool:
    """Whether the client of a request can ask its user with a form."""
    capabilities = context.session.client_capabilities
    found = capabilities.elicitation if capabilities else None
    return found is not None and (found.form is not None or found.url is None)


def said(question: framework.Question) -> str:
    """What the person reads: the call, why it is asked about, and who said the values in doubt; obvious secrets are masked."""
    args = json.dumps(dict(question.args), ensure_ascii=False, indent=1, default=str)
    doubts = [f"{name}: {text}" for name, text in question.doubts.items()]
    lines = [f"May {question.tool} be called with these arguments?", args, f"Asked because: {question.why}"]
    return framework.masked("\n".join([*lines, *doubts]))[:MOST_TEXT]
