"""Fields of the gateway's document, each read as what it is; whatever is wrong is noted with its line."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trimtab.vocabulary.document import Node, Problems, nearest

REFERENCE = re.compile(r"(env|file):(.{1,1000})")
TIME = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)(ms|s|m)")
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads fields; paths are seen from a folder, `env:` from an environment."""

    problems: Problems
    folder: Path
    env: Mapping[str, str]

    def known(self, node: Node, names: Sequence[str]) -> None:
        """Note the fields that nobody knows."""
        for name, one in node.fields.items():
            if name not in names:
                self.problems.add(one, f"no field {name!r} here", nearest(name, names))

    def mapping(self, node: Node, name: str) -> Node:
        """A field that is a mapping; an empty one where it is not there."""
        found = node.get(name)
        if found is None:
            return Node(value={}, file=node.file, line=node.line)
        if not isinstance(found.value, dict):
            self.problems.add(found, f"{name} is no mapping", f"{name}: {{field: value}}")
        return found

    def text(self, node: Node, name: str) -> str:
        """A field that is text, or ""."""
        found = node.get(name)
        if found is not None and isinstance(found.value, dict | list):
            self.problems.add(found, f"{name} is no text", f"{name}: text")
        return "" if found is None else found.text

    def texts(self, node: Node, name: str) -> tuple[str, ...]:
        """A field that is a list of texts."""
        found = node.get(name)
        if found is None:
            return ()
        if not found.items or any(isinstance(one.value, dict | list) for one in found.items):
            self.problems.add(found, f"{name} is no list of texts", f"{name}: [one, another]")
        return tuple(one.text for one in found.items)

    def word(self, node: Node, name: str, words: Sequence[Any], default: Any) -> Any:
        """A field that is one of some words."""
        found = node.get(name)
        if found is None:
            return default
        if found.value not in words:
            self.problems.add(found, f"{name}: {found.text}", f"one of {', '.join(words)}")
        return found.value

    def flag(self, node: Node, name: str, default: bool) -> bool:  # noqa: FBT001 - as it is where nobody says
        """A field that is true or false."""
        found = node.get(name)
        if found is not None and not isinstance(found.value, bool):
            self.problems.add(found, f"{name}: {found.text}", "true or false")
        return default if found is None else found.value is True

    def port(self, node: Node, name: str, default: int) -> int:
        """A field that is a port; 0 is one that is free."""
        found = node.get(name)
        if found is None:
            return default
        if not isinstance(found.value, int) or not 0 <= found.value < 65536:
            self.problems.add(found, f"{name}: {found.text}", "0 to 65535; 0 is one that is free")
            return default
        return found.value

    def seconds(self, node: Node, name: str, default: float) -> float:
        """A field that is a time."""
        found = node.get(name)
        if found is None:
            return default
        match = TIME.fullmatch(found.text)
        if match is None:
            self.problems.add(found, f"{name}: {found.text}", "a time as 500ms, 30s or 2m")
            return default
        return float(match[1]) * UNITS[match[2]]

    def path(self, node: Node, name: str) -> Path | None:
        """A field that is a path, from the document's folder."""
        found = self.text(node, name)
        return self.folder / found if found else None

    def settings(self, node: Node, name: str) -> dict[str, str]:
        """A mapping of texts; `env:NAME` and `file:PATH` stand for what is there."""
        found = self.mapping(node, name)
        return {one: self.resolved(value, one) for one, value in found.fields.items()}

    def secret(self, node: Node, name: str) -> str:
        """A field that says where a secret is; it is not written here."""
        found = node.get(name)
        if found is None:
            return ""
        if not REFERENCE.fullmatch(found.text):
            self.problems.add(found, "a secret is not written here", "where it stands: env:NAME or file:PATH")
            return ""
        return self.resolved(found, name)

    def resolved(self, node: Node, name: str) -> str:
        """A text, or what it refers to."""
        match = REFERENCE.fullmatch(node.text)
        if match is None:
            return node.text
        if match[1] == "env":
            if not self.env.get(match[2]):
                self.problems.add(
                    node, f"{name}: {match[2]} is not set", f"set {match[2]} in the environment"
                )
            return self.env.get(match[2], "")
        try:
            return (self.folder / match[2]).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            self.problems.add(node, f"{name}: {error}", "a file with nothing but the secret")
            return ""
