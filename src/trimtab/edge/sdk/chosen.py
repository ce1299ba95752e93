"""What the server chose for this agent: pins, and the variant of a session."""

from typing import TYPE_CHECKING

from trimtab.edge.sdk.tools.held import at_work
from trimtab.edge.sdk.warn import safe, warn_once
from trimtab.edge.sdk.words import wrong_word

if TYPE_CHECKING:
    from trimtab.edge.sdk.tools.bound import Bound

PINS = ("bundle", "model")


def pinned(kind: str, default: str = "") -> str:
    """The bundle or the model that a control document pins now; `default` where none does."""
    return pin_of(kind) or default


@safe(str)
def pin_of(kind: str) -> str:
    """The pin of a kind, "" where there is none."""
    if kind not in PINS:
        warn_once(wrong_word("the pin", kind, PINS))
        return ""
    bound = at_work()
    return "" if bound is None else bound.chosen.get(kind, "")


@safe(str)
def variant_for(bound: "Bound | None", session: str, inherited: str) -> str:
    """The variant of a session: the one that it began with elsewhere, where a split of ours does not contradict."""
    split = "" if bound is None else bound.chosen.get("split", "")
    if not split:
        return inherited
    from trimtab.vocabulary.control import shares_of, variant_of  # noqa: PLC0415 - loaded with the document

    shares = shares_of(split)
    return inherited if shares.get(inherited) else variant_of(session, shares)
