"""Check an audit log of an AI agent without the software that wrote it.

    python verify.py EXPORT.tar [--key KEY] [--witness KEY] [--seen CHECKPOINTS]
    python verify.py FOLDER

Needs Python 3.11 and `pip install cryptography`, nothing else. It ends with 0 where the log is whole, else with the number
of the first fault in this order: 10 edited, 11 dropped, 12 reordered, 13 repeated, 14 segment_missing, 15 truncated,
16 forked, 17 rewritten, 18 badly_signed, 20 nothing is signed, 2 cannot be read.

What is checked: a log is a list of lines of JSON, numbered from 0 in their field `seq`, each written in one way only (keys
in order, no spaces, UTF-8). The lines are the leaves of a Merkle tree (RFC 6962). Checkpoints are signed notes (C2SP
tlog-checkpoint): name of the log, number of lines, root of the tree; a witness adds a line of its own (cosignature/v1).
A part of a log begins with a line whose detail holds the peaks of the tree before it. KEY is NAME+ID+BASE64.
"""

import argparse
import base64
import hashlib
import json
import sys
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

CODES = {
    "edited": 10,
    "dropped": 11,
    "reordered": 12,
    "repeated": 13,
    "segment_missing": 14,
    "truncated": 15,
    "forked": 16,
    "rewritten": 17,
    "badly_signed": 18,
    "unsigned": 20,
}
UNREADABLE = 2
NOTES = ("checkpoints", "witnessed")
LOG_KEY, WITNESS_KEY = b"\x01", b"\x04"
DASH = "\N{EM DASH} "


class Key(NamedTuple):
    """A public key: whose, its four bytes of name, its kind, and itself."""

    name: str
    mark: bytes
    kind: bytes
    public: bytes


class Line(NamedTuple):
    """A line, the number that it says, and whether it is one with which a file begins."""

    number: int
    content: bytes
    first: bool


class Fault(NamedTuple):
    """What is wrong with which lines."""

    name: str
    first: int
    last: int


class Point(NamedTuple):
    """A checkpoint that holds."""

    size: int
    root: bytes
    seen: bool


# Files


def folders_of(path: Path) -> dict[str, dict[str, bytes]]:
    """The logs of an export or a folder: of each its files by name."""
    files: dict[str, bytes] = {}
    if path.is_dir():
        files = {str(one.relative_to(path)): one.read_bytes() for one in path.rglob("*") if one.is_file()}
    else:
        with tarfile.open(path) as tar:
            for member in tar.getmembers():
                if member.isfile():
                    opened = tar.extractfile(member)
                    files[member.name] = opened.read() if opened else b""
    found: dict[str, dict[str, bytes]] = {}
    for name, content in files.items():
        folder, slash, rest = name.rpartition("entries/")
        if not slash:
            folder, _, rest = name.rpartition("/")
            folder = f"{folder}/" if folder else ""
        found.setdefault(folder, {})[f"{slash}{rest}"] = content
    logs = ("origin", *NOTES)
    return {
        folder: held
        for folder, held in found.items()
        if any(name in logs or name.startswith("entries/") for name in held)
    }


def lines_of(files: dict[str, bytes], begins: int) -> tuple[list[Line], list[Fault]]:
    """The lines of all files in order; what is no line of a log stands where it lies, and is a fault."""
    lines: list[Line] = []
    faults: list[Fault] = []
    for name in sorted(one for one in files if one.startswith("entries/") and one.endswith(".jsonl")):
        content = files[name]
        for at, line in enumerate(content.removesuffix(b"\n").split(b"\n") if content else []):
            number = number_of(line)
            if number < 0:
                number = lines[-1].number + 1 if lines else begins
                faults.append(Fault("edited", number, number))
            lines.append(Line(number, line, at == 0 and b'"event":"segment.opened"' in line))
    return lines, faults


def number_of(line: bytes) -> int:
    """The number of a line; -1 where it is not written as lines are."""
    try:
        held = json.loads(line)
        again = json.dumps(held, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        number = held["seq"]
    except (ValueError, TypeError, KeyError):
        return -1
    sound = again == line and held.get("v") == 1 and type(number) is int and number >= 0
    return number if sound else -1


# Order


def in_place(lines: list[Line], begins: int) -> tuple[dict[int, bytes], list[Fault]]:
    """The lines by their numbers, and what is wrong with these."""
    faults: list[Fault] = []
    numbers = {one.number for one in lines}
    placed: dict[int, bytes] = {}
    firsts: set[int] = set()
    last = begins - 1
    for at, line in enumerate(lines):
        number = line.number
        before = lines[at - 1].number if at else begins - 1
        after = lines[at + 1].number if at + 1 < len(lines) else before + 2
        if number != before + 1 and after == before + 2 and before + 1 not in numbers:
            number = before + 1  # there is room for one alone: its number was changed
            faults.append(Fault("edited", number, number))
        if line.first:
            firsts.add(number)
        if number in placed:
            faults.append(Fault("repeated" if placed[number] == line.content else "edited", number, number))
            continue
        if number < last:
            faults.append(Fault("reordered", number, number))
        placed[number] = line.content
        last = max(last, number)
    expected = begins
    for number in sorted(placed):
        if number > expected:
            name = "segment_missing" if number in firsts else "dropped"
            faults.append(Fault(name, expected, number - 1))
        expected = number + 1
    return placed, faults


# The tree


def node(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def roots_of(placed: dict[int, bytes], begins: int, until: int, sizes: set[int]) -> dict[int, bytes] | None:
    """The root at each of the sizes up to `until`; None where a part does not say what lies before it."""
    peaks = peaks_before(placed.get(begins, b""), begins) if begins else []
    if peaks is None:
        return None
    found: dict[int, bytes] = {}
    size = begins
    while True:
        if size in sizes:
            found[size] = root_of(peaks)
        if size >= until:
            return found
        peak, rest = hashlib.sha256(b"\x00" + placed[size]).digest(), size
        while rest % 2:
            peak, rest = node(peaks.pop(), peak), rest // 2
        peaks.append(peak)
        size += 1


def root_of(peaks: list[bytes]) -> bytes:
    """The root over full subtrees, the largest first."""
    if not peaks:
        return hashlib.sha256(b"").digest()
    root = peaks[-1]
    for peak in peaks[-2::-1]:
        root = node(peak, root)
    return root


def peaks_before(line: bytes, begins: int) -> list[bytes] | None:
    """The full subtrees before the first line of a part, as it says."""
    try:
        peaks = [bytes.fromhex(one) for one in json.loads(line)["detail"]["peaks"].split(",")]
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return peaks if len(peaks) == begins.bit_count() and {len(one) for one in peaks} == {32} else None


# Signatures


def key_of(text: str) -> Key | None:
    """A key as it is written; None where it is none."""
    try:
        name, mark, encoded = text.strip().split("+", 2)
        content = base64.b64decode(encoded, validate=True)
    except ValueError:
        return None
    found = hashlib.sha256(name.encode() + b"\n" + content).digest()[:4]
    return Key(name, found, content[:1], content[1:]) if found.hex() == mark and len(content) == 33 else None


def is_signed(text: str, below: str, key: Key) -> bool:
    """Whether one of the lines below a text is the signature of a key."""
    for line in below.splitlines():
        name, _, encoded = line.removeprefix(DASH).rpartition(" ")
        try:
            content = base64.b64decode(encoded, validate=True)
        except ValueError:
            continue
        message, signature = text.encode(), content[4:]
        if key.kind == WITNESS_KEY:
            seconds = int.from_bytes(signature[:8], "big")
            message, signature = f"cosignature/v1\ntime {seconds}\n{text}".encode(), signature[8:]
        if not line.startswith(DASH) or name != key.name or content[:4] != key.mark:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            continue
        return True
    return False


def notes_of(raw: bytes) -> list[tuple[str, str]]:
    """The notes of a file, each as its text and the lines below."""
    parts = raw.decode(errors="replace").split("\n\n")
    if not parts[-1]:
        parts.pop()
    return [(f"{text}\n", below) for text, below in zip(parts[::2], [*parts[1::2], ""], strict=False)]


def point_of(note: tuple[str, str], key: Key, witnesses: Iterable[Key], *, kept: bool) -> Point | None:
    """A note as a checkpoint; None where the key of the log has not signed it."""
    text, below = note
    try:
        origin, size, root = text.splitlines()[:3]
        point = Point(int(size), base64.b64decode(root, validate=True), seen=False)
    except ValueError:
        return None
    if origin != key.name or point.size < 0 or not is_signed(text, below, key):
        return None
    return point._replace(seen=kept or any(is_signed(text, below, one) for one in witnesses))


def against(points: list[Point], roots: dict[int, bytes], end: int, judged: int) -> list[Fault]:
    """Where the first `judged` of `end` lines are not those that were signed."""
    own: dict[int, set[bytes]] = {}
    seen: dict[int, set[bytes]] = {}
    for one in points:
        own.setdefault(one.size, set()).add(one.root)
        if one.seen:
            seen.setdefault(one.size, set()).add(one.root)
    agreed = {size for size, signed in own.items() if roots.get(size) in signed}
    faults: list[Fault] = []
    good = 0
    for size in sorted(own):
        name = ""
        if size > end:
            return [*faults, Fault("truncated", end, size - 1)]
        if size not in roots:
            name = "forked" if len(own[size]) > 1 and size <= judged else ""
        elif size in agreed:
            name = "forked" if len(own[size]) > 1 else ""
            name = "rewritten" if size in seen and roots[size] not in seen[size] else name
        elif any(one > size for one in agreed):
            name = "rewritten" if size in seen else "forked"
        else:
            return [*faults, Fault("edited", good, max(size - 1, good))]
        if name:
            faults.append(Fault(name, good, max(size - 1, good)))
        else:
            good = size
    return faults


# All of it


def begins_of(files: dict[str, bytes]) -> int:
    """The number of the first line that there should be: 0 but for a part of a log."""
    told = files.get("begins", b"0").decode(errors="replace").strip()
    return int(told) if told.isascii() and told.isdigit() else 0


def judge(
    files: dict[str, bytes], keys: list[Key], witnesses: list[Key], kept: list[tuple[str, str]]
) -> tuple[list[Fault], str]:
    """The faults of a log, and one sentence about it."""
    origin = files.get("origin", b"").decode(errors="replace").strip()
    begins = begins_of(files)
    public = files.get("key.pub", b"").decode(errors="replace").strip()
    beside = key_of(public)
    given = [one for one in keys if one.name == origin]
    key = given[0] if given else (None if keys else beside)
    lines, faults = lines_of(files, begins)
    placed, more = in_place(lines, begins)
    faults += more
    points: list[Point] = []
    ours = [(one, False) for name in NOTES for one in notes_of(files.get(name, b""))]
    ours += [(one, True) for one in kept if one[0].startswith(f"{origin}\n")]
    for note, known in ours if key else []:
        point = point_of(note, key, witnesses, kept=known) if key else None
        faults += [] if point else [Fault("badly_signed", 0, 0)]
        points += [point] if point else []
    end = max(placed, default=begins - 1) + 1
    lost = [one.first for one in faults if one.name in ("edited", "dropped", "segment_missing")]
    judged = max(min(lost, default=end), begins)
    roots = roots_of(placed, begins, judged, {one.size for one in points})
    if roots is None:
        faults += [] if lost else [Fault("edited", begins, begins)]
        judged, roots = begins, {}
    points = [one for one in points if one.size <= judged or one.size > end]
    faults += against(points, roots, end, judged)
    signed = max((one.size for one in points if roots.get(one.size) == one.root), default=0)
    if not faults and not signed:
        faults.append(Fault("unsigned", begins, max(end - 1, begins)))
    witnessed = max((one.size for one in points if one.seen and roots.get(one.size) == one.root), default=0)
    trust = "a key you gave" if given else f"the key beside it ({public})" if key else "no key"
    apart = sum(one.seen and one.size < begins for one in points)
    said = f"{origin or '?'}: {len(placed)} entries from {begins}; {signed} signed by {trust}; {witnessed} seen by others"
    if apart:
        said += f"; {apart} checkpoints that you kept lie before this part and were not compared"
    return faults, said


def main(arguments: list[str], say: Callable[[str], Any]) -> int:
    """Judge the logs that are named; the exit code."""
    parser = argparse.ArgumentParser(description="Check an audit log without the software that wrote it.")
    parser.add_argument("path", type=Path, help="an export, or a folder of logs")
    parser.add_argument("--key", action="append", default=[], help="the key of a log; repeatable")
    parser.add_argument("--witness", action="append", default=[], help="the key of a witness; repeatable")
    parser.add_argument("--seen", type=Path, action="append", default=[], help="checkpoints that you kept")
    asked = parser.parse_args(arguments)
    keys = [key_of(one) for one in [*asked.key, *asked.witness]]
    try:
        logs = folders_of(asked.path)
        kept = [note for one in asked.seen for note in notes_of(one.read_bytes())]
    except (OSError, tarfile.TarError, EOFError) as error:
        say(f"cannot read {asked.path}: {error}")
        return UNREADABLE
    if not logs or None in keys:
        say("not a key: NAME+ID+BASE64" if logs else f"{asked.path} holds no log")
        return UNREADABLE
    good = [one for one in keys if one]
    codes: list[int] = []
    for _, files in sorted(logs.items()):
        faults, said = judge(
            files,
            [one for one in good if one.kind == LOG_KEY],
            [one for one in good if one.kind == WITNESS_KEY],
            kept,
        )
        say(said)
        for fault in faults:
            say(f"  {fault.name}: entries {fault.first} to {fault.last}")
        codes += [CODES[one.name] for one in faults]
    say("whole" if not codes else "NOT whole")
    return min(codes, default=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], lambda text: sys.stdout.write(f"{text}\n")))
