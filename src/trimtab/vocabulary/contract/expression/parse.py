"""From the text of a condition to its tree, by recursive descent in the grammar of CEL."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import cast

from trimtab.vocabulary.contract.expression.syntax import (
    Binary,
    Call,
    Choose,
    Expression,
    Index,
    ListOf,
    Literal,
    Name,
    Operator,
    Quantify,
    Select,
    SyntaxFault,
    Tree,
    Unary,
)
from trimtab.vocabulary.contract.expression.tokens import MAX_INT, Token, tokens

MAX_TEXT = 2000
MAX_DEPTH = 24
MAX_TOKENS = 400
FUNCTIONS = {"size": 1}
METHODS = {"size": 0, "startsWith": 1, "endsWith": 1, "contains": 1}
MACROS = ("all", "exists")
SCOPES = ("session", "day")
RELATIONS = ("==", "!=", "<", "<=", ">", ">=", "in")
RESERVED = frozenset(
    [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ]
)
WORDS = {"true": True, "false": False, "null": None}
INSTEAD = {
    "matches": "startsWith, endsWith or contains; a pattern of the input schema checks shapes in bounded time",
    "exists_one": "exists",
    "map": "all or exists",
    "filter": "all or exists",
}


def parse(text: str, *, invariant: bool = False) -> Expression:
    """The condition that a text stands for; raises `SyntaxFault` with the place and what to write instead.

    In an invariant `a implies b` is `!a || b`, and `session.sum(amount)`, `day.count()` are fields of these names.
    """
    if len(text) > MAX_TEXT:
        raise SyntaxFault(f"{len(text)} characters", hint=f"at most {MAX_TEXT}; split it into several")
    found = list(tokens(text))
    if len(found) > MAX_TOKENS:
        raise SyntaxFault(f"{len(found)} tokens", hint=f"at most {MAX_TOKENS}; split it into several")
    reader = Reader(found, invariant=invariant)
    tree = reader.choice()
    if reader.now.kind != "end":
        raise SyntaxFault(
            f"{reader.now.text!r} is not expected", hint="&& or || joins conditions", at=reader.now.at
        )
    return Expression(text=text, tree=tree)


class Reader:
    """The tokens of one condition, and how far they are read."""

    def __init__(self, found: Sequence[Token], *, invariant: bool = False) -> None:
        """Stand before the first token."""
        self._invariant = invariant
        self._tokens = found
        self._at = 0
        self._depth = 0

    @property
    def now(self) -> Token:
        """The next token."""
        return self._tokens[self._at]

    def take(self) -> Token:
        """Go past the next token."""
        token = self.now
        self._at += 1
        return token

    def took(self, *marks: str) -> str:
        """The next token if it is one of these marks, which is then passed; else ""."""
        if self.now.kind in ("mark", "name") and self.now.text in marks:
            return self.take().text
        return ""

    def need(self, mark: str) -> None:
        """Pass a mark that must stand here."""
        if not self.took(mark):
            said = f"{self.now.text!r} stands" if self.now.text else "the condition ends"
            raise SyntaxFault(f"{said} where {mark!r} is expected", hint=f"write {mark}", at=self.now.at)

    def choice(self) -> Tree:
        """A whole condition, one level deeper."""
        return self.deeper(self.implied)

    def deeper(self, part: Callable[[], Tree]) -> Tree:
        """A part one level deeper."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise SyntaxFault(f"nested deeper than {MAX_DEPTH}", hint="split it", at=self.now.at)
        found = part()
        self._depth -= 1
        return found

    def implied(self) -> Tree:
        """`if implies then` of an invariant, or what stands without."""
        found = self.chosen()
        if self._invariant and self.took("implies"):
            found = Binary("||", Unary("!", found), self.choice())
        return found

    def chosen(self) -> Tree:
        """`test ? then : otherwise`, or what stands without."""
        test = self.either()
        if self.took("?"):
            then = self.either()
            self.need(":")
            test = Choose(test, then, self.deeper(self.chosen))
        return test

    def either(self) -> Tree:
        """`a || b`."""
        return self.chain(self.both, "||")

    def both(self) -> Tree:
        """`a && b`."""
        return self.chain(self.relation, "&&")

    def relation(self) -> Tree:
        """`a == b` and its like."""
        return self.chain(self.sum, *RELATIONS)

    def sum(self) -> Tree:
        """`a + b`, `a - b`."""
        return self.chain(self.product, "+", "-")

    def product(self) -> Tree:
        """`a * b`, `a / b`, `a % b`."""
        return self.chain(self.unary, "*", "/", "%")

    def chain(self, part: Callable[[], Tree], *operators: str) -> Tree:
        """Parts joined by operators of one rank, from the left."""
        left = part()
        while found := self.took(*operators):
            left = Binary(cast("Operator", found), left, part())
        return left

    def unary(self) -> Tree:
        """`!a`, `-a`, or a value."""
        if self.took("!"):
            return self.repeated("!")
        if self.took("-"):
            if self.now.kind == "int":
                token = self.take()
                return self.tail(Literal(-cast("int", token.value)))
            return self.repeated("-")
        return self.tail(self.primary())

    def repeated(self, operator: str) -> Tree:
        """What a sign stands before; each one counts as a level."""
        return Unary("!" if operator == "!" else "-", self.deeper(self.unary))

    def primary(self) -> Tree:
        """A literal, a name, a list, or what is in brackets."""
        token = self.take()
        if token.kind in ("text", "decimal"):
            return Literal(token.value)
        if token.kind == "int":
            if cast("int", token.value) > MAX_INT:
                raise SyntaxFault(f"{token.text} is larger than 64 bits hold", hint="less", at=token.at)
            return Literal(token.value)
        if token.kind == "name":
            return self.named(token)
        if token.text == "(":
            inner = self.choice()
            self.need(")")
            return inner
        if token.text == "[":
            return ListOf(self.listed("]"))
        said = f"{token.text!r} is not expected" if token.text else "the condition ends too early"
        raise SyntaxFault(said, hint="a value, for example args.amount", at=token.at)

    def named(self, token: Token) -> Tree:
        """A word of the language, a function, or a name."""
        if token.text in WORDS:
            return Literal(WORDS[token.text])
        if token.text in RESERVED or token.text == "in":
            raise SyntaxFault(f"{token.text!r} is a reserved word", hint="another name", at=token.at)
        if not self.took("("):
            return Name(token.text)
        if token.text == "has":
            found = self.choice()
            self.need(")")
            if not isinstance(found, Select):
                raise SyntaxFault("has asks for a field", hint="has(args.note)", at=token.at)
            return Select(found.of, found.field, test=True)
        return self.call(token, FUNCTIONS, ())

    def call(self, token: Token, known: dict[str, int], target: tuple[Tree, ...]) -> Tree:
        """A function or method whose bracket is open."""
        if token.text not in known:
            raise SyntaxFault(f"there is no function {token.text!r}", hint=instead(token.text), at=token.at)
        arguments = self.listed(")")
        if len(arguments) != known[token.text]:
            said = f"{token.text} has {len(arguments)} arguments"
            raise SyntaxFault(said, hint=f"{known[token.text]}", at=token.at)
        return Call(token.text, (*target, *arguments))

    def listed(self, end: str) -> tuple[Tree, ...]:
        """Values between commas, up to the mark that ends them."""
        found: list[Tree] = []
        while not self.took(end):
            if found:
                self.need(",")
                if end == "]" and self.took(end):
                    break
            found.append(self.choice())
        return tuple(found)

    def tail(self, tree: Tree) -> Tree:
        """Fields, methods and items behind a value."""
        while mark := self.took(".", "["):
            if mark == "[":
                tree = Index(tree, self.choice())
                self.need("]")
                continue
            token = self.take()
            if token.kind != "name":
                raise SyntaxFault("a field's name follows the point", hint="args.amount", at=token.at)
            if not self.took("("):
                tree = Select(tree, token.text)
            elif token.text in MACROS:
                tree = self.quantify(tree, token)
            elif self._invariant and isinstance(tree, Name) and tree.name in SCOPES:
                tree = Select(tree, self.quantity(token))
            else:
                tree = self.call(token, METHODS, (tree,))
        return tree

    def quantity(self, token: Token) -> str:
        """`sum(amount)` or `count()`, whose bracket is open: what a session or a day has of one tool by then."""
        if token.text not in ("sum", "count"):
            raise SyntaxFault(f"there is no {token.text!r} of it", hint="sum(amount) or count()", at=token.at)
        names: list[str] = []
        while token.text == "sum" and (not names or self.took(".")):
            name = self.take()
            if name.kind != "name":
                raise SyntaxFault("sum names an argument", hint="session.sum(amount)", at=name.at)
            names.append(name.text)
        self.need(")")
        return f"{token.text}({'.'.join(names)})"

    def quantify(self, over: Tree, token: Token) -> Tree:
        """`all` or `exists`, whose bracket is open."""
        name = self.take()
        if name.kind != "name" or name.text in WORDS or name.text in RESERVED:
            raise SyntaxFault(f"{token.text} names the item first", hint="args.to.all(x, ...)", at=name.at)
        self.need(",")
        test = self.choice()
        self.need(")")
        return Quantify("all" if token.text == "all" else "exists", over, name.text, test)


def instead(name: str) -> str:
    """What to write where a function is not of the subset."""
    if name in INSTEAD:
        return INSTEAD[name]
    known = [*FUNCTIONS, *METHODS, *MACROS, "has"]
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"one of {', '.join(dict.fromkeys(known))}"
