"""A step as it happens: begun, told of, ended once; then it is handed on and does not change."""

import itertools
import json
from collections.abc import Mapping
from typing import Any, cast

from trimtab.edge.sdk.lineage.context import Lineage, Place
from trimtab.edge.sdk.words import AGENT, SESSION, TENANT, USER, VARIANT

MAX_NAME, MAX_TEXT, MAX_SPAN, MAX_ATTRIBUTES = 200, 100_000, 500_000, 96
MAX_ITEMS, MAX_DEPTH, SHORTER = 1000, 6, (MAX_TEXT, 2000, 100)
"""Bounds of a structure that a step is told; what is beyond is left out, and its texts are cut before it is cut itself."""

Plain = str | int | float | bool


class Span:
    """One step; `error` is its type and message. Times are nanoseconds since the Unix epoch, ids hex."""

    __slots__ = (
        "attributes",
        "born",
        "end_ns",
        "error",
        "kind",
        "name",
        "parent_id",
        "place",
        "size",
        "start_ns",
    )

    def __init__(self, kind: str, name: str, place: Place, parent_id: str, *, born: int, now_ns: int) -> None:
        """Begin at `now_ns`; `born` is the generation of the process that began it."""
        self.kind, self.name, self.place, self.parent_id = kind, name[:MAX_NAME], place, parent_id
        self.born, self.start_ns, self.end_ns = born, now_ns, 0
        self.error: tuple[str, str] | None = None
        self.size = 0
        self.attributes: dict[str, Plain] = {}

    def tell(self, key: str, value: object) -> None:
        """Set an attribute; None says nothing, and what is one too many is left out."""
        if value is None or self.end_ns:
            return
        if key in self.attributes or len(self.attributes) < MAX_ATTRIBUTES:
            found = plain(value)
            if isinstance(found, str):
                if self.size + len(found) > MAX_SPAN:
                    return
                self.size += len(found)
            self.attributes[key[:MAX_NAME]] = found

    def fail(self, kind: str, message: str) -> None:
        """Say that it ended with an error."""
        if not self.end_ns:
            self.error = kind[:MAX_NAME], message[:MAX_TEXT]

    def end(self, now_ns: int) -> None:
        """End it; whoever ends it twice changes nothing."""
        if not self.end_ns:
            self.end_ns = max(now_ns, self.start_ns)


def identity_of(lineage: Lineage) -> dict[str, str]:
    """The attributes that say whose step it is."""
    named = {
        SESSION: lineage.session,
        AGENT: lineage.agent,
        TENANT: lineage.tenant,
        USER: lineage.user,
        VARIANT: lineage.variant,
    }
    return {key: value for key, value in named.items() if value}


def text_of(value: object, limit: int = MAX_NAME) -> str:
    """A value as a text within bounds, "" where there is none."""
    return "" if value is None else str(value)[:limit]


def plain(value: object) -> Plain:
    """A value as an attribute: numbers and short texts as they are, structures as JSON, all within bounds."""
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else value[:MAX_TEXT]
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, bytes | bytearray):
        return f"<{len(value)} bytes>"
    text = ""
    for limit in SHORTER:
        shown = bounded(value, itertools.count(), MAX_DEPTH, limit)
        text = shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False)
        if len(text) <= MAX_TEXT:
            break
    return text[:MAX_TEXT]


def bounded(value: object, seen: "itertools.count[int]", depth: int, limit: int) -> Any:
    """A copy for JSON that is never deeper or longer than the bounds, whatever refers to itself in the value."""
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, str):
        return value[:limit]
    if depth and isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {
            str(k)[:MAX_NAME]: bounded(v, seen, depth - 1, limit)
            for k, v in itertools.islice(items, MAX_ITEMS)
            if next(seen) < MAX_ITEMS
        }
    if depth and isinstance(value, list | tuple | set | frozenset):
        found = cast("list[object]", value)
        return [
            bounded(v, seen, depth - 1, limit)
            for v in itertools.islice(found, MAX_ITEMS)
            if next(seen) < MAX_ITEMS
        ]
    return str(value)[:limit]
