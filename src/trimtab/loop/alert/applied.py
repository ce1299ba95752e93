"""What a project has applied: its files, and what they promise, and who is told."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from trimtab.loop.alert.pipeline import Routing, read_routing
from trimtab.loop.budget import Promises, read_promises
from trimtab.loop.sli import Definition
from trimtab.loop.store import State
from trimtab.vocabulary.kernel import Invalid

KEY = "promises."
ROUTING = re.compile(r"^kind:\s*[\"']?AlertRouting\b", re.MULTILINE)
PARTED = re.compile(r"^---", re.MULTILINE)
LINE = re.compile(r"^line (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The files (name -> text), what they say, and when they were applied; a project without any promises nothing."""

    files: Mapping[str, str] = field(default_factory=dict[str, str])
    promises: Promises = field(default_factory=Promises)
    routing: Routing | None = None
    at_ns: int = 0


def read_files(
    files: Mapping[str, str], definitions: Mapping[str, Definition]
) -> tuple[Promises, Routing | None]:
    """What files say: promises in OpenSLO, and at most one routing document, in a file of its own; raises `Invalid`."""
    routing = {name: text for name, text in files.items() if ROUTING.search(text)}
    if len(routing) > 1:
        raise Invalid(
            f"two routing documents: {' and '.join(sorted(routing)[:2])}", hint="keep one AlertRouting"
        )
    promises = read_promises({name: text for name, text in files.items() if name not in routing}, definitions)
    for name, text in routing.items():
        if len([part for part in PARTED.split(text) if part.strip()]) > 1:
            raise Invalid(f"{name}: AlertRouting beside other documents", hint="a file of its own")
        try:
            return promises, read_routing(text)
        except Invalid as error:
            said = LINE.sub(r":\1", error.message) if LINE.match(error.message) else f": {error.message}"
            raise Invalid(f"{name}{said}", hint=error.hint, code=error.code) from error
    return promises, None


def apply_files(
    state: State, project: str, files: Mapping[str, str], definitions: Mapping[str, Definition], now_ns: int
) -> Applied:
    """Let these files, and no others, be what the project promises; all of them, or none and `Invalid`."""
    promises, routing = read_files(files, definitions)
    kept = orjson.dumps({"files": dict(files), "at_ns": now_ns}).decode()
    state.set_setting(KEY + project, kept)
    return Applied(files=files, promises=promises, routing=routing, at_ns=now_ns)


class Promised:
    """What projects have applied, read again only when it has changed."""

    def __init__(self, state: State) -> None:
        """Read from the state store."""
        self._state = state
        self._known: dict[str, tuple[str, Mapping[str, Definition], Applied]] = {}

    def of(self, project: str, definitions: Mapping[str, Definition]) -> Applied:
        """What a project has applied; raises `Invalid` where an indicator it names has been removed since."""
        kept = self._state.setting(KEY + project)
        if not kept:
            return Applied()
        known = self._known.get(project)
        if known is not None and known[0] == kept and known[1] == definitions:
            return known[2]
        row = orjson.loads(kept)
        promises, routing = read_files(row["files"], definitions)
        found = Applied(files=row["files"], promises=promises, routing=routing, at_ns=row["at_ns"])
        self._known[project] = kept, definitions, found
        return found
