"""How a route is declared: once, for its behaviour and for its description."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from trimtab.app.bootstrap import Server
from trimtab.app.http.access import Entry
from trimtab.loop.store import Grant, KeyScope

Arguments = dict[str, Any]
Use = Callable[[Server, Grant, Arguments], object]
NAMES = re.compile(r"{(\w+)(?::path)?}")
MOST = (1 << 63) - 1
LONGEST = 10_000
MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter: its JSON Schema, and a sentence. In the query of a read, in the body of a write."""

    name: str
    schema: Mapping[str, Any]
    says: str
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """A list that comes in pages: where its rows are, and which of their fields name one.

    With `pushed`, the function itself takes `cursor` (a list, or None) and gives `next`; `limited` functions take a `limit`.
    """

    rows: str
    named_by: tuple[str, ...] = ("id",)
    default: int = MOST_ROWS
    most: int = MOST_ROWS
    limited: bool = False
    pushed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A route: who may use it, what it takes and gives, and the function behind it.

    `scope` None asks for any grant. `use` is for whoever holds a grant, `door` for whoever comes to get one.
    `dimensions`: other names are dimensions of a cohort. `target` names the arguments that the audit log may keep.
    `secret` names fields of the answer that are shown once. `tagged` answers carry an ETag; where they `wait`,
    whoever has the answer already gets the next one as soon as there is one, for as many seconds as `wait_s` says.
    """

    method: str
    path: str
    scope: KeyScope | None
    use: Use | None = None
    door: Callable[[Entry], Response] | None = None
    takes: tuple[Parameter, ...] = ()
    dimensions: bool = False
    free: bool = False
    pages: Pages | None = None
    tagged: bool = False
    waits: bool = False
    target: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    media: str = "application/json"
    group: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the path."""
        return tuple(NAMES.findall(self.path))

    @property
    def template(self) -> str:
        """The path as OpenAPI writes it."""
        return NAMES.sub(r"{\1}", self.path)

    @property
    def says(self) -> str:
        """The first sentence of the function behind it."""
        found = (self.use or self.door).__doc__ or ""
        return found.strip().splitlines()[0] if found else ""


def text(name: str, says: str, *, longest: int = LONGEST, required: bool = False) -> Parameter:
    """A text."""
    return Parameter(name=name, schema={"type": "string", "maxLength": longest}, says=says, required=required)


def one_of(name: str, says: str, *choices: str, default: str | None = None) -> Parameter:
    """One of a few words."""
    more = {"default": default} if default is not None else {}
    return Parameter(name=name, schema={"type": "string", "enum": list(choices)} | more, says=says)


def whole(name: str, says: str, *, most: int = MOST, default: int | None = None) -> Parameter:
    """A whole number from 0."""
    more = {"default": default} if default is not None else {}
    return Parameter(name=name, schema={"type": "integer", "minimum": 0, "maximum": most} | more, says=says)


def number(name: str, says: str) -> Parameter:
    """A number from 0."""
    return Parameter(name=name, schema={"type": "number", "minimum": 0}, says=says)


def flag(name: str, says: str) -> Parameter:
    """Yes or no."""
    return Parameter(name=name, schema={"type": "boolean"}, says=says)


def texts(name: str, says: str) -> Parameter:
    """A list of texts."""
    return Parameter(name=name, schema={"type": "array", "items": {"type": "string"}}, says=says)


def texts_by_name(name: str, says: str, *, required: bool = False) -> Parameter:
    """Texts by name."""
    schema = {"type": "object", "additionalProperties": {"type": "string"}}
    return Parameter(name=name, schema=schema, says=says, required=required)


SINCE = whole("since_ns", "From this time on: nanoseconds since 1970.")
UNTIL = whole("until_ns", "Before this time: nanoseconds since 1970.")
BY = text("by", "Who does it; of whoever is signed in it is their name.", longest=200)
