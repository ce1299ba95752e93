"""Which tools a gateway offers now, and why it does not offer the others."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from trimtab.edge.gateway.config import Gateway
from trimtab.edge.gateway.names import full_name, offered_name
from trimtab.edge.gateway.pins import Definition, Pins
from trimtab.vocabulary.contract import Contract

NAME = re.compile(r"[!-~]{1,128}")
MOST_LENGTH = 100_000
"""The longest definition that a client is shown: a model reads all of it, with every call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A tool as a client sees it: `withheld` says why it is not offered, `drift` what changed since it was pinned.

    Where it is `stopped`, for it has drifted or is not fit to be shown, calls are refused as well.
    """

    name: str
    definition: Definition
    drift: str = ""
    stopped: bool = False
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class Offers:
    """The tools of all servers, by what they are called here, and by their full names."""

    by_name: dict[str, Offer] = field(default_factory=dict[str, Offer])
    full: dict[str, Offer] = field(default_factory=dict[str, Offer])

    def __iter__(self) -> Iterator[Offer]:
        """Each of them."""
        return iter(self.by_name.values())

    def find(self, name: str) -> Offer | None:
        """The tool of a name; the full name is always right."""
        return self.by_name.get(name) or self.full.get(name)

    @property
    def offered(self) -> tuple[Offer, ...]:
        """Those that a client is offered."""
        return tuple(one for one in self if not one.withheld)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What can be used now: servers that are `down` and why, and of the contract's tools the `usable` ones, None for all."""

    down: Mapping[str, str] = field(default_factory=dict[str, str])
    usable: Collection[str] | None = None


def offers(
    gateway: Gateway,
    definitions: Iterable[Definition],
    pins: Pins | None,
    contract: Contract | None,
    standing: Standing,
) -> Offers:
    """What becomes of the definitions that the servers gave, as things stand."""
    bare = {one.name: one.bare for one in gateway.servers}
    found = Offers()
    for one in definitions:
        name = offered_name(one.server, one.tool, bare=bare.get(one.server, False), servers=bare)
        drift = pins.drift(one) if pins else ""
        stopped = bool(drift) and enforced(contract, name)
        down = standing.down.get(one.server)
        withheld = f"its server cannot be used: {down}" if down else why_not(contract, name, standing.usable)
        if unfit := unfit_of(one):
            withheld, stopped = unfit, True
        elif stopped:
            withheld = f"its definition has changed: {drift}"
        offer = Offer(name=name, definition=one, drift=drift, stopped=stopped, withheld=withheld)
        found.by_name.setdefault(name, offer)
        found.full.setdefault(full_name(one.server, one.tool), offer)
    return found


def unfit_of(one: Definition) -> str:
    """Why no client should be shown such a definition; "" where it is fit to be."""
    if not NAME.fullmatch(one.tool):
        return "its name is none: 1 to 128 letters, digits and signs of ASCII, without spaces"
    if one.length > MOST_LENGTH:
        return f"its definition has {one.length} characters, more than {MOST_LENGTH}"
    return ""


def enforced(contract: Contract | None, name: str) -> bool:
    """Whether a tool's contract is enforced; where there is no contract, somebody pinned it for a reason."""
    if contract is None:
        return True
    tool = contract.tools.get(name)
    return (tool.mode if tool else contract.mode) == "enforce"


def why_not(contract: Contract | None, name: str, usable: Collection[str] | None) -> str:
    """Why a tool is not offered under a contract; "" where it is."""
    if contract is None:
        return ""
    tool = contract.tools.get(name)
    if tool is None:
        denied = contract.mode == "enforce" and contract.unlisted == "deny"
        return "the contract does not list it" if denied else ""
    if usable is None or name in usable:
        return ""
    return f"it is switched off: {tool.withdrawn}" if tool.withdrawn else "it rests after too many failures"
