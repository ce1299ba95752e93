"""Others who are asked about what the contract alone would let be. They only take away: the strictest word counts."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from trimtab.edge.runtime.model import Act, Consult, Reply
from trimtab.vocabulary.contract import Contract, Decision, Facts, Point, Reason, decide


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What an adviser says: reasons with their verdicts, none where it has no objection.

    `replaced` goes on instead of the arguments, the result or the text, where `replaces`; the contract then decides about that.
    """

    reasons: tuple[Reason, ...] = ()
    replaces: bool = False
    replaced: Any = None


class Adviser(Protocol):
    """Somebody who is asked at some points; `points` says at which."""

    @property
    def points(self) -> frozenset[Point]:
        """Where it wants to be asked."""
        ...

    def advise(self, contract: Contract, point: Point, facts: Facts, decision: Decision) -> Advice:
        """What it says; whatever it raises is a no. Safe in threads."""
        ...


Ask = Callable[[], Advice]
Deciding = Generator[Ask, Advice, Decision]


def deciding(advisers: Iterable[Adviser], contract: Contract, point: Point, facts: Facts) -> Deciding:
    """A decision with the word of all who are asked; whoever performs it sends their advice in."""
    decision = decide(contract, point, facts)
    replaced = False
    for one in advisers:
        if point not in one.points or decision.would == "deny" or decision.mode == "off":
            continue
        advice = yield asking(one, contract, point, facts, decision)
        if advice.replaces and decision.mode == "enforce":
            advice = taken(decision, facts, advice, again=replaced)
            replaced = True
        facts.advice = (*facts.advice, *advice.reasons)
        decision = decide(contract, point, facts)
        if replaced:
            keep(decision, facts)
    return decision


class FakeAdviser:
    """Says the same whenever it is asked, and keeps what it was asked: for tests."""

    def __init__(self, advice: Advice | Exception, points: Iterable[Point] = ("pre_tool_call",)) -> None:
        """Say this, or raise it, at these points."""
        self._advice, self.points = advice, frozenset(points)
        self.asked: list[tuple[Point, str, str]] = []

    def advise(self, contract: Contract, point: Point, facts: Facts, decision: Decision) -> Advice:
        """The same as always."""
        del contract
        self.asked.append((point, facts.tool, decision.verdict))
        if isinstance(self._advice, Exception):
            raise self._advice
        return self._advice


def asking(adviser: Adviser, contract: Contract, point: Point, facts: Facts, decision: Decision) -> Ask:
    """The question to one adviser."""

    def ask() -> Advice:
        try:
            return adviser.advise(contract, point, facts, decision)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong with it is a no
            return refusal(
                f"{type(adviser).__name__} could not be asked: {type(error).__name__}: {error}"[:400]
            )

    return ask


def refusal(message: str) -> Advice:
    """A no."""
    return Advice(reasons=(Reason(code="advice", verdict="deny", message=message),))


def taken(decision: Decision, facts: Facts, advice: Advice, *, again: bool) -> Advice:
    """An advice whose replacement the facts now hold; two that replace the same are a no."""
    if again or (decision.args, decision.text, decision.result) != (None, None, None):
        return refusal("two of those who were asked put something else in the same place")
    match decision.point:
        case "pre_tool_call":
            facts.args = advice.replaced
        case "post_tool_call":
            facts.result = advice.replaced
        case _:
            facts.text = advice.replaced
    return advice


def keep(decision: Decision, facts: Facts) -> None:
    """Let a decision say what was replaced, where the contract put nothing else there."""
    if decision.point == "pre_tool_call" and decision.args is None:
        decision.args = facts.args
    elif decision.point == "post_tool_call" and decision.result is None:
        decision.result = facts.result
    elif "tool" not in decision.point and decision.text is None:
        decision.text = facts.text


def decided(advisers: Iterable[Adviser], contract: Contract, point: Point, facts: Facts) -> Decision:
    """A decision, made in this thread."""
    steps = deciding(advisers, contract, point, facts)
    try:
        ask = next(steps)
        while True:
            ask = steps.send(ask())
    except StopIteration as stop:
        return stop.value


def consulted(
    advisers: Iterable[Adviser], contract: Contract, point: Point, facts: Facts
) -> Generator[Act, Reply | None, Decision]:
    """A decision as steps of a call, so that nobody who is far away holds up an event loop."""
    steps = deciding(advisers, contract, point, facts)
    try:
        ask = next(steps)
        while True:
            reply = yield Consult(ask=ask)
            said = reply.value if reply else None
            ask = steps.send(
                said if isinstance(said, Advice) else refusal("no answer of those who were asked")
            )
    except StopIteration as stop:
        return stop.value
