"""A condition of a policy as two of a contract's: when it is true, and when it is false; else Cedar errs.

Both ask first whether what they read is there, unless that is known by then, so neither errs, and neither holds where
Cedar would err.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from trimtab.vocabulary.contract.cedar.conditions import Inexpressible, both, negated, some
from trimtab.vocabulary.contract.cedar.types import CedarType
from trimtab.vocabulary.contract.expression.parse import RESERVED

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
ORDERS = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}
OF_DECIMALS = {"lessThan": "<", "lessThanOrEqual": "<=", "greaterThan": ">", "greaterThanOrEqual": ">="}
Node = Mapping[str, Any]
CALLER: Node = {"Var": "principal"}
INPUT: Node = {".": {"left": {"Var": "context"}, "attr": "input"}}


@dataclass(frozen=True, slots=True)
class Value:
    """A value: how a condition writes it, its kind or "" where nothing says, what must hold first, its path in the arguments."""

    text: str
    kind: str
    there: tuple[str, ...] = ()
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """When a condition is true, and when it is false; `total` where it is always one of these.

    `sure` is what is known to be there where it is true, `unsure` where it is false.
    """

    true: str
    false: str
    total: bool = True
    sure: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()

    def turned(self) -> "Outcome":
        """Not this."""
        return Outcome(self.false, self.true, self.total, self.unsure, self.sure)


class Spoken:
    """Conditions about one tool: `known` are the types of its arguments, `claims` fields of the session by claim.

    `used` collects what its policies take each argument for, `given` is what is known to be there.
    """

    def __init__(self, known: CedarType | None, claims: Mapping[str, str]) -> None:
        """Know what the tool takes and who calls."""
        self.known = known
        self.claims = claims
        self.used: dict[tuple[str, ...], str] = {}
        self.given: frozenset[str] = frozenset()
        self.table: Mapping[str, Callable[[Any], Outcome]] = {
            "Value": self.literal,
            "!": self.negation,
            "&&": self.conjunction,
            "||": self.disjunction,
            "if-then-else": self.choice,
            "==": lambda of: self.compared("==", of["left"], of["right"]),
            "!=": lambda of: self.compared("!=", of["left"], of["right"]),
            "like": self.like,
            "has": self.has,
            "hasTag": self.has_tag,
            "contains": self.contains,
            ".": self.truth,
        }

    def outcome(self, node: Node, given: frozenset[str] = frozenset()) -> Outcome:
        """When a condition is true and when it is false, where some is known to be there; raises `Inexpressible`."""
        before, self.given = self.given, self.given | given
        try:
            ((name, of),) = node.items()
            if name in ORDERS:
                return self.ordered(ORDERS[name], "Long", of["left"], of["right"])
            if name in OF_DECIMALS:
                return self.ordered(OF_DECIMALS[name], "decimal", *of)
            if name not in self.table:
                raise Inexpressible(f"{name} is not read")
            return self.table[name](of)
        finally:
            self.given = before

    def parts(self, node: Node, *, true: bool) -> list[str]:
        """What must hold, one after the other, so that a condition is true, or false."""
        ((name, of),) = node.items()
        if name == "!":
            return self.parts(of["arg"], true=not true)
        if name == ("&&" if true else "||"):
            return self.parts(of["left"], true=true) + self.parts(of["right"], true=true)
        found = self.outcome(node)
        found = found if true else found.turned()
        self.given |= found.sure
        return [found.true]

    def literal(self, value: Any) -> Outcome:
        """True or false."""
        if not isinstance(value, bool):
            raise Inexpressible("a value is no condition")
        return Outcome("true", "false") if value else Outcome("false", "true")

    def negation(self, of: Node) -> Outcome:
        """Not."""
        return self.outcome(of["arg"]).turned()

    def conjunction(self, of: Node) -> Outcome:
        """And, from left to right: the right side is asked only after a true left one."""
        left = self.outcome(of["left"])
        right = self.outcome(of["right"], left.sure)
        true, total = both(left.true, right.true), left.total and right.total
        return Outcome(
            true,
            negated(true) if total else some(left.false, both(left.true, right.false)),
            total,
            left.sure | right.sure,
            left.unsure & (left.sure | right.unsure),
        )

    def disjunction(self, of: Node) -> Outcome:
        """Or, from left to right: the right side is asked only after a false left one."""
        left = self.outcome(of["left"])
        right = self.outcome(of["right"], left.unsure)
        return Outcome(
            some(left.true, right.true if left.total else both(left.false, right.true)),
            both(left.false, right.false),
            left.total and right.total,
            left.sure & (left.unsure | right.sure),
            left.unsure | right.unsure,
        )

    def choice(self, of: Node) -> Outcome:
        """One of two conditions."""
        test = self.outcome(of["if"])
        then, other = self.outcome(of["then"], test.sure), self.outcome(of["else"], test.unsure)
        true = some(both(test.true, then.true), both(test.false, other.true))
        total = test.total and then.total and other.total
        false = some(both(test.true, then.false), both(test.false, other.false))
        return Outcome(
            true,
            negated(true) if total else false,
            total,
            (test.sure | then.sure) & (test.unsure | other.sure),
            (test.sure | then.unsure) & (test.unsure | other.unsure),
        )

    def truth(self, of: Node) -> Outcome:
        """An argument that is true or false."""
        found = self.taken(self.value({".": of}), "Bool")
        return self.held(f"{found.text} == true", *found.there)

    def compared(self, sign: str, left: Node, right: Node) -> Outcome:
        """Two values, equal or not."""
        one, other = self.value(left), self.value(right)
        kind = one.kind or other.kind
        if not kind:
            raise Inexpressible(f"nothing says what {one.text} is")
        one, other = self.taken(one, kind), self.taken(other, kind)
        found = self.held(f"{one.text} == {other.text}", *one.there, *other.there)
        return found if sign == "==" else found.turned()

    def ordered(self, sign: str, kind: str, left: Node, right: Node) -> Outcome:
        """Two numbers in order."""
        one, other = self.taken(self.value(left), kind), self.taken(self.value(right), kind)
        return self.held(f"{one.text} {sign} {other.text}", *one.there, *other.there)

    def like(self, of: Node) -> Outcome:
        """A text and a pattern."""
        found = self.taken(self.value(of["left"]), "String")
        return self.held(matching(found.text, of["pattern"]), *found.there)

    def has(self, of: Node) -> Outcome:
        """Whether an argument is there."""
        if of["left"] in ({"Var": "context"}, CALLER):
            if of["attr"] in ("input", "id"):
                return Outcome("true", "false")
            raise Inexpressible(f"{of['attr']} is not known")
        found = self.value({".": of})
        *around, there = found.there
        asked = self.held(there, *around)
        return replace(asked, sure=asked.sure | {there})

    def has_tag(self, of: Node) -> Outcome:
        """Whether the token has a claim."""
        (there,) = self.claim(of).there
        return Outcome(there, negated(there), sure=frozenset([there]))

    def contains(self, of: Node) -> Outcome:
        """Whether a list has a value."""
        if "Set" not in of["left"]:
            raise Inexpressible("lists among the arguments are not read")
        listed = [self.value(one) for one in of["left"]["Set"]]
        kinds = {one.kind for one in listed}
        if len(kinds) != 1 or "" in kinds or any(one.there for one in listed):
            raise Inexpressible("the list holds more than literals of one kind")
        found = self.taken(self.value(of["right"]), kinds.pop())
        return self.held(f"{found.text} in [{', '.join(one.text for one in listed)}]", *found.there)

    def held(self, found: str, *there: str) -> Outcome:
        """A condition that has a value where what it reads is there."""
        asked = [one for one in dict.fromkeys(there) if one not in self.given]
        known = frozenset(there)
        return Outcome(both(*asked, found), both(*asked, negated(found)), not asked, known, known)

    def value(self, node: Node) -> Value:
        """A literal, an argument, or what is known of the caller; raises `Inexpressible`."""
        ((name, of),) = node.items()
        if name == "Value" and isinstance(of, str | int):
            kind = "String" if isinstance(of, str) else "Bool" if isinstance(of, bool) else "Long"
            return Value(json.dumps(of, ensure_ascii=False), kind)
        if name == "decimal" and "Value" in of[0]:
            return Value(str(of[0]["Value"]), "decimal")
        if name == "getTag":
            return self.claim(of)
        if name == ".":
            if of["left"] == CALLER and of["attr"] == "id":
                return Value("session.user", "String")
            return self.argument(of)
        raise Inexpressible(f"{name} is not read" if name != "Value" else "an entity is not compared")

    def argument(self, of: Node) -> Value:
        """An argument, or a field of one."""
        if of["left"] == INPUT:
            around = Value("args", "record")
        elif "." in of["left"]:
            around = self.taken(self.argument(of["left"]["."]), "record")
        else:
            raise Inexpressible("a contract knows the arguments and the caller")
        name = cast("str", of["attr"])
        plain = (
            PLAIN.fullmatch(name)
            and name not in RESERVED
            and name not in ("in", "has", "true", "false", "null")
        )
        text = f"{around.text}.{name}" if plain else f"{around.text}[{json.dumps(name, ensure_ascii=False)}]"
        there = f"has({text})" if plain else f"{json.dumps(name, ensure_ascii=False)} in {around.text}"
        path = (*around.path, name)
        return Value(text, self.kind(path), (*around.there, there), path)

    def kind(self, path: tuple[str, ...]) -> str:
        """What an argument is, by its schema or by what it was taken for."""
        wanted = self.known
        for part in path:
            wanted = wanted.fields.get(part) if wanted else None
        return wanted.kind if wanted else self.used.get(path, "")

    def claim(self, of: Node) -> Value:
        """A claim of the token, as the field of the session that stands for it; "" is one that is not there."""
        name = of["right"].get("Value") if of["left"] == CALLER else None
        if not isinstance(name, str) or name not in self.claims:
            raise Inexpressible(f"no field of a session is named for the claim {name}")
        text = f"session.{self.claims[name]}"
        return Value(text, "String", (f'{text} != ""',))

    def taken(self, value: Value, kind: str) -> Value:
        """A value taken for a kind; raises `Inexpressible` where it is of another."""
        if value.kind not in ("", kind):
            raise Inexpressible(f"{value.text} is taken for a {kind}, and is a {value.kind}")
        if value.path:
            self.used[value.path] = kind
        return value


def matching(text: str, pattern: list[Any]) -> str:
    """A pattern with one or two stars at its ends or between; raises `Inexpressible` for others."""
    pieces = [""]
    for one in pattern:
        if one != "Wildcard":
            pieces[-1] += one["Literal"]
        elif len(pieces) == 1 or pieces[-1]:
            pieces.append("")
    first, *middle, last = pieces if len(pieces) > 1 else (pieces[0], None)
    written = [json.dumps(one or "", ensure_ascii=False) for one in (first, last)]
    if last is None:
        return f"{text} == {written[0]}"
    if middle:
        if len(middle) > 1 or first or last:
            raise Inexpressible("a pattern with stars in several places")
        return f"{text}.contains({json.dumps(middle[0], ensure_ascii=False)})"
    sized = f"size({text}) >= {len(first) + len(last)}" if first and last else ""
    starts = f"{text}.startsWith({written[0]})" if first else ""
    ends = f"{text}.endsWith({written[1]})" if last else ""
    return both(*(one for one in (starts, ends, sized) if one))
