"""Less autonomy for a while: overlays on a contract, which may only narrow it."""

from dataclasses import dataclass, replace
from typing import Literal

from trimtab.vocabulary.contract.model import Approval, Contract, Tool
from trimtab.vocabulary.kernel import Invalid

Kind = Literal["read_only", "no_irreversible", "no_egress", "ask_writes", "family_off", "tool_off", "enforce"]
KINDS: tuple[Kind, ...] = (
    "read_only",
    "no_irreversible",
    "no_egress",
    "ask_writes",
    "family_off",
    "tool_off",
    "enforce",
)
TARGETED = ("family_off", "tool_off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """One way to narrow a contract; `target` is the family or the tool that is switched off."""

    kind: Kind
    target: str = ""

    def __str__(self) -> str:
        """As control documents write it: family_off:payments."""
        return f"{self.kind}:{self.target}" if self.target else self.kind


def parse_overlay(text: str) -> Overlay:
    """An overlay as it is written; raises `Invalid`."""
    kind, _, target = text.partition(":")
    for known in KINDS:
        if kind == known and bool(target) == (kind in TARGETED):
            return Overlay(kind=known, target=target)
    ways = ", ".join(f"{one}:<name>" if one in TARGETED else one for one in KINDS)
    raise Invalid(f"{text!r} is no overlay", hint=f"one of {ways}")


def narrow(contract: Contract, *overlays: Overlay) -> Contract:
    """The contract under overlays; their order makes no difference to what is allowed."""
    for overlay in overlays:
        tools = {name: under(tool, overlay) for name, tool in contract.tools.items()}
        closed = overlay.kind not in (*TARGETED, "enforce")
        contract = replace(
            contract,
            tools=tools,
            mode="enforce" if overlay.kind == "enforce" else contract.mode,
            unlisted="deny" if closed else contract.unlisted,
            overlays=(*contract.overlays, str(overlay)),
        )
    return contract


def under(tool: Tool, overlay: Overlay) -> Tool:
    """A tool under an overlay."""
    if overlay.kind == "enforce":
        return replace(tool, mode="enforce")
    if overlay.kind == "ask_writes":
        return replace(tool, approval=always(tool.approval)) if tool.writes else tool
    return replace(tool, withdrawn=tool.withdrawn or str(overlay)) if takes_away(overlay, tool) else tool


def takes_away(overlay: Overlay, tool: Tool) -> bool:
    """Whether an overlay takes a tool away."""
    match overlay.kind:
        case "read_only":
            return tool.writes or tool.egress
        case "no_irreversible":
            return tool.effect == "irreversible"
        case "no_egress":
            return tool.egress
        case "family_off":
            return tool.family == overlay.target
        case "tool_off":
            return tool.name == overlay.target
        case _:
            return False


def always(approval: Approval | None) -> Approval:
    """An approval that every call needs; role and quorum stay."""
    return replace(approval, when=None) if approval else Approval()
