"""Takes the names of somebody out of texts that people and rules wrote, and leaves the rest of them as it is.

A name is found as a whole word, as it is written, also where an address or JSON has escaped it. A longer name of
somebody else that holds it (`acme-eu` beside `acme`) stays.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast
from urllib.parse import quote, quote_plus

import orjson

from trimtab.vocabulary.kernel import Invalid

ERASED = "[erased]"
"""What stands in a text in place of a name."""
TOKEN = re.compile(r"\w(?:[\w.:@/+~=-]*\w)?")
SHORTEST = 6
"""A session found by its user that is named in fewer characters may be a word of a sentence: it names nobody."""
NAMES = frozenset(
    [
        "agent",
        "agents",
        "alertname",
        "cohort",
        "environment",
        "fingerprint",
        "firing",
        "group",
        "group_labels",
        "key",
        "keys",
        "labels",
        "name",
        "objective",
        "page",
        "pages",
        "query",
        "resolved",
        "route",
        "rule",
        "session",
        "user",
    ]
)
"""Fields of JSON whose values other rows refer to: what is in them stays a name, and the same one everywhere."""
ACCOUNTS = frozenset({"author", "by", "person", "roles", "who"})
"""Fields that say which person of Trimtab did something: these have accounts, and are nobody's user or tenant."""


@dataclass(frozen=True)
class Wiped:
    """Whose names go: as the agents write them (`names`), and their `sessions`; `others` hold one and stay.

    `mark` stands for a name where it identifies something: such values are compared, so that it fits into an address, a
    pattern and a document. `renamed` maps identifiers that were computed of a name to what they are from now on.
    """

    names: tuple[str, ...]
    mark: str
    sessions: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    renamed: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        """Raise `Invalid` where nobody is named."""
        if not self.names or not all(self.names):
            raise Invalid("nobody is named", hint="give the name that is to be erased")

    def text(self, said: str, mark: str = ERASED) -> str:
        """A text without the names."""
        if said in self.names or said in self.sessions:
            return mark
        if any(form in said for form in self._forms):
            said = self._found.sub(lambda one: mark if one["name"] else one[0], said)
        if self._long:
            said = TOKEN.sub(lambda one: mark if one[0] in self._long else one[0], said)
        return said

    def name(self, said: str) -> str:
        """An identifier without the names: the same one gives the same everywhere."""
        return self.renamed.get(said) or self.text(said, self.mark)

    def packed(self, said: str, *, names: bool = False) -> str:
        """JSON without the names, as it was written where none is in it; `names`: all of it identifies something."""
        held = structure(said)
        if held is None:
            return self.name(said) if names else self.text(said)
        wiped = self.value(held, names=names)
        return said if wiped == held else orjson.dumps(wiped).decode()

    def value(self, held: object, *, names: bool = False) -> object:
        """The same of what JSON says."""
        if isinstance(held, str):
            if held[:1] in ("{", "[") and held not in self.renamed:
                return self.packed(held, names=names)
            return self.name(held) if names else self.renamed.get(held) or self.text(held)
        if isinstance(held, list):
            return [self.value(one, names=names) for one in cast("list[object]", held)]
        if isinstance(held, dict):
            fields = cast("dict[str, object]", held)
            return {
                self.name(key): one if key in ACCOUNTS else self.value(one, names=names or key in NAMES)
                for key, one in fields.items()
            }
        return held

    @cached_property
    def _forms(self) -> tuple[str, ...]:
        return tuple(sorted({form for name in self.names for form in forms(name)}, key=len, reverse=True))

    @cached_property
    def _long(self) -> frozenset[str]:
        return frozenset(one for one in self.sessions if len(one) >= SHORTEST)

    @cached_property
    def _found(self) -> re.Pattern[str]:
        stay = sorted({form for other in self.others for form in forms(other)}, key=len, reverse=True)
        kept = "|".join(bounded(one) for one in stay)
        gone = "|".join(bounded(one) for one in self._forms)
        return re.compile(f"(?:{kept})|(?P<name>{gone})" if kept else f"(?P<name>{gone})")


def structure(said: str) -> object:
    """The list or mapping that a text is the JSON of; None for any other text, also one that JSON would read as a value."""
    if not said.lstrip().startswith(("{", "[")):
        return None
    try:
        return orjson.loads(said)
    except orjson.JSONDecodeError:
        return None


def forms(name: str) -> set[str]:
    """A name as it is, and as an address, a form, JSON, and JSON in JSON write it."""
    once = {json.dumps(name)[1:-1], json.dumps(name, ensure_ascii=False)[1:-1]}
    twice = {json.dumps(one, ensure_ascii=False)[1:-1] for one in once}
    return {name, quote(name, safe=""), quote(name), quote_plus(name)} | once | twice


def bounded(form: str) -> str:
    """The pattern of a form where no letter, digit or _ stands beside it; an escape of an address is none of them."""
    before = r"(?:(?<!\w)|(?<=%[0-9A-Fa-f]{2}))" if re.match(r"\w", form) else ""
    return before + re.escape(form) + (r"(?!\w)" if re.search(r"\w$", form) else "")


def holding(names: Iterable[str], others: Iterable[str]) -> frozenset[str]:
    """Those of some other names in which one of the names stands as a word."""
    wanted = re.compile("|".join(bounded(name) for name in names))
    return frozenset(one for one in others if one not in names and wanted.search(one))


def words_in(texts: Iterable[str], most: int = 4) -> Iterable[str]:
    """All that may be a name in some texts: each whole text, and up to `most` words in a row of it."""
    for text in texts:
        yield text
        found = list(TOKEN.finditer(text))
        for first, begin in enumerate(found):
            for end in found[first : first + most]:
                yield text[begin.start() : end.end()]


def total(*counts: Mapping[str, int]) -> dict[str, int]:
    """Counts of several passes, together."""
    found: dict[str, int] = {}
    for one in counts:
        for name, count in one.items():
            found[name] = found.get(name, 0) + count
    return found
