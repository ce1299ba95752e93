"""What the decision says before a call of one tool: denied, asked about, or neither, for all facts at once."""

from collections.abc import Iterator
from dataclasses import dataclass

import z3

from trimtab.adapters.z3_solver.budgets import amount_at, session_limits, sums_of
from trimtab.adapters.z3_solver.conditions import Translator
from trimtab.adapters.z3_solver.schemas import SchemaReader
from trimtab.adapters.z3_solver.space import Path, Space
from trimtab.adapters.z3_solver.values import (
    BOOL,
    FALSE,
    MAPPING,
    NULL,
    NUMBER,
    TEXT,
    TRUE,
    Term,
    Value,
    literal,
    number,
    real,
    some,
    truth,
    yes,
)
from trimtab.vocabulary.contract import Argument, Contract, Expression, Tool
from trimtab.vocabulary.contract.ports import paths, syntax

Gated = tuple[str, Term]
"""A verdict, and when it is given: ask or deny."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a contract says of a call: whether it is denied, else whether somebody must agree.

    A yes cannot be bound to a number that no digest takes, so to ask about one is to deny it. That is left out: it
    lets fewer calls through, and two contracts that ask about the same call deny it alike.
    """

    denied: Term
    asked: Term
    quorum: int

    @property
    def through(self) -> Term:
        """Whether it gets through, where yeses are given."""
        return z3.Not(self.denied)

    @property
    def ease(self) -> Term:
        """How hard it is to get through without a yes so far: 0 at once, more with more yeses, 100 never."""
        return z3.If(self.denied, 100, z3.If(self.asked, 1 + self.quorum, 0))


def ruling(space: Space, contract: Contract, name: str) -> Ruling:
    """What a contract says of a call of a tool."""
    tool = contract.tools.get(name)
    if (tool or contract).mode != "enforce":
        return Ruling(denied=FALSE, asked=FALSE, quorum=1)
    asked_about = tool or Tool(name=name, effect="irreversible", egress=True)
    reader = CallReader(space, contract, asked_about)
    gates = list(reader.gates())
    if tool is None:
        gates.append((contract.unlisted, TRUE))
    plan = asked_about.approval
    return Ruling(
        denied=some(*(term for verdict, term in gates if verdict == "deny")),
        asked=some(*(term for verdict, term in gates if verdict == "ask")),
        quorum=plan.quorum if plan else 1,
    )


class CallReader:
    """The questions before a call of one tool, as terms."""

    def __init__(self, space: Space, contract: Contract, tool: Tool) -> None:
        """Ask about one tool of a contract."""
        self.space = space
        self.contract = contract
        self.tool = tool
        self.conditions = Translator(space)

    def gates(self) -> Iterator[Gated]:
        """Everything that may ask or deny."""
        yield from self.fixed()
        yield from self.input()
        yield from self.effect()
        for argument in self.tool.arguments:
            if argument.fixed is None:
                yield from self.argument(argument)
        yield from self.flows()
        yield from self.before()
        yield from session_limits(self.space, self.contract, self.tool)
        yield from sums_of(self.space, self.contract, self.tool)
        yield from self.approval()

    def fixed(self) -> Iterator[Gated]:
        """Arguments are what the contract sets them to; what it reads must have a value."""
        names = {one.name for one in self.tool.arguments if one.fixed}
        for argument in self.tool.arguments:
            if argument.fixed is None:
                continue
            path = ("args", argument.name)
            found = self.fixed_value(argument.fixed, names)
            yield "deny", found.fault
            target = self.space.value(path)
            exact = isinstance(argument.fixed.tree, syntax.Select)
            self.space.rules.append(
                z3.Implies(z3.Not(found.fault), yes(self.space.there(path), like(target, found, exact=exact)))
            )

    def fixed_value(self, expression: Expression, fixed: set[str]) -> Value:
        """What an argument is set to; arguments that are set themselves are read as the model gave them."""
        if any(path[0] == "args" and (len(path) == 1 or path[1] in fixed) for path in paths(expression)):
            return self.conditions.unknown(expression.tree, "it reads what the contract sets")
        return self.conditions.translate(expression)

    def input(self) -> Iterator[Gated]:
        """The input schema."""
        if self.tool.input:
            document = self.tool.input.document
            yield "deny", z3.Not(SchemaReader(self.space, document).fits(document, ("args",)))

    def effect(self) -> Iterator[Gated]:
        """Overlays and intents."""
        if self.tool.withdrawn:
            yield "deny", TRUE
        said = self.session("intent")
        for intent in self.contract.intents.values():
            wanted = literal(intent.name)
            if wanted and intent.tools is not None and self.tool.name not in intent.tools:
                yield self.contract.gate, said.text == wanted.text

    def session(self, name: str) -> Value:
        """A field of the session."""
        found = self.space.session(name)
        assert found  # noqa: S101 - asked only for fields that sessions have
        return found

    def argument(self, argument: Argument) -> Iterator[Gated]:
        """Bounds are reckoned; whether a source is accepted may be so or not, for a value that is there."""
        path = ("args", *argument.name.replace("[]", ".[]").split("."))
        if argument.minimum is not None or argument.maximum is not None:
            yield "deny", self.beyond(argument, path)
        top = self.space.value(path[:2])
        given = yes(self.space.there(path[:2]), z3.Not(top.is_(NULL)))
        gate = argument.otherwise or self.contract.gate
        for word, names, verdict in (
            ("from", tuple(str(one) for one in argument.vouches), gate),
            ("links", tuple(str(one) for one in argument.links), gate),
            ("hosts", argument.hosts, "deny"),
        ):
            if names:
                yield verdict, yes(given, self.space.refused(word, argument.name, frozenset(names)))

    def beyond(self, argument: Argument, path: Path) -> Term:
        """Whether an argument is beyond its bounds, or no number."""
        if "[]" in path:
            self.space.doubt(f"the bounds of {argument.name}")
            top = self.space.there(path[:2])
            return yes(top, self.space.flag(f"bounds {argument.name} {argument.minimum} {argument.maximum}"))
        value = self.space.value(path)
        kept = [value.is_(NUMBER)]
        if argument.minimum is not None:
            kept.append(value.number >= real(argument.minimum))
        if argument.maximum is not None:
            kept.append(value.number <= real(argument.maximum))
        wrong = yes(self.space.there(path), z3.Not(value.is_(NULL)), z3.Not(yes(*kept)))
        return some(wrong, *(self.shapeless(path[:end]) for end in range(2, len(path))))

    def shapeless(self, path: Path) -> Term:
        """Whether something stands where a mapping should."""
        value = self.space.value(path)
        return yes(self.space.there(path), z3.Not(value.is_(NULL)), z3.Not(value.is_(MAPPING)))

    def flows(self) -> Iterator[Gated]:
        """What may not follow what, and the rule of two."""
        tool = self.tool
        kinds = {tool.name, *(["egress"] if tool.egress else []), *(["write"] if tool.writes else [])}
        if tool.effect == "irreversible":
            kinds.add("irreversible")
        states = {"untrusted": self.session("tainted").truth, "sensitive": self.session("sensitive").truth}
        for flow in self.contract.flows:
            if flow.then in kinds:
                yield flow.verdict, states.get(flow.before, self.space.called(flow.before))
        if self.contract.rule_of_two != "off" and (tool.writes or tool.egress):
            yield self.contract.rule_of_two, yes(*states.values())

    def before(self) -> Iterator[Gated]:
        """Conditions: without a value, or no truth, they deny."""
        for condition in self.tool.before:
            found = self.conditions.translate(condition.holds)
            yield "deny", some(found.fault, z3.Not(found.is_(BOOL)))
            yield condition.otherwise, found.false

    def approval(self) -> Iterator[Gated]:
        """When people must agree."""
        plan = self.tool.approval
        if plan is None:
            return
        if plan.when is None:
            yield "ask", TRUE
            return
        found = self.conditions.translate(plan.when)
        yield "deny", some(found.fault, z3.Not(found.is_(BOOL)))
        yield "ask", found.true


def like(value: Value, other: Value, *, exact: bool) -> Term:
    """Whether a value is another, as far as it is simple; what was reckoned becomes a float and may be cut."""
    alike = [
        value.kind == other.kind,
        z3.Implies(other.is_(BOOL), value.truth == other.truth),
        z3.Implies(other.is_(TEXT), value.text == other.text),
        z3.Implies(other.is_(NUMBER), value.whole == other.whole),
    ]
    cut = z3.Not(some(other.whole, TRUE if exact else FALSE))
    alike.append(z3.Implies(yes(other.is_(NUMBER), z3.Not(cut)), value.number == other.number))
    return yes(*alike)


def invariant_names(space: Space, contract: Contract, name: str, asked: Term) -> None:
    """What an invariant may say of a call beyond what conditions know."""
    tool = contract.tools.get(name) or Tool(name=name, effect="irreversible", egress=True)
    words = {"tool": literal(tool.name), "effect": literal(tool.effect)}
    flags = {
        "writes": tool.writes,
        "irreversible": tool.effect == "irreversible",
        "egress": tool.egress,
    }
    space.named.update({(word,): value for word, value in words.items() if value})
    space.named.update({(word,): truth(TRUE if value else FALSE) for word, value in flags.items()})
    space.named["approved",] = truth(asked)
    for word in ("tainted", "sensitive"):
        found = space.session(word)
        if found:
            space.named[word,] = found


def quantity(space: Space, contract: Contract, name: str, path: Path) -> Value:
    """What a session or a day has of a measure of a tool, this call included."""
    scope, measure = path
    if measure == "count()":
        spent = space.spend(scope, contract.agent, f"{name}/calls")
        return number(spent + 1, FALSE)
    amount = amount_at(space, measure.removeprefix("sum(")[:-1])
    spent = space.spend(scope, contract.agent, f"{name}/{measure}")
    return number(spent + amount.number, FALSE, amount.fault)
