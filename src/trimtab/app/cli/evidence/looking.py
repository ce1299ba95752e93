"""Whether logs are whole, as `trimtab audit verify` tells it."""

import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trimtab.app.cli.evidence.packing import size_of
from trimtab.edge.audit import Found, notes_in, read_logs
from trimtab.vocabulary.audit import (
    COSIGNED,
    EXITS,
    UNSIGNED,
    Check,
    Key,
    Keys,
    Note,
    inspect,
    read_key,
    read_note,
)
from trimtab.vocabulary.kernel import Invalid

Json = dict[str, Any]
NO_KEY = bytes(32)


def look(path: Path, keys: Iterable[str], seen: Iterable[Path], check: Check) -> list[Json]:
    """Of each log of an export or a folder: what was found, how much is signed, and with what to end."""
    given = [read_key(one) for one in keys]
    kept = [note for one in seen for note in notes_in(read(one))]
    return [look_at(one, given, kept, check) for one in logs_of(path)]


def logs_of(path: Path) -> list[Found]:
    """The logs of an export, or of a folder that is perhaps being written."""
    if path.is_dir():
        return read_logs(path)
    try:
        with tempfile.TemporaryDirectory() as folder, tarfile.open(path) as tar:
            tar.extractall(folder, filter="data")
            return read_logs(Path(folder), live=False)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Invalid(
            f"cannot read {path}: {error}", hint="a file of `trimtab audit export`, or a folder"
        ) from error


def read(path: Path) -> bytes:
    """A file of checkpoints."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Invalid(f"cannot read {path}: {error}", hint="check the name") from error


def look_at(found: Found, given: list[Key], kept: list[str], check: Check) -> Json:
    """One log."""
    trusted = [one for one in given if one.kind != COSIGNED]
    own = [one for one in trusted if one.name == found.origin]
    key = own[0] if own else None if trusted else found.key
    ours = [one for one in kept if one.startswith(f"{found.origin}\n")]
    report = inspect(
        found.segments,
        map(note_of, found.notes if key else ()),
        Keys(
            log=key or Key(name=found.origin or "?", public=NO_KEY),
            witnesses=tuple(one for one in given if one.kind == COSIGNED),
            check=check,
        ),
        begins=found.begins,
        kept=map(note_of, ours if key else ()),
    )
    codes = [EXITS[one.fault] for one in report.findings]
    if not codes and not report.signed:
        codes.append(UNSIGNED)
    return {
        "log": found.origin,
        "begins": found.begins,
        "entries": report.entries,
        "signed": report.signed,
        "witnessed": report.witnessed,
        "key": str(key) if key else "",
        "key_given": bool(own),
        "torn_bytes": len(found.torn),
        "not_compared": sum(size_of(one) < found.begins for one in ours),
        "faults": [asdict(one) for one in report.findings],
        "exit": min(codes, default=0),
    }


def note_of(text: str) -> Note:
    """A note as it was written; what is none is one that nobody has signed."""
    try:
        return read_note(text)
    except Invalid:
        return Note(text=text)


def sentences(one: Json) -> list[str]:
    """What was found in a log, in words."""
    ends = one["begins"] + one["entries"]
    said = [f"{one['log'] or '?'}: {one['entries']} entries, from number {one['begins']}"]
    if one["signed"]:
        whose = "a key that you gave" if one["key_given"] else f"the key beside it ({one['key']})"
        said.append(f"  signed up to {one['signed']} by {whose}")
    if one["witnessed"]:
        said.append(f"  seen by a witness, or kept by you, up to {one['witnessed']}")
    if 0 < one["signed"] < ends and not one["faults"]:
        said.append(f"  nobody vouches yet for the last {ends - one['signed']}")
    if one["not_compared"]:
        said.append(
            f"  {one['not_compared']} checkpoints that you kept lie before this part and were not compared: ask for one from there"
        )
    if one["torn_bytes"]:
        said.append(
            f"  {one['torn_bytes']} bytes at the end are no whole entry: a crash, or it is being written"
        )
    said += [
        f"  {fault['fault']}: entries {fault['first']} to {fault['last']}: {fault['says']}"
        for fault in one["faults"]
    ]
    if one["exit"] == UNSIGNED:
        said += ["  nothing is signed: whoever can write the files can change them unseen"]
    return said
