"""Definitions of tools as a person has read them, and what has changed since.

A pin is the SHA-256 of what a model is told of a tool: its name, its description, the schemas of its input and output, and what its
server says of its effects.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from trimtab.vocabulary.kernel import Invalid

KIND, VERSION = "McpPins", "trimtab/v1"
SHORT = 200
MOST = 20
AGAIN = "run `trimtab mcp-gateway --config ... --pin` once you have read the tools"
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a server says of one of its tools."""

    server: str
    tool: str
    description: str = ""
    input: Mapping[str, Any] = field(default_factory=dict[str, Any])
    output: Mapping[str, Any] | None = None
    annotations: Mapping[str, Any] = field(default_factory=dict[str, Any])
    digest: str = field(init=False, compare=False)
    """The SHA-256 of its canonical form, in hex."""
    length: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Know its digest, which is asked for again and again."""
        text = json.dumps(self.plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        object.__setattr__(self, "digest", hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())
        object.__setattr__(self, "length", len(text))

    @property
    def plain(self) -> dict[str, Any]:
        """It as JSON."""
        return {
            "name": self.tool,
            "description": self.description,
            "input": self.input,
            "output": self.output,
            "annotations": self.annotations,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """The definitions that were pinned, by server and tool."""

    pinned: Mapping[Key, Definition]

    def drift(self, now: Definition) -> str:
        """What has changed of a tool since it was pinned, in words; "" where nothing has."""
        before = self.pinned.get((now.server, now.tool))
        if before is None:
            return "it is new: nobody has pinned it"
        return "" if before.digest == now.digest else difference(before.plain, now.plain)


def pins_at(path: Path) -> Pins | None:
    """The pins of a file; None where there is none. Raises `Invalid` where it is damaged."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"cannot read the pins {path}: {error}", hint=AGAIN) from error
    try:
        found: Any = json.loads(text)
        form = (found["apiVersion"], found["kind"])
        pinned = [pin_of(path, row) for row in found["tools"]]
    except (ValueError, TypeError, KeyError) as error:
        raise Invalid(f"the pins {path} cannot be read: {error}", hint=AGAIN) from error
    if form != (VERSION, KIND):
        raise Invalid(f"the pins {path} are no {KIND} of {VERSION}", hint=AGAIN)
    return Pins(pinned={(one.server, one.tool): one for one in pinned})


def pin_of(path: Path, row: Mapping[str, Any]) -> Definition:
    """One pin; raises `Invalid` where its digest is another than its definition's."""
    given = row["definition"]
    found = Definition(
        server=str(row["server"]),
        tool=str(given["name"]),
        description=str(given["description"]),
        input=dict(given["input"]),
        output=None if given["output"] is None else dict(given["output"]),
        annotations=dict(given["annotations"]),
    )
    if found.digest != row["digest"]:
        raise Invalid(f"the pins {path}: {found.server} {found.tool} was altered by hand", hint=AGAIN)
    return found


def write_pins(path: Path, definitions: Iterable[Definition]) -> None:
    """Pin these and no others."""
    rows = [
        {"server": one.server, "digest": one.digest, "definition": one.plain}
        for one in sorted(definitions, key=lambda one: (one.server, one.tool))
    ]
    document = {"apiVersion": VERSION, "kind": KIND, "tools": rows}
    draft = path.with_name(f"{path.name}.new")
    try:
        draft.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise Invalid(
            f"the pins {path} cannot be written: {error}", hint="name another file with pins:"
        ) from error


def difference(before: Any, now: Any) -> str:
    """What two definitions do not share, in words."""
    found = list(changes(before, now, ""))
    more = [] if len(found) <= MOST else [f"and {len(found) - MOST} more"]
    return "; ".join([*found[:MOST], *more])


def changes(before: Any, now: Any, where: str) -> Iterator[str]:
    """Each change, with its place."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        old, new = cast("Mapping[str, Any]", before), cast("Mapping[str, Any]", now)
        for name in dict.fromkeys((*old, *new)):
            place = f"{where}.{name}" if where else name
            if name not in old:
                yield f"{place} is new: {shown(new[name])}"
            elif name not in new:
                yield f"{place} is gone, it was {shown(old[name])}"
            else:
                yield from changes(old[name], new[name], place)
    elif json.dumps(before, sort_keys=True) != json.dumps(now, sort_keys=True):
        yield f"{where} was {shown(before)}, is {shown(now)}"


def shown(value: Any) -> str:
    """A value, in short."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= SHORT else f"{text[:SHORT]}..."
