"""Reading a YAML document field by field: what is wrong, where, and what to write instead."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, cast
from zoneinfo import ZoneInfo

import yaml

from trimtab.loop.alert.match import Matcher, read_matcher
from trimtab.vocabulary.kernel import Invalid

MAX_TEXT = 1_000_000
EARLIEST, LATEST = 1970, 2200
UNITS_S = {"w": 604_800.0, "d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
DURATION = re.compile(r"(?:\d+(?:w|d|h|ms|m|s))+")
PART = re.compile(r"(\d+)(w|d|h|ms|m|s)")
NAME = re.compile(r"[A-Za-z0-9][\w.\- ]{0,99}")
COMPOSE = cast("Callable[[str, type], yaml.Node | None]", yaml.compose)  # pyright: ignore[reportUnknownMemberType]
MAX_DURATION_S = 366 * 86_400.0
DOCUMENT = "document"
STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value of the document, and where it stands."""

    value: Any
    where: str


def wrong(node: Node, what: str, instead: str) -> NoReturn:
    """Raise `Invalid` for a value: what, where, what instead."""
    raise Invalid(f"{node.where}: {what}", hint=instead)


def placed(text: str, error: Invalid) -> Invalid:
    """The error with the line of what it is about, counted from 1."""
    where = error.message.partition(": ")[0].partition(" ")[0]
    tree = COMPOSE(text, yaml.SafeLoader)
    if tree is None or not where.startswith(DOCUMENT):
        return error
    return Invalid(f"line {line_at(tree, where)}: {error.message}", hint=error.hint, code=error.code)


def line_at(tree: yaml.Node, where: str) -> int:
    """The line of the value at a place such as `document.receivers[0].url`, or of the last that is there on the way to it."""
    line = tree.start_mark.line
    for name, number in STEP.findall(where.removeprefix(DOCUMENT)):
        if isinstance(tree, yaml.MappingNode):
            pairs = cast("list[tuple[yaml.Node, yaml.Node]]", tree.value)
            found = next(((key, value) for key, value in pairs if str(key.value) == name), None)
            if found is None:
                break
            line, tree = found[0].start_mark.line, found[1]
        elif isinstance(tree, yaml.SequenceNode) and number and int(number) < len(tree.value):
            tree = cast("list[yaml.Node]", tree.value)[int(number)]
            line = tree.start_mark.line
    return line + 1


def load(text: str) -> Node:
    """The document as YAML; a key that stands twice is refused, because one of the two would be lost."""
    if len(text) > MAX_TEXT:
        raise Invalid(f"a document of {len(text)} characters", hint=f"at most {MAX_TEXT}")
    try:
        tree = COMPOSE(text, yaml.SafeLoader)
        if tree is not None:
            refuse_twins(tree, set())
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Invalid(
            f"no YAML: {' '.join(str(error).split())[:300]}", hint="see the line it names"
        ) from error
    return Node(value=value, where=DOCUMENT)


def refuse_twins(node: yaml.Node, seen: set[int]) -> None:
    """Raise `Invalid` for a mapping with a key twice."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        pairs = cast("list[tuple[yaml.Node, yaml.Node]]", node.value)
        names = [str(key.value) for key, _ in pairs]
        for (key, _), name in zip(pairs, names, strict=True):
            if names.count(name) > 1:
                line = key.start_mark.line + 1
                raise Invalid(f"line {line}: {name} stands twice", hint="keep one of them")
        for _, value in pairs:
            refuse_twins(value, seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in cast("list[yaml.Node]", node.value):
            refuse_twins(item, seen)


def fields(node: Node, *, required: Sequence[str] = (), optional: Sequence[str] = ()) -> dict[str, Node]:
    """The fields of a mapping; raises `Invalid` for one that is missing, unknown, or empty where it is required."""
    given = cast("dict[object, Any]", node.value)
    if not isinstance(node.value, dict):
        wrong(node, "not a mapping", f"with {', '.join([*required, *optional])}")
    known = {*required, *optional}
    for name in given:
        if name not in known:
            wrong(node, f"{name!r} is not known here", f"of {', '.join(sorted(known))}")
    for name in required:
        if given.get(name) in (None, "", [], {}):
            wrong(node, f"{name} is missing", f"needs {', '.join(required)}")
    return {
        str(name): Node(value=value, where=f"{node.where}.{name}")
        for name, value in given.items()
        if value is not None
    }


def items(node: Node | None) -> list[Node]:
    """The items of a list; none where it is not given."""
    if node is None:
        return []
    found = cast("list[Any]", node.value)
    if not isinstance(node.value, list):
        wrong(node, "not a list", "begin each item with -")
    return [Node(value=value, where=f"{node.where}[{place}]") for place, value in enumerate(found)]


def text(node: Node) -> str:
    """A text or a number as text."""
    if isinstance(node.value, bool) or not isinstance(node.value, str | int | float):
        wrong(node, "not a text", "put it into quotes")
    return str(node.value)


def name_of(node: Node) -> str:
    """A name: letters, digits and . _ - within 100 characters."""
    found = text(node)
    if not NAME.fullmatch(found):
        wrong(node, f"{found!r} is no name", "letters, digits, . _ - and at most 100 characters")
    return found


def texts(node: Node | None) -> tuple[str, ...]:
    """A list of texts; none where it is not given."""
    return tuple(text(one) for one in items(node))


def flag(node: Node) -> bool:
    """Yes or no."""
    if not isinstance(node.value, bool):
        wrong(node, f"{node.value!r} is neither true nor false", "write true or false")
    return node.value


def whole(node: Node, low: int, high: int) -> int:
    """A whole number within bounds."""
    if isinstance(node.value, bool) or not isinstance(node.value, int) or not low <= node.value <= high:
        wrong(node, f"{node.value!r} is out of bounds", f"a whole number from {low} to {high}")
    return node.value


def seconds(node: Node, *, least: float = 0.0) -> float:
    """A length of time such as 30s, 5m, 1h30m, 1w, in seconds."""
    written = str(node.value)
    if not DURATION.fullmatch(written):
        wrong(node, f"{written!r} is no length of time", "for example 30s, 5m, 1h30m, 7d")
    total = sum(int(count) * UNITS_S[unit] for count, unit in PART.findall(written))
    if not least <= total <= MAX_DURATION_S:
        wrong(node, f"{written} is out of bounds", f"from {least:g}s to 366d")
    return total


def matchers(node: Node | None) -> tuple[Matcher, ...]:
    """Conditions, each a text such as `severity="page"`."""
    found: list[Matcher] = []
    for one in items(node):
        try:
            found.append(read_matcher(text(one)))
        except Invalid as error:
            wrong(one, error.message, error.hint)
    return tuple(found)


def zone(node: Node | None) -> str:
    """The name of a time zone; UTC where none is given."""
    if node is None:
        return "UTC"
    try:
        return ZoneInfo(text(node)).key
    except (KeyError, ValueError, OSError):
        wrong(node, f"no time zone: {node.value!r}", "for example Europe/Berlin or UTC")


def local_time(node: Node, zone_name: str) -> datetime:
    """A date and time on the wall of a zone, without offset; one with an offset is brought there."""
    value = node.value
    if not isinstance(value, datetime):
        try:
            value = datetime.fromisoformat(str(value))
        except ValueError:
            wrong(node, f"no time: {value!r}", "for example 2026-01-05T09:00")
    if not EARLIEST <= value.year <= LATEST:
        wrong(node, f"no time: {value}", f"a year from {EARLIEST} to {LATEST}")
    if value.tzinfo is None:
        return value
    return value.astimezone(ZoneInfo(zone_name)).replace(tzinfo=None)


def unique(nodes: Sequence[Node], names: Sequence[str]) -> None:
    """Raise `Invalid` where a name stands twice."""
    for place, name in enumerate(names):
        if name in names[:place]:
            wrong(nodes[place], f"{name} is there already", "give it another name")
