"""All spans of many bodies at once: where their fields and attributes lie, column by column.

A span is walked where it is in its canonical form and holds nothing but what most spans hold; every other one is left
to be read as a whole. One step of the walk takes the same field of all spans. A tag says which field comes next:
https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]
TRACE, SPAN, PARENT, NAME, KIND, START, END, ATTRIBUTE, STATUS, FLAGS = (
    *(0x0A, 0x12, 0x22, 0x2A, 0x30, 0x39, 0x41, 0x4A, 0x7A),
    (0x85, 0x01),
)
PADDING = bytes(32)
"""So that a look beyond the last field sees something, and nothing that is a field."""
SMALL = 40
"""A longer text stands for its key alone: what nobody reads is not worth a look, what somebody reads is opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """Columns of spans, and of all their attributes; `first` is the first attribute of each span, and one more.

    `walked`: whether the other columns say anything of a span. `marks`: an attribute's bytes, or what its key begins with.
    """

    data: bytes
    walked: list[bool]
    trace_ids: list[bytes]
    span_ids: list[int]
    parent_ids: list[int]
    names: list[bytes]
    starts_ns: list[int]
    ends_ns: list[int]
    statuses: list[bytes]
    first: list[int]
    marks: list[bytes]
    froms: list[int]
    tos: list[int]

    def attribute(self, at: int) -> bytes:
        """The bytes of an attribute."""
        return self.data[self.froms[at] : self.tos[at]]


class Walk:
    """A place in each span, and whether all went well so far."""

    def __init__(self, spans: Sequence[bytes]) -> None:
        """Stand before the first field of each span."""
        sizes = np.fromiter(map(len, spans), np.int64, len(spans))
        self.data = b"".join([*spans, PADDING])
        self.bytes: Bytes = np.frombuffer(self.data, np.uint8)
        self.ends: Ints = np.cumsum(sizes)
        self.at: Ints = self.ends - sizes
        self.good: Bools = np.ones(len(spans), np.bool_)

    def here(self, tag: int) -> Bools:
        """Which spans have this field next."""
        return self.good & (self.bytes[self.at] == tag)

    def fixed(self, tag: int, size: int, *, needed: bool = False) -> Ints:
        """Pass an identifier of so many bytes; where it lies, -1 where it is absent."""
        has = self.here(tag)
        self.good &= np.where(has, self.bytes[self.at + 1] == size, not needed)
        return self._pass(has, 2, size)

    def number(self, tag: int) -> Ints:
        """Pass a number of eight bytes that is not 0; where it lies, -1 where it is absent."""
        has = self.here(tag)
        found = self._pass(has, 1, 8)
        self.good &= ~has | self.numbers(found, "<u8").astype(np.bool_)
        return found

    def small(self, tag: int) -> None:
        """Pass a number of one byte that is not 0."""
        has = self.here(tag)
        value = self.bytes[self.at + 1]
        self.good &= ~has | ((value > 0) & (value < 128))
        self._pass(has, 1, 1)

    def flags(self) -> None:
        """Pass a number of four bytes that is not 0, behind a tag of two."""
        has = self.here(FLAGS[0]) & (self.bytes[self.at + 1] == FLAGS[1])
        found = self._pass(has, 2, 4)
        value = self.bytes[np.maximum(found, 0)[:, None] + np.arange(4)]
        self.good &= ~has | value.any(axis=1)

    def short(self, tag: int, least: int) -> tuple[Ints, Ints]:
        """Pass a text or message of `least` to 127 bytes; from and to where it lies, both 0 where it is absent."""
        has = self.here(tag)
        size = self.bytes[self.at + 1].astype(np.int64)
        self.good &= ~has | ((size < 128) & (size >= least))
        begin = np.where(has, self.at + 2, 0)
        end = np.where(has, begin + size, 0)
        self.at = np.where(has & self.good, end, self.at)
        self._stay_within()
        return begin, end

    def repeated(self, tag: int) -> tuple[Ints, Ints, Ints]:
        """Pass all messages of a list: the span of each, from and to where it lies; ordered by span."""
        parts: list[tuple[Ints, Ints, Ints]] = []
        of = np.flatnonzero(self.here(tag))
        while len(of):
            at = self.at[of] + 1
            begin, size = length(self.bytes, at)
            end = begin + size
            fine = (size >= 0) & (end <= self.ends[of])
            self.good[of[~fine]] = False
            of, begin, end = of[fine], begin[fine], end[fine]
            self.at[of] = end
            parts.append((of, begin, end))
            of = of[self.bytes[end] == tag]
            of = of[self.at[of] < self.ends[of]]
        columns = [np.concatenate(column) for column in zip(*parts, strict=True)] or [
            np.empty(0, np.int64)
        ] * 3
        order = np.argsort(columns[0], kind="stable")
        return columns[0][order], columns[1][order], columns[2][order]

    def numbers(self, at: Ints, kind: str) -> Any:
        """Numbers of eight bytes; what lies at -1 is 0."""
        found = self.bytes[np.maximum(at, 0)[:, None] + np.arange(8)]
        return np.where(at < 0, 0, found.view(kind)[:, 0])

    def _pass(self, has: Bools, head: int, size: int) -> Ints:
        has = has & self.good
        found = np.where(has, self.at + head, -1)
        self.at = np.where(has, self.at + head + size, self.at)
        self._stay_within()
        return np.where(self.good, found, -1)

    def _stay_within(self) -> None:
        """A field that ends beyond its span is none; nobody looks behind the end of the data."""
        self.good &= self.at <= self.ends
        self.at = np.minimum(self.at, self.ends)


def length(data: Bytes, at: Ints) -> tuple[Ints, Ints]:
    """Where the content behind a length begins, and its size: -1 where the length is not in its shortest form of at most three bytes."""
    one, two, three = (data[np.minimum(at + n, len(data) - 1)].astype(np.int64) for n in range(3))
    short, middle = one < 128, two < 128
    long = np.where((three > 0) & (three < 128), (one & 127) | (two & 127) << 7 | three << 14, -1)
    size = np.where(short, one, np.where(middle, np.where(two > 0, (one & 127) | two << 7, -1), long))
    return at + np.where(short, 1, np.where(middle, 2, 3)), size


def walk(spans: Sequence[bytes]) -> Walked:
    """The columns of serialised spans."""
    at = Walk(spans)
    trace, span = at.fixed(TRACE, 16, needed=True), at.fixed(SPAN, 8, needed=True)
    parent = at.fixed(PARENT, 8)
    name = at.short(NAME, 1)
    at.small(KIND)
    start, end = at.number(START), at.number(END)
    of, froms, tos = at.repeated(ATTRIBUTE)
    status = at.short(STATUS, 0)
    at.flags()
    at.good &= at.at == at.ends
    marks = np.where(keyed(at.bytes, froms, tos), froms + at.bytes[froms + 1] + 3, tos)
    data = at.data
    return Walked(
        data=data,
        walked=at.good.tolist(),
        trace_ids=[data[n : n + 16] for n in trace.tolist()],
        span_ids=at.numbers(span, ">u8").tolist(),
        parent_ids=at.numbers(parent, ">u8").tolist(),
        names=slices(data, *name),
        starts_ns=at.numbers(start, "<u8").tolist(),
        ends_ns=at.numbers(end, "<u8").tolist(),
        statuses=slices(data, *status),
        first=np.searchsorted(of, np.arange(len(spans) + 1)).tolist(),
        marks=slices(data, froms, marks),
        froms=froms.tolist(),
        tos=tos.tolist(),
    )


def slices(data: bytes, froms: Ints, tos: Ints) -> list[bytes]:
    """Parts of data."""
    return [data[a:b] for a, b in zip(froms.tolist(), tos.tolist(), strict=True)]


def keyed(data: Bytes, froms: Ints, tos: Ints) -> Bools:
    """Which attributes are in their canonical form, and a text that is not small or a double: their key says what to do."""
    size = data[np.minimum(froms + 1, len(data) - 1)].astype(np.int64)
    value = froms + 2 + size
    fine = (data[froms] == 0x0A) & (size > 0) & (size < 128) & (value + 2 < tos)
    value = np.where(fine, value, 0)
    fine &= data[value] == 0x12
    double = (data[value + 1] == 9) & (data[value + 2] == 0x21) & (tos - value == 11)
    content, held = length(data, value + 1)
    tagged = data[np.minimum(content, len(data) - 1)] == 0x0A
    text, letters = length(data, content + 1)
    whole = tagged & (held >= 0) & (letters >= 0) & (content + held == tos) & (text + letters == tos)
    return fine & (double | (whole & (tos - froms > SMALL)))
