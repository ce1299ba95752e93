"""Spans that say the same, but for identifiers, times, counts and messages, share what normalising one of them gave.

An attribute is used in one of five ways, known by its key alone:

* unread: no dialect reads it.
* present: it only matters that it is there.
* loose: a value that becomes one field, on which no other depends but by whether it is given.
* text: messages, which are read for every span anew.
* steady: anything else. What it says is part of the template.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from trimtab.vocabulary.trace.dialects import DIALECTS, READERS, TABLE, Draft, adk, gen_ai, speaking
from trimtab.vocabulary.trace.facts import EVALUATED
from trimtab.vocabulary.trace.normaliser import (
    FIELD,
    MAX_MESSAGE,
    NAME,
    Shared,
    draft_of,
    read_fields,
    read_tokens,
    row_of,
)
from trimtab.vocabulary.trace.span import Attributes, RawSpan

Use = Literal["unread", "present", "loose", "text", "steady"]
TOKENS = frozenset(field for field in FIELD if field.endswith("_tokens"))
LOOSE = frozenset({"own_session", "user", "tenant", "first_token_ns", "suspected", *TOKENS})
"""Fields that no `refine` looks at but to leave alone what is given, and only `read_tokens` reckons with."""
CACHED = frozenset({"cache_read_tokens", "cache_write_tokens", "total_tokens"})
"""Without these, tokens are as they are said, and assumed to be inclusive."""
TEXTS = frozenset({"gen_ai.input.messages", "gen_ai.output.messages"})
TOLD = ("messages", "user_messages", "tool_calls", "prompt_hash")
"""Fields that messages tell of."""
OVERRULING = frozenset({adk.NAME})
"""Dialects whose `refine` overrules what their attributes say, rather than to fill in what they do not say."""
OPERATION = "gen_ai.operation.name"
VALUED = frozenset({OPERATION, EVALUATED})
"""What `gen_ai` reads of its own keys by more than whether they are there, beside its tables and its texts."""


class Shape:
    """What a template needs to know of an attribute: two that make no difference to it are the same object."""

    __slots__ = ("given", "key", "opened", "use")

    def __init__(self, key: str, use: Use, *, given: bool = True) -> None:
        """`given`: whether a loose value fits its field; `opened`: whether the value matters to the template or a field."""
        self.key, self.use, self.given = key, use, given
        self.opened = use in {"loose", "steady"}


UNREAD = Shape("", "unread")


@lru_cache(maxsize=4096)
def use_of(key: str) -> Use:
    """How an attribute is used."""
    if not READERS[key]:
        return "unread"
    if key in TEXTS:
        return "text"
    read = [d for d in DIALECTS if key in d.READS or key.startswith(d.PREFIXES)]
    if key in TABLE:
        return "loose" if TABLE[key][1] in LOOSE and not read else "steady"
    return "present" if read == [gen_ai] and key in dict(gen_ai.INFERRED) and key not in VALUED else "steady"


@lru_cache(maxsize=4096)
def slot(key: str, *, given: bool = True) -> Shape:
    """The shape that all loose, present or text attributes of a key share."""
    return Shape(key, use_of(key), given=given)


def steady(key: str) -> Shape:
    """The shape of a steady attribute: each value has its own."""
    return Shape(key, "steady")


def loose_value(key: str, value: Any) -> Any:
    """What a loose attribute says of its field; None where it does not fit."""
    return TABLE[key][2](value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What all spans of a kind have in common, and where the rest comes from.

    `loose`: (place among the attributes, place in the row). `usage`: token fields that are steady, and (place among the
    attributes, field) of those that are not, where they must be reckoned with each other. `texts`: (place, key);
    `told` is what has a stronger word than messages.
    """

    row: list[Any]
    loose: tuple[tuple[int, int], ...]
    usage: tuple[Draft, tuple[tuple[int, str], ...]] | None
    texts: tuple[tuple[int, str], ...]
    attributes: Attributes
    told: Draft

    def read_usage(self, row: list[Any], tokens: Draft) -> None:
        """Reckon a span's tokens with those that are steady."""
        assert self.usage is not None  # noqa: S101 - else nobody asks
        draft = self.usage[0] | tokens
        read_tokens(draft)
        draft.pop("total_tokens", None)
        for field, value in draft.items():
            row[FIELD[field]] = value

    def read_texts(self, row: list[Any], texts: Attributes) -> None:
        """Read a span's messages."""
        draft = self.told.copy()
        gen_ai.refine(self.attributes | texts, draft)
        for field, value in draft.items():
            row[FIELD[field]] = value


def template_of(span: RawSpan, shapes: Sequence[Shape], shared: Shared) -> Template | None:
    """The template of a span without events and of all that share its name, status and shapes; None where it has none."""
    first: dict[str, int] = {}
    for at, shape in enumerate(shapes):
        first.setdefault(shape.key, at)
    texts = [key for key in TEXTS if key in first]
    mute = span.attributes | dict.fromkeys(texts)
    if EVALUATED in mute or any(dialect.NAME in OVERRULING for dialect in speaking(mute)):
        return None
    draft = draft_of(span._replace(attributes=mute), shared)
    if draft.get("outcome"):
        return None
    loose = {field: first[key] for field, key in winners(mute).items() if shapes[first[key]].use == "loose"}
    usage = usage_of(draft, loose)
    table = read_fields(mute)
    told = {field: table[field] for field in TOLD if field in table}
    read_tokens(draft)
    row = row_of(draft, shared)
    row[NAME] = span.name[:MAX_MESSAGE]
    return Template(
        row=row,
        loose=tuple((at, FIELD[field]) for field, at in loose.items() if field not in TOKENS or not usage),
        usage=usage,
        texts=tuple((first[key], key) for key in texts),
        attributes={key: mute[key] for key in (OPERATION,) if key in mute},
        told=told,
    )


def winners(attributes: Attributes) -> dict[str, str]:
    """Field -> the attribute that the tables take it from."""
    found: dict[str, str] = {}
    for key in sorted(TABLE.keys() & attributes.keys(), key=lambda key: TABLE[key][0]):
        _, field, convert = TABLE[key]
        if convert(attributes[key]) is not None:
            found.setdefault(field, key)
    return found


def usage_of(draft: Draft, loose: dict[str, int]) -> tuple[Draft, tuple[tuple[int, str], ...]] | None:
    """Steady and loose tokens, where the loose ones do not stand each for itself."""
    steady = {field: draft[field] for field in TOKENS if field in draft and field not in loose}
    tokens = tuple((at, field) for field, at in loose.items() if field in TOKENS)
    return (steady, tokens) if tokens and CACHED & (steady.keys() | loose.keys()) else None
