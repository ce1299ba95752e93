"""What users, prompts and tools said in a session, and who said a value.

A value counts as said by the user or the prompt where it is a word, or words in a row, of what they said; as vouched
for by a tool where it equals the whole value of a field that the contract names; as named where it is a word of an
output that the user pointed to: whoever asked for it used the user's words alone; as trusted where it is one of an
output that strangers cannot write. It never counts for being a part
of something longer. What strangers can write is searched the other way round: decoded, joined, in any part.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from trimtab.vocabulary.contract.model import Tool, Vouch
from trimtab.vocabulary.contract.provenance.forms import (
    LOOK_ALIKE,
    accounts,
    fold,
    key_of,
    numbers,
    said_within,
    words,
)
from trimtab.vocabulary.contract.provenance.layers import layers

NAMES = "{}"
SIDES = ("named", "trusted", "untrusted")
MIN_COMPACT = 6
"""Letters and digits of a value that are looked for in any part of an untrusted text."""
MAX_LEAVES = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who said a value: the user, the prompt, a tool's vouched field, an untrusted output; nobody but the model."""

    source: Literal["user", "system", "vouched", "named", "trusted", "untrusted", "model"]
    tool: str = ""
    path: tuple[str, ...] = ()

    def __str__(self) -> str:
        """In words: user, orders.get.id, web.fetch (untrusted)."""
        name = ".".join((self.tool, *self.path)) or self.source
        return f"{name} ({self.source})" if self.source in SIDES else name


class Said:
    """What one side said, ready to be asked."""

    __slots__ = ("compact", "single", "texts")

    def __init__(self) -> None:
        """Begin with nothing."""
        self.single: set[str] = set()
        self.texts: list[str] = []
        self.compact: list[str] = []

    def add(self, text: str) -> None:
        """Take in one text as it stands; the work is linear in it."""
        folded = fold(text)
        self.single.update(words(folded))
        self.single.update(accounts(folded))
        self.single.update(numbers(folded))
        self.texts.append(" ".join(folded.split()))

    def add_hidden(self, texts: Iterable[str]) -> None:
        """Take in the texts of one output and all that they hide, also together."""
        found: list[str] = []
        for text in texts:
            for layer in layers(text):
                self.add(layer)
                found.append(compact_of(layer))
        self.compact.append("".join(found))

    def has(self, value: object) -> bool:
        """Whether the value is a word, a number or an account of what was said, or words in a row exactly as said."""
        key = key_of(value)
        if not key or key in self.single:
            return bool(key)
        if not isinstance(value, str):
            return False
        phrase = " ".join(fold(value).split())
        return any(one.isalnum() for one in phrase) and any(said_within(phrase, one) for one in self.texts)

    def hides(self, value: object) -> bool:
        """Whether the value stands anywhere in what was said, also in pieces or within longer words."""
        if self.has(value):
            return True
        for layer in layers(str(value)) if isinstance(value, str) else ():
            wanted = compact_of(layer)
            if len(wanted) >= MIN_COMPACT and any(wanted in one for one in self.compact):
                return True
        return False


class Sayings:
    """The values of one session by who said them, ready to be asked."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._spoken = {"user": Said(), "system": Said()}
        self._untrusted: dict[str, Said] = {}
        self._named: dict[str, Said] = {}
        self._trusted: dict[str, Said] = {}
        self._vouched: dict[tuple[str, tuple[str, ...]], set[str]] = {}

    def hear(self, source: Literal["user", "system"], text: str) -> None:
        """Take in what the user said, or the prompt."""
        self._spoken[source].add(text)

    def read(self, tool: Tool | None, name: str, value: object, args: Mapping[str, object] | None) -> None:
        """Take in a tool's output, as `Provenance.read` has it."""
        owner = tool.name if tool else name
        trusted = tool is not None and tool.output.trusted
        vouched = tool.output.vouched if tool else frozenset[tuple[str, ...]]()
        strange: list[str] = []
        hearing = [one.setdefault(owner, Said()) for one in self.believed(trusted=trusted, args=args)]
        for path, leaf in leaves(value, names=True):
            if hearing and leaf is not None and not isinstance(leaf, bool):
                for one in hearing:
                    one.add(str(leaf))
            if path in vouched:
                key = key_of(leaf)
                if key:
                    self._vouched.setdefault((owner, path), set()).add(key)
            elif not trusted and leaf is not None and not isinstance(leaf, bool):
                strange.append(str(leaf))
        if strange:
            self._untrusted.setdefault(owner, Said()).add_hidden(strange)

    def believed(self, *, trusted: bool, args: Mapping[str, object] | None) -> list[dict[str, Said]]:
        """The sides on which an output counts as said, beside its vouched fields."""
        return [*([self._trusted] if trusted else []), *([self._named] if self.names(args) else [])]

    def names(self, args: Mapping[str, object] | None) -> bool:
        """Whether the user said every argument of a call, and at least one."""
        given = [one for _, one in leaves(args or {}) if one is not None and not isinstance(one, bool)]
        return bool(given) and all(self._spoken["user"].has(one) for one in given)

    def origins(self, value: object) -> tuple[Origin, ...]:
        """Everybody who said a value; the model alone where nobody did."""
        key = key_of(value)
        found = [
            Origin(source="user" if source == "user" else "system")
            for source, said in self._spoken.items()
            if said.has(value)
        ]
        found += [
            Origin(source="vouched", tool=tool, path=path)
            for (tool, path), keys in self._vouched.items()
            if key in keys
        ]
        found += [Origin(source="named", tool=tool) for tool, said in self._named.items() if said.has(value)]
        found += [
            Origin(source="trusted", tool=tool) for tool, said in self._trusted.items() if said.has(value)
        ]
        found += [
            Origin(source="untrusted", tool=tool)
            for tool, said in self._untrusted.items()
            if said.hides(value)
        ]
        return tuple(found) or (Origin(source="model"),)

    def accepts(self, value: object, vouches: Sequence[Vouch]) -> bool:
        """Whether every leaf of a value was said by one of these."""
        return all(
            leaf is None or any(self.vouches(vouch, leaf) for vouch in vouches) for _, leaf in leaves(value)
        )

    def vouches(self, vouch: Vouch, leaf: object) -> bool:
        """Whether one source said one value."""
        match vouch.source:
            case "user" | "system" as source:
                return self._spoken[source].has(leaf)
            case "field":
                return key_of(leaf) in self._vouched.get((vouch.tool, vouch.path), ())
            case "vouched":
                key = key_of(leaf)
                return any(key in keys for keys in self._vouched.values())
            case "named":
                return any(said.has(leaf) for said in self._named.values())
            case "trusted":
                return any(said.has(leaf) for said in self._trusted.values())
            case "model":
                return not any(said.hides(leaf) for said in self._untrusted.values())


def leaves(value: object, *, names: bool = False) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The leaves of a value with their paths, in which [] is any item of a list; `names` adds those of mappings."""
    left: list[tuple[tuple[str, ...], object]] = [((), value)]
    count = 0
    while left:
        path, one = left.pop()
        count += 1
        if count > MAX_LEAVES:
            raise ValueError(f"more than {MAX_LEAVES} values")
        if isinstance(one, Mapping):
            fields = cast("Mapping[str, object]", one)
            left += [((*path, str(name)), item) for name, item in reversed(list(fields.items()))]
            if names:
                left += [((*path, NAMES), str(name)) for name in fields]
        elif isinstance(one, Sequence) and not isinstance(one, str | bytes | bytearray):
            items = cast("Sequence[object]", one)
            left += [((*path, "[]"), item) for item in reversed(items)]
        else:
            yield path, one


def compact_of(text: str) -> str:
    """The letters and digits of a text as they look, and nothing between them."""
    return "".join(one for one in fold(text).translate(LOOK_ALIKE) if one.isalnum())
