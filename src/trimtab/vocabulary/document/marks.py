"""YAML as plain values that remember their line; what could exhaust a machine or surprise a reader is refused."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import yaml

from trimtab.vocabulary.document.problems import rejected

YAML: Any = yaml
MAX_BYTES = 1_000_000
MAX_DEPTH = 40
MAX_VALUES = 50_000
TAG = "tag:yaml.org,2002:"
TAGS = frozenset(TAG + name for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq"))
TRUTHS = {"true": True, "false": False}
Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value of a file, at a line that counts from 1: a scalar, fields by name, or a list; `text` is a scalar as written."""

    value: "Scalar | dict[str, Node] | list[Node]"
    file: str
    line: int
    text: str = ""

    @property
    def fields(self) -> "dict[str, Node]":
        """Its fields; none where it is no mapping."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> "list[Node]":
        """Its items; none where it is no list."""
        return self.value if isinstance(self.value, list) else []

    def get(self, *names: str) -> "Node | None":
        """The value at the end of a path of field names; None where there is none, or null."""
        at: Node | None = self
        for name in names:
            at = at.fields.get(name) if at else None
        return None if at is None or at.value is None else at

    def words(self, *names: str) -> str:
        """The scalar at the end of a path as it was written, or ""."""
        found = self.get(*names)
        return found.text if found else ""


def read_marked(text: str, file: str) -> list[Node]:
    """The documents of a YAML text; raises `Rejected` with the line where it cannot be read on."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise rejected(file, 1, f"over {MAX_BYTES:,} bytes", "split it into several files")
    try:
        check_depth(text, file)
        left = [MAX_VALUES]
        return [
            node_of(found, file, left)
            for found in YAML.compose_all(text, yaml.CSafeLoader)
            if found.tag != TAG + "null"
        ]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, said = mark.line + 1 if mark else 1, error.problem or error.context or "no YAML"
        raise rejected(file, line, f"no YAML: {said}", "correct it there") from error
    except (yaml.YAMLError, UnicodeError) as error:
        said = str(error).splitlines()[0]
        raise rejected(file, 1, f"no YAML: {said}", "plain UTF-8 without control characters") from error


def check_depth(text: str, file: str) -> None:
    """Refuse deep nesting before anything recurses into it."""
    depth = 0
    for event in YAML.parse(text, yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            line = event.start_mark.line + 1
            raise rejected(file, line, f"nested deeper than {MAX_DEPTH}", "no document needs more than 12")


def node_of(found: yaml.Node, file: str, left: list[int], depth: int = 0) -> Node:
    """A composed node as ours; `left` is how many values may still come, an alias counting as all that it stands for."""
    line = found.start_mark.line + 1
    left[0] -= 1
    if left[0] < 0 or depth > MAX_DEPTH:
        said = f"more than {MAX_VALUES} values, or endless ones, once aliases are written out"
        raise rejected(file, line, said, "write it without aliases, or as several files")
    if found.tag not in TAGS:
        said = f"the tag {found.tag.removeprefix(TAG)!r} is not taken"
        raise rejected(file, line, said, "plain text, numbers, lists and mappings")
    if isinstance(found, yaml.MappingNode):
        return Node(value=fields_of(found, file, left, depth), file=file, line=line)
    if isinstance(found, yaml.SequenceNode):
        items = [node_of(item, file, left, depth + 1) for item in found.value]
        return Node(value=items, file=file, line=line)
    return Node(value=scalar(found.tag, found.value), file=file, line=line, text=found.value)


def fields_of(found: yaml.MappingNode, file: str, left: list[int], depth: int) -> dict[str, Node]:
    """The fields of a mapping; a name stands once, and is text."""
    fields: dict[str, Node] = {}
    for key, value in found.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or (key.tag not in TAGS):
            raise rejected(file, line, "a field's name is no text", "name: value, and merged fields in full")
        if key.value in fields:
            said = f"{key.value} stands twice, first in line {fields[key.value].line}"
            raise rejected(file, line, said, "leave one of them out")
        made = node_of(value, file, left, depth + 1)
        fields[key.value] = Node(value=made.value, file=file, line=line, text=made.text)
    return fields


def scalar(tag: str, text: str) -> Scalar:
    """The value of a scalar by its tag; what only old YAML calls a number or a truth (1:30, yes) stays text."""
    kind = tag.removeprefix(TAG)
    if kind == "null":
        return None
    if kind == "bool":
        return TRUTHS.get(text.lower(), text)
    if kind in ("int", "float"):
        return number(text)
    return text


def number(text: str) -> Scalar:
    """A finite number, or the text where it is none."""
    try:
        value = int(text)
    except ValueError:
        pass
    else:
        return value if abs(value) < 2**63 else text
    try:
        value = float(text)
    except ValueError:
        return text
    return value if math.isfinite(value) else text


def plain(node: Node) -> Any:
    """The value without its lines."""
    if isinstance(node.value, dict):
        return {name: plain(one) for name, one in node.value.items()}
    if isinstance(node.value, list):
        return [plain(one) for one in node.value]
    return cast("Any", node.value)


def at_path(node: Node, path: Sequence[str | int]) -> Node:
    """The value at a path, or the last one on the way to it."""
    for part in path:
        if isinstance(part, int) and part < len(node.items):
            node = node.items[part]
        elif isinstance(part, str) and part in node.fields:
            node = node.fields[part]
        else:
            break
    return node
