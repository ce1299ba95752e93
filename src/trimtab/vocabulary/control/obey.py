"""A contract under a control document."""

from collections.abc import Iterator
from dataclasses import replace

from trimtab.vocabulary.contract import Contract, narrow, parse_overlay
from trimtab.vocabulary.control.directive import LEVELS
from trimtab.vocabulary.control.document import Document
from trimtab.vocabulary.control.rule import Order


def under(contract: Contract, document: Document, now_ns: int, *, confirmed: bool = True) -> Contract:
    """The contract as a document lets it be; first what widens, so that what narrows has the last word.

    What narrows holds until a newer document ends it: whoever cannot reach the server must not grow freer by that. What
    widens ends at its time, and is not taken from a document that no server has `confirmed` in this process.

    A tool that an order takes away is refused in every mode: a contract may be on trial, an order is not.
    """
    found = contract
    for order in document.orders:
        if order.direction == "widen" and confirmed and now_ns < order.until_ns:
            found = widened(found, order)
    overlays = [one for order in document.orders for one in overlays_of(order)]
    return ordered(found, narrow(found, *(parse_overlay(one) for one in dict.fromkeys(overlays))))


def ordered(before: Contract, after: Contract) -> Contract:
    """A narrowed contract that enforces what was taken away, and nothing else that it does not enforce by itself."""
    tools = {
        name: replace(tool, mode="enforce") if tool.withdrawn and not before.tools[name].withdrawn else tool
        for name, tool in after.tools.items()
    }
    return replace(after, tools=tools)


def overlays_of(order: Order) -> Iterator[str]:
    """The overlays that an order stands for."""
    if order.direction == "narrow":
        kind, _, level = order.what.partition(":")
        yield from LEVELS[level] if kind == "autonomy" else (order.what,)


def widened(contract: Contract, order: Order) -> Contract:
    """The contract under one order that widens it, which it names beside its overlays."""
    kind, _, target = order.what.partition(":")
    tools = {
        name: replace(tool, mode="observe")
        if kind == "observe"
        else replace(tool, approval=None)
        if name == target
        else tool
        for name, tool in contract.tools.items()
    }
    mode = "observe" if kind == "observe" else contract.mode
    return replace(contract, tools=tools, mode=mode, overlays=(*contract.overlays, order.what))
