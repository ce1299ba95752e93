"""The documents of all files, by kind and name; a ref leads to one of them or is a problem."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from trimtab.loop.budget.openslo.shapes import check, slug
from trimtab.vocabulary.document import Node, Problems, Rejected, nearest, read_marked

OPENSLO, OWN = "openslo/v1", "trimtab/v1"
KINDS = {
    "DataSource": OPENSLO,
    "Service": OPENSLO,
    "SLI": OPENSLO,
    "SLO": OPENSLO,
    "AlertPolicy": OPENSLO,
    "AlertCondition": OPENSLO,
    "AlertNotificationTarget": OPENSLO,
    "ErrorBudgetPolicy": OWN,
}
PARTS = ("apiVersion", "kind", "metadata", "spec")


@dataclass(slots=True, kw_only=True)
class Library:
    """Documents by kind and name, and the problems found; a document in `broken` is not looked into further."""

    problems: Problems = field(default_factory=Problems)
    documents: dict[str, dict[str, Node]] = field(
        default_factory=lambda: {kind: dict[str, Node]() for kind in KINDS}
    )
    broken: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def sound(self, kind: str) -> Iterable[tuple[str, Node]]:
        """The documents of a kind that can be looked into."""
        return [
            (name, node) for name, node in self.documents[kind].items() if (kind, name) not in self.broken
        ]

    def find(self, kind: str, ref: Node) -> Node | None:
        """The document that a ref names; None where it is broken itself, or where there is none, which is a problem."""
        found = self.documents[kind].get(ref.text)
        if found is None:
            known = self.documents[kind]
            hint = nearest(ref.text, known) if known else f"add a document of kind {kind} with that name"
            self.problems.add(ref, f"there is no {kind} {ref.text!r}", hint)
        return None if (kind, ref.text) in self.broken else found

    def follow(self, kind: str, ref: str, node: Node) -> tuple[str, Node] | None:
        """The name and the spec of an object that is written in place, or that a ref names."""
        named = node if isinstance(node.value, str) else node.get(ref)
        found = self.find(kind, named) if named else node
        spec = found.get("spec") if found else None
        return (found.words("metadata", "name"), spec) if found and spec else None


def collect(texts: Mapping[str, str]) -> Library:
    """Read all files; every document is checked for its fields."""
    library = Library()
    for node in read_all(texts, library.problems):
        for document in node.items if isinstance(node.value, list) else [node]:
            shelve(library, document)
    return library


def read_all(texts: Mapping[str, str], problems: Problems) -> list[Node]:
    """The YAML documents of files (name -> text); a file that cannot be read is a problem among the others."""
    found: list[Node] = []
    for file, text in texts.items():
        try:
            found += read_marked(text, file)
        except Rejected as error:
            problems.found += error.problems
    return found


def shelve(library: Library, node: Node) -> None:
    """Check a document and put it under its kind and name."""
    problems, before = library.problems, len(library.problems.found)
    kind = node.words("kind")
    if not isinstance(node.value, dict):
        problems.add(node, "this is no document", f"apiVersion: {OPENSLO}, kind: SLO, metadata and spec")
        return
    if kind not in KINDS:
        problems.add(node.get("kind") or node, f"kind is {kind!r}", nearest(kind, KINDS))
        return
    version = node.words("apiVersion")
    if version != KINDS[kind]:
        problems.add(
            node.get("apiVersion") or node,
            f"apiVersion {version!r} of a {kind} is not read",
            f"apiVersion: {KINDS[kind]}",
        )
        return
    for name, value in node.fields.items():
        if name not in PARTS:
            problems.add(value, f"unknown field {name!r}", nearest(name, PARTS))
    for part, shape in (("metadata", "Metadata"), ("spec", kind)):
        found = node.get(part)
        if found:
            check(found, shape, problems)
        elif not (part == "spec" and kind == "Service"):
            problems.add(node, f"{part} is missing", f"{part}: {{...}}")
    name = node.words("metadata", "name")
    place(library, kind, name, node)
    if len(problems.found) > before:
        library.broken.add((kind, name))


def place(library: Library, kind: str, name: str, node: Node) -> None:
    """Keep a document; two of one kind and name are a problem."""
    earlier = library.documents[kind].get(name)
    if earlier is None:
        library.documents[kind][name] = node
    elif name:
        library.problems.add(
            node,
            f"a second {kind} {name!r}; the first is in {earlier.file}:{earlier.line}",
            f"leave one out, or call it {slug(name)}-2",
        )
