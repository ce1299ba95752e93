"""What a contract asks for that a gateway can never know: it hears tools, and neither the user nor the prompt."""

from collections.abc import Iterator, Sequence

from trimtab.vocabulary.contract import Argument, Contract, Tool, Vouch

UNHEARD = frozenset({"user", "system", "named"})
"""Sources that hold only where somebody tells what the user or the prompt said. MCP does not carry it."""
INSTEAD = "a field that a tool vouches for, `model`, or `otherwise: ask`"


def unheard(contract: Contract, tool: Tool) -> tuple[str, ...]:
    """What can never hold of a tool's arguments behind a gateway, in words, one for each argument."""
    return tuple(said for one in tool.arguments for said in of_argument(contract, one))


def of_argument(contract: Contract, argument: Argument) -> Iterator[str]:
    """What can never hold of one argument."""
    if argument.fixed is not None:
        return
    outcome = "asked about" if (argument.otherwise or contract.gate) == "ask" else "refused"
    if only_unheard(argument.vouches):
        yield said(argument.name, argument.vouches, f"every call with it is {outcome}")
    if only_unheard(argument.links):
        yield said(f"links in {argument.name}", argument.links, f"every call with one is {outcome}")


def only_unheard(vouches: Sequence[Vouch]) -> bool:
    """Whether values may come from nobody but those who are not heard."""
    return bool(vouches) and all(one.source in UNHEARD for one in vouches)


def said(what: str, vouches: Sequence[Vouch], outcome: str) -> str:
    """It in words, with what to write instead."""
    sources = ", ".join(dict.fromkeys(str(one) for one in vouches))
    return f"{what}: only from {sources}, which no gateway hears, so {outcome}; write {INSTEAD}"
