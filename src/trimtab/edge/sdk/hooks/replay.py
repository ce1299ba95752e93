"""A session as its lines tell it: who said what, what was called, what is spent, in which turn we are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from trimtab.edge.runtime import Session
from trimtab.vocabulary.contract import Contract, add_amounts
from trimtab.vocabulary.kernel import Clock, Invalid

Line = Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Open:
    """A call that was let through and has not ended: `said` is what the host was answered, `told` what its step will say."""

    tool: str
    args: Mapping[str, Any]
    began_ns: int
    asked: bool
    said: Mapping[str, Any]
    told: Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Turn:
    """From what the user says to the answer: its trace, and the step that all of it is below."""

    began_ns: int
    trace_id: str
    span_id: str
    prompt: str = ""


@dataclass(slots=True, kw_only=True)
class Replayed:
    """What is known of a session. `spent` are its own budgets; `full` says that no more could be kept."""

    session: Session
    spent: dict[str, float] = field(default_factory=dict[str, float])
    calls: dict[str, Open] = field(default_factory=dict[str, Open])
    turn: Turn | None = None
    full: bool = False

    def take(self, contract: Contract, line: Line) -> None:
        """Take in one line."""
        match line["kind"]:
            case "hear":
                self.session.provenance.hear(line["source"], line["text"])
            case "turn":
                self.turn = Turn(
                    began_ns=line["ns"], trace_id=line["trace"], span_id=line["span"], prompt=line["text"]
                )
            case "answered":
                self.turn = None
            case "call":
                self.let_through(contract, line)
            case "read":
                self.calls.pop(line["id"], None)
                tool = contract.tools.get(line["tool"])
                self.session.learned(line["tool"], tool, line["args"], line["value"], valid=line["valid"])
            case "full":
                self.full = True
            case _:
                pass

    def let_through(self, contract: Contract, line: Line) -> None:
        """Count a call and what it takes of the session's budgets."""
        self.session.began(line["tool"], contract.tools.get(line["tool"]))
        for key, amount in line["spent"].items():
            self.spent[key] = add_amounts(self.spent.get(key, 0.0), amount)
        self.calls[line["id"]] = Open(
            tool=line["tool"],
            args=line["args"],
            began_ns=line["ns"],
            asked=line["asked"],
            said=line["said"],
            told=line["told"],
        )

    def check_room(self) -> None:
        """Raises `Invalid` where not all that was said is known any more."""
        if self.full:
            raise Invalid(
                "too much was said in this session to know who said what", hint="begin a new session"
            )


def replayed(contract: Contract, clock: Clock, session: str, lines: Iterable[Line]) -> Replayed:
    """A session of its lines, the first of which says when it began."""
    found: Replayed | None = None
    for line in lines:
        if found is None:
            found = Replayed(session=Session(session, clock, begun_ns=line.get("ns")))
        found.take(contract, line)
    return found or Replayed(session=Session(session, clock))
