"""What denies a call or asks about it, as conditions of Cedar."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from trimtab.vocabulary.contract.cedar.conditions import (
    Conditions,
    Inexpressible,
    Pair,
    Ref,
    both,
    literal_of,
    negated,
    some,
    told,
)
from trimtab.vocabulary.contract.cedar.inputs import broken
from trimtab.vocabulary.contract.cedar.text import quoted
from trimtab.vocabulary.contract.cedar.types import SESSION, CedarType, type_of
from trimtab.vocabulary.contract.document.place import facts_name
from trimtab.vocabulary.contract.expression import Expression
from trimtab.vocabulary.contract.model import Argument, Contract, Tool

WHO = "context.session.{}"
Unsayable = Literal[
    "approval",
    "bounds",
    "budget",
    "condition",
    "fixed",
    "from",
    "hosts",
    "input",
    "leaks",
    "links",
    "remote",
    "session",
    "suspected",
]
"""What an engine may be unable to say."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When a call is denied, or asks for a yes."""

    name: str
    verdict: Literal["deny", "ask"]
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the caller must check, of one tool or (tool is "") of any, and why Cedar does not."""

    kind: Unsayable
    why: str
    tool: str = ""
    argument: str = ""
    condition: Expression | None = None


@dataclass(slots=True)
class Told:
    """What the caller must check and tell, by its name in `context.checked`."""

    checks: dict[str, Asked] = field(default_factory=dict[str, Asked])

    def pair(self, name: str, asked: Asked) -> Pair:
        """A check of the caller's: true, false, or absent where it has no value."""
        self.checks.setdefault(name, asked)
        there = f"context.checked has {quoted(name)}"
        value = f"context.checked[{quoted(name)}]"
        return Pair(both(there, value), both(there, f"!{value}"))


def roots_of(contract: Contract, tool: Tool) -> dict[str, Ref]:
    """The values that conditions of a tool may read."""
    facts = {facts_name(name): one for name, one in facts_types(contract).items()}
    return {
        "args": Ref(
            f"context.args[{quoted(tool.name)}]", (f"context.args has {quoted(tool.name)}",), args_type(tool)
        ),
        "session": Ref("context.session", (), CedarType("record", SESSION)),
        "facts": Ref("context.facts", (), CedarType("record", facts)),
    }


def args_type(tool: Tool) -> CedarType:
    """The type of a tool's arguments; nothing is known where there is no schema."""
    document = tool.input.document if tool.input else {}
    whole = {"type": "object", **document} if isinstance(document, dict) else {"type": "object"}
    return type_of(whole) or CedarType("record")


def facts_types(contract: Contract) -> dict[str, CedarType]:
    """The types of outputs, of tools whose output schema gives them one."""
    found = {
        name: type_of(tool.output.schema.document)
        for name, tool in contract.tools.items()
        if tool.output.schema
    }
    return {name: one for name, one in found.items() if one and one.kind == "record"}


class Rules:
    """The rules of one tool; what Cedar cannot say is left to the caller, and noted."""

    def __init__(self, contract: Contract, tool: Tool, told_by_caller: Told) -> None:
        """Read one tool of a contract."""
        self.contract = contract
        self.tool = tool
        self.told = told_by_caller
        self.roots = roots_of(contract, tool)
        self.conditions = Conditions(self.roots)

    def all(self) -> Iterator[Rule]:
        """Every rule, in the order of the decision."""
        yield from self.input()
        yield from self.effect()
        for argument in self.tool.arguments:
            if argument.fixed is None:
                yield from self.argument(argument)
        yield from self.flows()
        yield from self.before()
        if self.tool.limits or self.limited():
            why = "no budget of the session, the day or the tool is overdrawn"
            pair = self.told.pair("budget", Asked(kind="budget", why=why))
            yield Rule("budget", "deny", negated(pair.true))
        yield from self.approval()

    def limited(self) -> bool:
        """Whether the session has limits."""
        limits = self.contract.limits
        return any(getattr(limits, name) is not None for name in limits.__dataclass_fields__)

    def input(self) -> Iterator[Rule]:
        """The input schema."""
        if self.tool.input is None:
            return
        ref = self.roots["args"]
        try:
            for name, when in broken(self.tool.input.document, Ref(ref.text, ref.there, ref.type), "args"):
                yield Rule(f"input: {name}", "deny", when)
        except Inexpressible as error:
            why = f"the input schema is kept; Cedar cannot say {error}"
            asked = Asked(kind="input", why=why, tool=self.tool.name)
            pair = self.told.pair(f"input {self.tool.name}", asked)
            yield Rule("input: the rest", "deny", negated(pair.true))
        yield Rule("input: args", "deny", negated(both(*ref.there)))

    def effect(self) -> Iterator[Rule]:
        """Overlays and intents."""
        if self.tool.withdrawn:
            yield Rule(f"withdrawn: {self.tool.withdrawn}", "deny", "true")
        for intent in self.contract.intents.values():
            if intent.tools is not None and self.tool.name not in intent.tools:
                yield Rule(f"intent: {intent.name}", self.contract.gate, self.meant(intent.name))

    def meant(self, intent: str) -> str:
        """When the user came for something."""
        return f"{WHO.format('intent')} == {quoted(intent)}"

    def seen(self, before: str) -> str:
        """When a session has seen what is untrusted or sensitive, or has called a tool."""
        states = {"untrusted": WHO.format("tainted"), "sensitive": WHO.format("sensitive")}
        return states.get(before, f"{WHO.format('called')}.contains({quoted(before)})")

    def argument(self, argument: Argument) -> Iterator[Rule]:
        """Bounds, which Cedar compares; sources, which the caller knows."""
        for bound, sign in ((argument.minimum, "<"), (argument.maximum, ">")):
            if bound is not None:
                yield Rule(f"bounds: {argument.name} {bound:g}", "deny", self.beyond(argument, bound, sign))
        gate = argument.otherwise or self.contract.gate
        if argument.vouches:
            why = f"{argument.name} comes from {listed(argument.vouches)}"
            yield Rule(f"from: {argument.name}", gate, self.refused("from", argument, why))
        if argument.links:
            why = f"{argument.name} holds links only from {listed(argument.links)}"
            yield Rule(f"links: {argument.name}", gate, self.refused("links", argument, why))
        if argument.hosts:
            why = f"{argument.name} leads only to {listed(argument.hosts)}"
            yield Rule(f"hosts: {argument.name}", "deny", self.refused("hosts", argument, why))

    def refused(self, kind: Literal["from", "links", "hosts", "bounds"], argument: Argument, why: str) -> str:
        """When the caller does not say that an argument is as it should be."""
        asked = Asked(kind=kind, why=why, tool=self.tool.name, argument=argument.name)
        return negated(self.told.pair(f"{kind} {self.tool.name} {argument.name}", asked).true)

    def beyond(self, argument: Argument, bound: float, sign: str) -> str:
        """When an argument is beyond a bound."""
        try:
            ref = self.roots["args"]
            for part in argument.name.split("."):
                ref = self.conditions.field(ref, part)
            written = literal_of(ref.type, Decimal(repr(bound)))
            if written is None:
                return both(*ref.there)
            return told(sign, ref, written, ref.there).true
        except Inexpressible as error:
            return self.refused("bounds", argument, f"{argument.name} is within its bounds; {error}")

    def flows(self) -> Iterator[Rule]:
        """What may not follow what, and the rule of two."""
        tool = self.tool
        kinds = {tool.name, *(["egress"] if tool.egress else []), *(["write"] if tool.writes else [])}
        if tool.effect == "irreversible":
            kinds.add("irreversible")
        for flow in self.contract.flows:
            if flow.then in kinds and flow.verdict != "warn":
                name = f"flow: {flow.then} after {flow.before}"
                yield Rule(name, flow.verdict, self.seen(flow.before))
        rule = self.contract.rule_of_two
        if rule != "off" and (tool.writes or tool.egress):
            yield Rule("rule of two", rule, both(self.seen("untrusted"), self.seen("sensitive")))
        if tool.egress and "deny" in (self.contract.filter.secrets, self.contract.filter.personal):
            why = "no argument holds what may not go out"
            pair = self.told.pair("leaks", Asked(kind="leaks", why=why))
            yield Rule("leaks", "deny", negated(pair.true))
        suspected = self.contract.on_suspected
        if suspected in ("ask", "deny") and (tool.writes or tool.egress):
            why = "no output that was read seems to give orders"
            pair = self.told.pair("suspected", Asked(kind="suspected", why=why))
            yield Rule("suspected", suspected, negated(pair.true))

    def before(self) -> Iterator[Rule]:
        """Conditions: those without a value deny."""
        for number, condition in enumerate(self.tool.before, 1):
            pair = self.pair(condition.holds, f"pre {number} {self.tool.name}")
            name = f"pre: {condition.holds.text}"
            if condition.otherwise == "deny":
                yield Rule(name, "deny", negated(pair.true))
                continue
            yield Rule(f"{name}: without a value", "deny", negated(some(pair.true, pair.false)))
            if condition.otherwise == "ask":
                yield Rule(name, "ask", negated(pair.true))

    def approval(self) -> Iterator[Rule]:
        """When people must agree."""
        plan = self.tool.approval
        if plan is None:
            return
        if plan.when is None:
            yield Rule("approval", "ask", "true")
            return
        pair = self.pair(plan.when, f"approval {self.tool.name}")
        yield Rule("approval: without a value", "deny", negated(some(pair.true, pair.false)))
        yield Rule(f"approval: {plan.when.text}", "ask", negated(pair.false))

    def pair(self, expression: Expression, name: str) -> Pair:
        """A condition, or the caller's word for it."""
        try:
            return self.conditions.pair(expression.tree)
        except Inexpressible as error:
            asked = Asked(
                kind="condition",
                why=f"{expression.text}; {error}",
                tool=self.tool.name,
                condition=expression,
            )
            return self.told.pair(name, asked)


def listed(names: Iterable[object]) -> str:
    """Names in a sentence."""
    return ", ".join(str(one) for one in names)


def types_of(checks: Iterable[str]) -> CedarType:
    """The type of what the caller checks."""
    return CedarType("record", dict.fromkeys(checks, CedarType("Bool")))
