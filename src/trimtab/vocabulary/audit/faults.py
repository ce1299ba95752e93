"""Whether a log is whole: every way in which somebody can have changed it has a name of its own.

What one log can show: its entries agree with what its own key and witnesses have signed. What nobody signed yet is counted, and not vouched
for: a witness's signature is what stands against whoever holds the log's key.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from trimtab.vocabulary.audit.entry import read_line
from trimtab.vocabulary.audit.merkle import Growing, leaf_hash
from trimtab.vocabulary.audit.note import Checkpoint, Key, Note, read_checkpoint
from trimtab.vocabulary.audit.ports import Check
from trimtab.vocabulary.kernel import Invalid

Fault = Literal[
    "edited",
    "dropped",
    "reordered",
    "repeated",
    "segment_missing",
    "truncated",
    "forked",
    "rewritten",
    "badly_signed",
]
HASH = 32
OPENINGS = frozenset({"log.opened", "segment.opened"})
"""With one of these a file begins."""
LOST: frozenset[Fault] = frozenset({"edited", "dropped", "segment_missing"})
"""Behind one of these no root can be reckoned any more."""
SAYS: Mapping[Fault, str] = {
    "edited": "entries were changed: they no longer give the root that was signed",
    "dropped": "entries were taken out",
    "reordered": "entries stand in another order than they were written in",
    "repeated": "an entry stands there more than once",
    "segment_missing": "a whole file of entries is gone",
    "truncated": "the end is gone: more was signed than there is",
    "forked": "the log's key has signed two pasts that contradict each other",
    "rewritten": "the past was written anew by whoever holds the log's key: a witness has seen another one",
    "badly_signed": "a checkpoint is not signed by the log's key",
}
EXITS: Mapping[Fault, int] = {fault: 10 + at for at, fault in enumerate(SAYS)}
"""With what a verifier ends; it is the least of what it found."""
UNSIGNED = 20
"""With what it ends where nothing is wrong, and nothing signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault: which entries it is about (`first` to `last`, by number), and what that means."""

    fault: Fault
    first: int
    last: int
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Whom the auditor trusts: the key of the log, and those of witnesses."""

    log: Key
    witnesses: tuple[Key, ...] = ()
    check: Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was found: faults, how many entries there are, how many of them are signed, and how many a witness has seen."""

    findings: tuple[Finding, ...]
    entries: int
    signed: int
    witnessed: int

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


@dataclass(slots=True)
class Sealed:
    """Checkpoints that hold: by size, the roots that the log's key and that witnesses have signed."""

    own: dict[int, set[bytes]] = field(default_factory=dict[int, set[bytes]])
    seen: dict[int, set[bytes]] = field(default_factory=dict[int, set[bytes]])
    bad: list[Checkpoint | None] = field(default_factory=list["Checkpoint | None"])


def inspect(
    segments: Iterable[Sequence[bytes]],
    notes: Iterable[Note],
    keys: Keys,
    *,
    begins: int = 0,
    kept: Iterable[Note] = (),
) -> Report:
    """Look at a log: its lines file by file, its checkpoints, and those that the auditor `kept` from before.

    A part of a log `begins` with the first entry of a file, which says the peaks of the tree before it.
    """
    findings: list[Finding] = []
    placed = placed_of([list(one) for one in segments], begins, findings)
    sealed = sealed_of(notes, keys)
    sealed_of(kept, keys, sealed, kept=True)
    findings += [told("badly_signed", one.size if one else 0) for one in sealed.bad]
    growing = grown_before(placed.get(begins, b""), begins)
    if growing is None:
        growing = Growing(begins)
        findings += [] if any(one.fault in LOST for one in findings) else [told("edited", begins)]
    judged = min((one.first for one in findings if one.fault in LOST), default=begins + len(placed))
    roots = roots_of(list(placed.values())[: max(judged - begins, 0)], growing, {*sealed.own, *sealed.seen})
    findings += contradictions(max(placed, default=begins - 1) + 1, judged, sealed, roots)
    return Report(
        findings=tuple(findings),
        entries=len(placed),
        signed=agreed(sealed.own, roots),
        witnessed=agreed(sealed.seen, roots),
    )


def agreed(sealed: Mapping[int, set[bytes]], roots: Mapping[int, bytes]) -> int:
    """How many first entries are as they were signed."""
    return max((size for size, signed in sealed.items() if roots.get(size) in signed), default=0)


def told(fault: Fault, first: int, last: int | None = None) -> Finding:
    """A finding in words."""
    return Finding(fault=fault, first=first, last=first if last is None else last, says=SAYS[fault])


def grown_before(line: bytes, begins: int) -> Growing | None:
    """The tree before the first entry of a part, as that entry tells it; None where it does not."""
    if not begins:
        return Growing()
    try:
        told = str(read_line(line).detail.get("peaks", ""))
        peaks = [bytes.fromhex(one) for one in told.split(",")]
    except (Invalid, ValueError):
        return None
    sound = len(peaks) == begins.bit_count() and all(len(one) == HASH for one in peaks)
    return Growing(begins, peaks) if sound else None


def numbers_of(
    lines: Sequence[Sequence[bytes]], begins: int, findings: list[Finding]
) -> list[tuple[int, bytes, bool]]:
    """Of each line its number, and whether a file begins with it; what is no entry stands in the place where it lies."""
    found: list[tuple[int, bytes, bool]] = []
    for segment in lines:
        for at, line in enumerate(segment):
            number, opens = found[-1][0] + 1 if found else begins, False
            try:
                entry = read_line(line)
                number, opens = entry.seq, entry.event in OPENINGS
            except Invalid:
                findings.append(told("edited", number))
            found.append((number, line, at == 0 and opens))
    return found


def placed_of(lines: Sequence[Sequence[bytes]], begins: int, findings: list[Finding]) -> dict[int, bytes]:
    """The lines by their numbers, from where it begins to the last; whatever is wrong with the numbers is found."""
    listed = numbers_of(lines, begins, findings)
    present = {number for number, _, _ in listed}
    mended = [(mend(listed, at, begins, present), line, first) for at, (_, line, first) in enumerate(listed)]
    findings += [
        told("edited", number)
        for (number, _, _), (before, _, _) in zip(mended, listed, strict=True)
        if number != before
    ]
    listed = mended
    placed: dict[int, bytes] = {}
    last = begins - 1
    for number, line, _ in listed:
        if number in placed:
            findings.append(told("repeated" if placed[number] == line else "edited", number))
            continue
        if number < last:
            findings.append(told("reordered", number))
        placed[number] = line
        last = max(last, number)
    findings += gaps(placed, begins, {number for number, _, first in listed if first})
    return dict(sorted(placed.items()))


def mend(listed: Sequence[tuple[int, bytes, bool]], at: int, begins: int, present: set[int]) -> int:
    """The number of a line; where it stands between two that leave room for one alone, which is nowhere else, its own was changed."""
    number = listed[at][0]
    before = listed[at - 1][0] if at else begins - 1
    after = listed[at + 1][0] if at + 1 < len(listed) else before + 2
    if after == before + 2 and number != before + 1 and before + 1 not in present:
        return before + 1
    return number


def gaps(placed: Mapping[int, bytes], begins: int, firsts: set[int]) -> list[Finding]:
    """Numbers that are missing before the last one: a whole file where one begins behind them and another ends before."""
    found: list[Finding] = []
    expected = begins
    for number in sorted(placed):
        if number > expected:
            fault: Fault = "segment_missing" if number in firsts else "dropped"
            found.append(told(fault, expected, number - 1))
        expected = number + 1
    return found


def sealed_of(
    notes: Iterable[Note], keys: Keys, sealed: Sealed | None = None, *, kept: bool = False
) -> Sealed:
    """The checkpoints that are signed as they should be; those that were `kept` count as seen."""
    sealed = sealed or Sealed()
    for note in notes:
        try:
            point = read_checkpoint(note.text)
        except Invalid:
            sealed.bad.append(None)
            continue
        if point.origin != keys.log.name or not note.is_signed(keys.log, keys.check):
            sealed.bad.append(point)
            continue
        sealed.own.setdefault(point.size, set()).add(point.root)
        if kept or any(note.witnessed_s(one, keys.check) is not None for one in keys.witnesses):
            sealed.seen.setdefault(point.size, set()).add(point.root)
    return sealed


def roots_of(lines: Iterable[bytes], growing: Growing, sizes: set[int]) -> dict[int, bytes]:
    """The root of so many first lines, for each of the sizes from where the lines begin."""
    found = dict[int, bytes]()
    if growing.size in sizes:
        found[growing.size] = growing.root()
    for line in lines:
        growing.append(leaf_hash(line))
        if growing.size in sizes:
            found[growing.size] = growing.root()
    return found


def contradictions(entries: int, judged: int, sealed: Sealed, roots: Mapping[int, bytes]) -> list[Finding]:
    """Where the first `judged` of so many entries are not those that were signed."""
    found: list[Finding] = []
    good = 0
    for size in sorted(sealed.own):
        if size > entries:
            return [*found, told("truncated", entries, size - 1)]
        if size > judged:
            continue
        if size not in roots:
            found += [told("forked", 0, size - 1)] if len(sealed.own[size]) > 1 else []
            continue
        fault = fault_at(size, sealed, roots)
        if fault is None:
            good = size
            continue
        found.append(told(fault, good, max(size - 1, good)))
        if fault == "edited":
            break
    return found


def fault_at(size: int, sealed: Sealed, roots: Mapping[int, bytes]) -> Fault | None:
    """What the root of so many entries says beside those that were signed of as many."""
    root, signed, seen = roots[size], sealed.own[size], sealed.seen.get(size)
    if root in signed:
        if seen and root not in seen:
            return "rewritten"
        return "forked" if len(signed) > 1 else None
    if any(roots.get(one) in sealed.own[one] for one in sealed.own if one > size):
        return "rewritten" if seen else "forked"
    return "edited"
