"""One session under a contract: what was said in it, and the decisions that are not about a tool."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from trimtab.edge.sdk.lineage.context import Lineage
from trimtab.edge.sdk.steps import step
from trimtab.edge.sdk.tools.given import UNIT
from trimtab.edge.sdk.warn import nothing, safe

if TYPE_CHECKING:
    from trimtab.edge.runtime import Session, Undone
    from trimtab.edge.sdk.tools.bound import Bound

Spoken = Literal["input", "pre_model_call", "post_model_call", "output"]
Point = Literal["agent_startup", "agent_shutdown", Spoken]


class Flowing:
    """What of an answer may go on at each piece. What the contract must see whole is held until its end."""

    def __init__(self, bound: "Bound", session: "Session") -> None:
        """Begin with nothing."""
        self._bound, self._session = bound, session
        self._looks = bound.looks_at("output")
        self._stream = bound.masks() if self._looks else None
        self._through = not self._looks or bound.contract.mode != "enforce"
        self._kept: list[str] = []

    def feed(self, piece: str) -> str:
        """Take a piece; what may go on now."""
        if self._stream is not None:
            return self._stream.feed(piece)
        if self._looks:
            self._kept.append(piece)
        return piece if self._through else ""

    def end(self) -> str:
        """The answer is over; what is left of it. Raises `Stopped`."""
        if not self._looks:
            return ""
        with step("guardrail", "output") as m:
            if self._stream is not None:
                rest = self._stream.end()
                self._bound.masked(self._stream, self._session, m)
                return rest
            found = self._bound.check("output", "".join(self._kept), self._session, m)
        return "" if self._through else found


class Under:
    """A session and the contract that it runs under."""

    __slots__ = ("_bound", "_intent", "_lineage")

    def __init__(self, bound: "Bound", lineage: Lineage, intent: str) -> None:
        """Know both."""
        self._bound, self._lineage, self._intent = bound, lineage, intent

    @property
    def session(self) -> "Session":
        """The session as its tool calls see it."""
        return self._bound.enter(self._lineage, self._intent)

    def begin(self) -> None:
        """The session begins; raises `Stopped`."""
        _ = self.session
        self.at("agent_startup", "")

    @safe(nothing)
    def end(self, ends: bool) -> None:  # noqa: FBT001 - what the session says of itself
        """The session ends here; it is forgotten unless more of it will come."""
        try:
            self.at("agent_shutdown", "")
        finally:
            if ends:
                self._bound.leave(self._lineage.session)

    def heard(self, text: str) -> str:
        """Take in what the user said; raises `Stopped`."""
        found = self.at("input", text)
        self.hear("user", found)
        return found

    def instructed(self, text: str) -> None:
        """Take in what the prompt says."""
        self.hear("system", text)

    @safe(str)
    def marking(self) -> str:
        """What the system prompt says of marked outputs; "" where nothing is marked."""
        return self.session.marking(self._bound.contract)

    @safe(nothing)
    def hear(self, source: Literal["user", "system"], text: str) -> None:
        """Remember who said it."""
        self.session.provenance.hear(source, str(text))

    def flowing(self) -> Flowing:
        """An answer that goes to the user in pieces."""
        return Flowing(self._bound, self.session)

    def at(self, point: Point, text: str, model: str = "") -> str:
        """Decide at a point; the text that goes on. A step says so where the contract has a rule for it."""
        if not self._bound.looks_at(point):
            return text
        with step("guardrail", point) as m:
            return self._bound.check(point, str(text), self.session, m, model)

    @safe(list)
    def usable(self, names: Iterable[str]) -> list[str]:
        """Those of the names that the model should be offered now; tools without a contract stay."""
        known = self._bound.contract.tools
        usable = set(self._bound.runtime.usable())
        return [one for one in names if one in usable or one not in known]

    @safe(nothing)
    def spent(self, tokens: int, cost_usd: float) -> None:
        """Count against the limits of the session."""
        session = self.session
        session.tokens += int(tokens)
        session.cost_usd += float(cost_usd)

    def undo(self) -> "Undone":
        """Take back what the session did."""
        with step("workflow", "undo") as m:
            found = self._bound.runtime.undo(self.session)
            m.set(output=found)
        return found

    async def aundo(self) -> "Undone":
        """Take back what the session did, from asynchronous code."""
        with step("workflow", "undo") as m:
            found = await self._bound.runtime.aundo(self.session)
            m.set(output=found)
        return found


@contextmanager
def unit(name: str) -> Generator[None]:
    """Tell equal calls apart that are all meant."""
    token = UNIT.set(str(name))
    try:
        yield
    finally:
        UNIT.reset(token)
