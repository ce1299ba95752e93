"""A contract in a test: nothing is waited for, nothing is kept, and recorded answers stand in for tools."""

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from trimtab.edge.runtime import Runtime, advisers_of
from trimtab.edge.sdk.tools.ask import Ask
from trimtab.edge.sdk.tools.bound import Bound
from trimtab.edge.sdk.tools.given import GIVEN, failed, result
from trimtab.edge.sdk.tools.registry import FUNCTIONS
from trimtab.edge.sdk.tools.tell import tell_attempt
from trimtab.vocabulary.contract import Contract, contract_at, read_contract
from trimtab.vocabulary.kernel import VirtualClock

if TYPE_CHECKING:
    from trimtab.edge.runtime import Context, Function

SEED = 1


def rehearse(contract: object, tools: Mapping[str, object], clock: VirtualClock, ask: Ask | None) -> Bound:
    """A contract at work on a virtual clock, with seeded chance."""
    found = read(contract)
    recorded = {name: answering(name, answer) for name, answer in tools.items()}

    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    runtime = Runtime(
        found,
        Instead(recorded),
        secret=b"rehearsal",
        clock=clock,
        dice=random.Random(SEED),  # noqa: S311 - chance in a test
        watch=tell_attempt,
        advisers=advisers_of(found),
        sleep=clock.advance,
        sleep_async=sleep,
    )
    return Bound(found, runtime, clock, ask)


class Instead(dict[str, "Function"]):
    """Recorded answers, and beneath them the tools of the process."""

    def __missing__(self, name: str) -> "Function":
        """The tool itself."""
        return FUNCTIONS[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is one or the other."""
        return super().__contains__(name) or name in FUNCTIONS


def read(contract: object) -> Contract:
    """A contract of a path or a text, or as it is."""
    if isinstance(contract, Contract):
        return contract
    text = str(contract)
    return read_contract(text) if "\n" in text else contract_at(Path(text))


def answering(name: str, answer: object) -> "Function":
    """A recorded answer as a tool."""

    def answered(args: Mapping[str, Any], context: "Context") -> Any:  # noqa: ARG001 - a tool is told both
        given = GIVEN.get()
        given = given if given and given.entry.name == name else None
        if given is not None:
            given.started = True
        try:
            found = given_by(answer, args)
        except Exception as error:
            failed(given, error)
            raise
        return result(given, found)

    return answered


def given_by(answer: object, args: Mapping[str, Any]) -> Any:
    """What an answer gives, or raises."""
    if isinstance(answer, BaseException):
        raise answer
    return cast("Callable[..., Any]", answer)(**args) if callable(answer) else answer
