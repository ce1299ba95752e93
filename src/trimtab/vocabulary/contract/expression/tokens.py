"""A condition's text as tokens."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from trimtab.vocabulary.contract.expression.syntax import SyntaxFault

TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n]+|//[^\n]*)
    |(?P<raw>[rR](?:"[^"\n]*"|'[^'\n]*'))
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<decimal>(?:\d+\.\d+|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
    |(?P<int>0[xX][0-9a-fA-F]+|\d+)(?![\w.]|[uU])
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<mark>&&|\|\||==|!=|<=|>=|[<>!+\-*/%?:.,()\[\]])""",
    re.VERBOSE,
)
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"} | {
    one: one for one in "\\?\"'`"
}
MAX_INT = 2**63 - 1
MAX_EXPONENT = 300
Kind = Literal["text", "decimal", "int", "name", "mark", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a condition, at a character that counts from 0."""

    kind: Kind
    text: str
    at: int
    value: str | int | Decimal = ""


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a condition, the last of kind `end`; raises `SyntaxFault`."""
    at = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise SyntaxFault(f"{text[at : at + 12]!r} is not understood", hint=hint_of(text[at]), at=at)
        if found.lastgroup != "blank":
            yield token(found.lastgroup, found.group(), at)
        at = found.end()
    yield Token("end", "", at)


def token(group: str, said: str, at: int) -> Token:
    """One token with its value."""
    match group:
        case "raw":
            return Token("text", said, at, said[2:-1])
        case "text":
            return Token("text", said, at, unescaped(said[1:-1], at))
        case "int":
            return Token("int", said, at, whole(said, at))
        case "decimal":
            return Token("decimal", said, at, decimal(said, at))
        case "name":
            return Token("name", said, at)
        case _:
            return Token("mark", said, at)


def whole(said: str, at: int) -> int:
    """A whole number; one more than the largest is let through for the smallest below zero."""
    value = int(said, 16) if said[:2].lower() == "0x" else int(said[:40])
    if value > MAX_INT + 1:
        raise SyntaxFault(f"{said[:30]} is larger than 64 bits hold", hint="a smaller number", at=at)
    return value


def decimal(said: str, at: int) -> Decimal:
    """A number with a point, exactly as written."""
    value = Decimal(said)
    if value and abs(value.adjusted()) > MAX_EXPONENT:
        raise SyntaxFault(f"{said[:30]} is too large or too small", hint="a number as of JSON", at=at)
    return value


def unescaped(said: str, at: int) -> str:
    """The text between quotes."""

    def one(found: re.Match[str]) -> str:
        digits = found[1] or found[2] or found[3]
        if digits:
            point = int(digits, 16)
            if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
                raise SyntaxFault(f"{found[0]} is no character", hint="\\u00e9", at=at)
            return chr(point)
        if found[4] not in ESCAPED:
            raise SyntaxFault(f"{found[0]!r} is no escape", hint='\\\\, \\", \\n or \\u00e9', at=at)
        return ESCAPED[found[4]]

    return ESCAPE.sub(one, said)


def hint_of(character: str) -> str:
    """What was probably meant."""
    hints = {
        "'": "close the quote in the same line",
        '"': "close the quote in the same line",
        "=": "== compares",
        "&": "&& joins",
        "|": "|| joins",
        "{": "mappings cannot be written in a condition",
    }
    return hints.get(character, "CEL: names, numbers, 'text', and && || ! == < in + - * / %")
