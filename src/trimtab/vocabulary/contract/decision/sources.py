"""Whether arguments come from where the contract says, and stay within its bounds."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, cast

from trimtab.vocabulary.contract.decision.call import Call
from trimtab.vocabulary.contract.model import Argument, Vouch
from trimtab.vocabulary.contract.provenance import Provenance, links_in
from trimtab.vocabulary.contract.provenance.links import leads_to
from trimtab.vocabulary.contract.provenance.origins import leaves

NOBODY = Provenance()
SHOWN = 60


def check_sources(call: Call) -> None:
    """Note arguments from elsewhere than the contract says, or beyond its bounds."""
    for argument in call.tool.arguments:
        if argument.fixed is None:
            for value in values_at(call.args, argument.name.replace("[]", ".[]").split(".")):
                check_argument(call, argument, value)


def values_at(value: Any, path: list[str]) -> Iterator[Any]:
    """The values at a path; a value that has another form than the path says is not spared, it is yielded whole."""
    if value is None:
        return
    if not path:
        yield value
    elif path[0] == "[]" and isinstance(value, list):
        for one in cast("list[Any]", value):
            yield from values_at(one, path[1:])
    elif path[0] != "[]" and isinstance(value, Mapping):
        yield from values_at(cast("Mapping[str, Any]", value).get(path[0]), path[1:])
    else:
        yield value


def check_argument(call: Call, argument: Argument, value: Any) -> None:
    """Note what is wrong with one argument."""
    check_bounds(call, argument, value)
    said = call.facts.provenance or NOBODY
    if argument.vouches and not said.accepts(value, argument.vouches):
        gate(call, argument, "source", f"{argument.name} {shown(value)} comes from {origin(said, value)}")
    for _, leaf in leaves(value):
        if not isinstance(leaf, str):
            continue
        if argument.hosts and not leads_to(leaf, argument.hosts):
            call.add(
                "host",
                "deny",
                f"{argument.name} {shown(leaf)} leads elsewhere",
                argument=argument.name,
                hint=f"only {', '.join(argument.hosts)}",
            )
        if argument.links:
            check_links(call, argument, leaf, said)


def check_links(call: Call, argument: Argument, text: str, said: Provenance) -> None:
    """Note links, addresses and account numbers in a text that none of its sources said."""
    for link in sorted(links_in(text)):
        if not said.accepts(link, argument.links):
            gate(call, argument, "link", f"{argument.name} holds {shown(link)} from {origin(said, link)}")


def check_bounds(call: Call, argument: Argument, value: Any) -> None:
    """Note a number beyond its bounds; what is no number cannot be within them."""
    if argument.minimum is None and argument.maximum is None:
        return
    number = Decimal(repr(value)) if isinstance(value, int | float) and not isinstance(value, bool) else None
    low = argument.minimum is None or (number is not None and number >= Decimal(repr(argument.minimum)))
    high = argument.maximum is None or (number is not None and number <= Decimal(repr(argument.maximum)))
    if not (low and high):
        bounds = [
            f"{word} {bound:g}"
            for word, bound in (("at least", argument.minimum), ("at most", argument.maximum))
            if bound is not None
        ]
        call.add(
            "bounds",
            "deny",
            f"{argument.name} is {shown(value)}",
            argument=argument.name,
            hint=" and ".join(bounds),
        )


def gate(call: Call, argument: Argument, code: str, message: str) -> None:
    """Note a value whose source is not accepted."""
    sources = tuple[Vouch, ...](argument.vouches if code == "source" else argument.links)
    call.add(
        code,
        argument.otherwise or call.contract.gate,
        message,
        argument=argument.name,
        hint=f"accepted from {', '.join(str(one) for one in sources)}",
    )


def origin(said: Provenance, value: Any) -> str:
    """Who said a value, in words; of several values, the first that is not simple."""
    found = [said.origins(leaf) for _, leaf in leaves(value)] or [said.origins(value)]
    return " and ".join(str(one) for one in found[0])


def shown(value: Any) -> str:
    """A value in a message."""
    text = repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
