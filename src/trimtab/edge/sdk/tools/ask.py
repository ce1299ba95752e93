"""A person's yes to one call, asked for where the agent runs."""

import secrets
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from trimtab.vocabulary.contract import Grant, Need


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person is asked: this tool with exactly these arguments, and why the contract asks.

    `quorum` people of `role` ("" is anybody) must agree. `doubts` say, by argument, what is wrong with a value and who said
    it; the digests are of the arguments and of the contract, `ttl_s` is how long a yes holds.
    """

    tool: str
    args: Mapping[str, Any]
    why: str
    role: str
    quorum: int
    session: str
    user: str
    doubts: Mapping[str, str] = field(default_factory=dict[str, str])
    args_digest: str = ""
    contract_digest: str = ""
    not_requester: bool = True
    ttl_s: float = 1800.0
    wait_s: float = 60.0


class RanOut(list[str]):
    """Nobody said yes, and the time of the request is over."""


Names = Iterable[str] | str | None
Ask = Callable[[Question], Names | Awaitable[Names]]
"""Gives the names of those who said yes, none where nobody did."""


def here_first(here: Ask, afar: Ask | None) -> Ask:
    """Asks here, and afar, which takes its time, where that gives None."""

    async def ask(question: Question) -> Names:
        names = here(question)
        if isinstance(names, Awaitable):
            names = await names
        if names is not None or afar is None:
            return names
        found = await aside(afar, question)
        return await found if isinstance(found, Awaitable) else found

    return ask


async def aside(ask: Ask, question: Question) -> Names | Awaitable[Names]:
    """Ask in a thread that the end of the process does not wait for, as it would for one of the loop's: people take their time."""
    import asyncio  # noqa: PLC0415 - who comes here has loaded it; nobody else needs it with the SDK

    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Names | Awaitable[Names]] = loop.create_future()
    context = copy_context()

    def put(names: Names | Awaitable[Names], error: Exception | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(names)
        else:
            answer.set_exception(error)

    def run() -> None:
        found: tuple[Names | Awaitable[Names], Exception | None]
        try:
            found = context.run(ask, question), None
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            found = None, error
        with suppress(RuntimeError):  # the loop has ended: nobody waits
            loop.call_soon_threadsafe(put, *found)

    threading.Thread(target=run, name="trimtab-ask", daemon=True).start()
    return await answer


def grants_of(need: "Need", names: object, now_ns: int) -> "tuple[Grant, ...]":
    """The yeses as the contract counts them, bound to the call that was asked about.

    Raises TypeError where `names` are none: an approval without an approver is no evidence.
    """
    from trimtab.vocabulary.contract import Grant  # noqa: PLC0415 - loaded with a contract, not with the SDK

    if not isinstance(names, Iterable | None):
        kind = type(names).__name__
        raise TypeError(
            f"the `ask` of init gives the name of who said yes, or nothing where nobody did; not {kind}"
        )
    given = [names] if isinstance(names, str) else list(cast("Iterable[object]", names or ()))
    return tuple(
        Grant(
            id=secrets.token_hex(16),
            approver=str(name),
            tool=need.tool,
            args_digest=need.args_digest,
            contract_digest=need.contract_digest,
            granted_ns=now_ns,
            role=need.role,
        )
        for name in given
        if name
    )
