"""The values that a question is about, by their paths, and what is taken to be so of them."""

import re
from dataclasses import dataclass, field, replace
from typing import Any

import z3

from trimtab.adapters.z3_solver.values import (
    BLANK,
    FALSE,
    MAPPING,
    NUMBER,
    TRUE,
    Term,
    Value,
    const,
    number,
    out_of_64,
    some,
    text,
    truth,
    yes,
)

Path = tuple[str, ...]
TEXTS = ("id", "tenant", "user", "intent")
FLAGS = ("tainted", "sensitive")
WHOLES = ("calls", "writes", "irreversible", "tokens")
REALS = ("cost_usd", "seconds")
ROOTS = ("args", "facts")


@dataclass(slots=True)
class Space:
    """The values of one question. `named` are those an invariant knows beside them, `doubts` what is not translated."""

    rules: list[Term] = field(default_factory=list[Term])
    present: dict[Path, Term] = field(default_factory=dict[Path, Term])
    values: dict[Path, Value] = field(default_factory=dict[Path, Value])
    named: dict[Path, Value] = field(default_factory=dict[Path, Value])
    doubts: dict[str, None] = field(default_factory=dict[str, None])
    free: dict[str, Any] = field(default_factory=dict[str, Any])
    closed: dict[tuple[Path, frozenset[str]], Term] = field(
        default_factory=dict[tuple[Path, frozenset[str]], Term]
    )
    sources: dict[tuple[str, str, frozenset[str]], Term] = field(
        default_factory=dict[tuple[str, str, frozenset[str]], Term]
    )
    spent: dict[tuple[str, str, str], Term] = field(default_factory=dict[tuple[str, str, str], Term])

    def flag(self, key: str) -> Term:
        """A truth of which nothing is known; the same key is the same truth."""
        return self.free.setdefault(key, z3.Bool(key))

    def session(self, name: str) -> Value | None:
        """A field of the session; None where it has no such field."""
        key = f"session.{name}"
        if name in FLAGS:
            return truth(self.flag(key))
        if name in TEXTS:
            return text(self.free.setdefault(key, z3.String(key)))
        if name not in WHOLES and name not in REALS:
            return None
        if key not in self.free:
            self.free[key] = term = z3.Real(key)
            self.rules.append(term >= 0)
            if name in WHOLES:
                self.rules += [z3.IsInt(term), z3.Not(out_of_64(term))]
        return number(self.free[key], TRUE if name in WHOLES else FALSE)

    def spend(self, scope: str, agent: str, measure: str) -> Term:
        """What is spent of a budget before the call."""
        key = (scope, agent, measure)
        if key not in self.spent:
            self.spent[key] = z3.Real(f"spent {'/'.join(key)}")
            self.rules.append(self.spent[key] >= 0)
        return self.spent[key]

    def value(self, path: Path) -> Value:
        """The value at a path of args or facts, if it is there."""
        if path not in self.values:
            self.values[path] = self.make(path)
        return self.values[path]

    def there(self, path: Path) -> Term:
        """Whether there is a value at a path of args or facts."""
        self.value(path)
        return self.present[path]

    def make(self, path: Path) -> Value:
        """A value of any kind, which is there only where what holds it is."""
        if len(path) == 1:
            self.present[path] = TRUE
            return replace(BLANK, kind=const(MAPPING), path=path)
        name = "/".join(path)
        found = self.anything(name)
        self.present[path] = there = z3.Bool(f"{name} there")
        around = self.value(path[:-1])
        self.rules.append(z3.Implies(there, yes(self.present[path[:-1]], around.is_(MAPPING))))
        return replace(found, fault=FALSE, path=path)

    def anything(self, name: str) -> Value:
        """A value of which nothing is known, not even whether there is one."""
        if name not in self.free:
            found = Value(
                fault=z3.Bool(f"{name} fault"),
                kind=z3.Int(f"{name} kind"),
                truth=z3.Bool(f"{name} truth"),
                number=z3.Real(f"{name} number"),
                whole=z3.Bool(f"{name} whole"),
                text=z3.String(f"{name} text"),
            )
            self.free[name] = found
            self.rules += [
                found.kind >= 0,
                found.kind <= MAPPING,
                z3.Implies(found.whole, z3.IsInt(found.number)),
            ]
        return self.free[name]

    def read(self, path: Path) -> Value:
        """The value at a path as a condition reads it: without one where there is none, or 64 bits do not hold it."""
        found, around = self.value(path), self.value(path[:-1])
        too_large = yes(found.is_(NUMBER), found.whole, out_of_64(found.number))
        return found.faulty(
            z3.Not(self.present[path[:-1]]),
            z3.Not(around.is_(MAPPING)),
            z3.Not(self.present[path]),
            too_large,
        )

    def called(self, tool: str) -> Term:
        """Whether the session has called a tool."""
        return self.flag(f"called {tool}")

    def refused(self, word: str, argument: str, names: frozenset[str]) -> Term:
        """Whether what is asked of an argument's sources is not so; with fewer sources it is so no more often."""
        key = (word, argument, names)
        if key not in self.sources:
            found = z3.Bool(f"{word} {argument} {sorted(names)}")
            for (other, one, wider), term in self.sources.items():
                if (other, one) == (word, argument):
                    self.rules += [z3.Implies(term, found)] if names <= wider else []
                    self.rules += [z3.Implies(found, term)] if wider <= names else []
            self.sources[key] = found
        return self.sources[key]

    def more(self, path: Path) -> Term:
        """Whether a mapping has a field that nothing speaks of."""
        return self.flag(f"{'/'.join(path)} more")

    def only(self, path: Path, names: frozenset[str]) -> Term:
        """Whether a mapping has no other fields than these."""
        return self.closed.setdefault((path, names), z3.Bool(f"{'/'.join(path)} only {sorted(names)}"))

    def settled(self) -> list[Term]:
        """Everything that is taken to be so, once all values are known that are spoken of."""
        found = list(self.rules)
        for (path, names), term in self.closed.items():
            others = [
                there
                for one, there in self.present.items()
                if one[:-1] == path and len(one) > 1 and one[-1] not in names
            ]
            found.append(term == z3.Not(some(self.more(path), *others)))
        return found

    def doubt(self, what: str) -> None:
        """Note a part that has no translation."""
        self.doubts.setdefault(what, None)


def unescaped(said: str) -> str:
    """A text as Z3 writes it."""
    return re.sub(r"\\u\{([0-9a-fA-F]+)\}", lambda one: chr(int(one[1], 16)), said)
