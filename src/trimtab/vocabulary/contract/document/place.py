"""One place of a document that is being read: what is known around it, and where its problems go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

from trimtab.vocabulary.contract.document.durations import seconds_of
from trimtab.vocabulary.contract.expression import Expression, SyntaxFault, parse, paths
from trimtab.vocabulary.contract.schema import Schema, compile_schema
from trimtab.vocabulary.document import Node, Problems, Rejected, nearest, plain, read_marked
from trimtab.vocabulary.kernel import Invalid

SESSION = (
    "id",
    "tenant",
    "user",
    "intent",
    "tainted",
    "sensitive",
    "calls",
    "writes",
    "irreversible",
    "cost_usd",
    "tokens",
    "seconds",
)
"""What a condition may ask of the session."""


@dataclass(slots=True, kw_only=True)
class Place:
    """What reading needs to know: the problems so far, the tools of the contract, schemas in files of their own."""

    problems: Problems
    tools: Mapping[str, Node]
    schemas: Mapping[str, str]
    digested: dict[str, Any] = field(default_factory=dict[str, Any])
    compiled: dict[int, Schema | None] = field(default_factory=dict[int, Schema | None])

    def schema(self, node: Node | None) -> Schema | None:
        """A JSON Schema, in place or in a file; None where there is none, or it is wrong, which is a problem."""
        if node is None:
            return None
        if id(node) not in self.compiled:
            self.compiled[id(node)] = self.compile(node)
        return self.compiled[id(node)]

    def compile(self, node: Node) -> Schema | None:
        """A JSON Schema, read and compiled."""
        document: Any = plain(node)
        if isinstance(document, str):
            text = self.schemas.get(document)
            if text is None:
                hint = (
                    nearest(document, self.schemas)
                    if self.schemas
                    else "give the file along, or write it in place"
                )
                self.problems.add(node, f"there is no schema {document!r}", hint)
                return None
            try:
                found = read_marked(text, document)
            except Rejected as error:
                self.problems.found += error.problems
                return None
            self.digested[document] = document = plain(found[0]) if found else True
        try:
            return compile_schema(document)
        except Invalid as error:
            self.problems.add(node, error.message, error.hint)
            return None

    def seconds(self, node: Node | None, otherwise: float) -> float:
        """A length of time."""
        return seconds_of(node.text) if node else otherwise

    def condition(self, node: Node, *roots: str, arguments: Node | None = None) -> Expression | None:
        """A condition over named values; None where it is wrong, which is a problem. `arguments` is their schema."""
        try:
            found = parse(node.text)
        except SyntaxFault as error:
            self.problems.add(node, f"character {error.at + 1}: {error.message}", error.hint)
            return None
        for path in sorted(paths(found)):
            self.check_path(node, path, roots, arguments)
        return found

    def check_path(
        self, node: Node, path: tuple[str, ...], roots: tuple[str, ...], arguments: Node | None
    ) -> None:
        """Whether a condition may ask for this value here."""
        if path[0] not in roots:
            self.problems.add(node, f"{path[0]} is not known here", nearest(path[0], roots))
        elif len(path) > 1 and path[0] == "session" and path[1] not in SESSION:
            self.problems.add(node, f"a session has no {path[1]}", nearest(path[1], SESSION))
        elif len(path) > 1 and path[0] == "facts" and path[1] not in facts_names(self.tools):
            self.problems.add(
                node, f"facts.{path[1]} is no tool's output", nearest(path[1], facts_names(self.tools))
            )
        elif len(path) > 1 and path[0] == "args":
            self.check_argument(node, path[1], arguments)

    def check_argument(self, node: Node, name: str, arguments: Node | None) -> None:
        """Whether an argument is in the input schema, where that says which there are."""
        known = properties_of(self.schema(arguments))
        if known is not None and name not in known:
            self.problems.add(node, f"the input schema has no {name}", nearest(name, known))

    def tool(self, node: Node, *, itself: str = "") -> str:
        """The name of another tool of the contract."""
        if node.text not in self.tools:
            self.problems.add(node, f"there is no tool {node.text!r}", nearest(node.text, self.tools))
        elif node.text == itself:
            self.problems.add(node, f"{itself} names itself", "another tool")
        return node.text

    def expressions(self, node: Node | None, *roots: str, arguments: Node | None) -> dict[str, Expression]:
        """Conditions' values by name."""
        found = {
            name: self.condition(one, *roots, arguments=arguments)
            for name, one in (node.fields if node else {}).items()
        }
        return {name: one for name, one in found.items() if one}


@lru_cache(maxsize=4096)
def facts_name(tool: str) -> str:
    """A tool's name in conditions: orders.get is facts.orders_get."""
    return "".join(one if one.isalnum() and one.isascii() else "_" for one in tool)


def facts_names(tools: Mapping[str, Any]) -> list[str]:
    """The names that conditions know of tools."""
    return [facts_name(one) for one in tools]


def properties_of(schema: Schema | None) -> list[str] | None:
    """The arguments that an input schema names; None where it says nothing, or leaves others open by a pattern."""
    if schema is None or isinstance(schema.document, bool):
        return None
    properties = cast("dict[str, Any] | None", schema.document.get("properties"))
    return list(properties) if properties and "patternProperties" not in schema.document else None


def number_of(node: Node | None) -> float | None:
    """A number, or None."""
    return float(cast("float", node.value)) if node else None


def whole_of(node: Node | None) -> int | None:
    """A whole number, or None."""
    return int(cast("float", node.value)) if node else None


def flag_of(node: Node | None, *, otherwise: bool = False) -> bool:
    """A flag."""
    return otherwise if node is None else node.value is True


def texts_of(node: Node | None) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(one.text for one in node.items) if node else ()


def path_of(text: str) -> tuple[str, ...]:
    """A path as its parts: items[].email is items, [], email."""
    return tuple(text.replace("[]", ".[]").split("."))
