"""Each of the eight ways to change a log has its name, in both verifiers, also where the key holder signs it anew."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.unit.app.audit.evidence import Log, judged, made, witnessed

from trimtab.vocabulary.audit import EXITS, Fault, read_line

FIELDS = {
    "at_ns": 7,
    "tool": "other",
    "session": "another",
    "event": "call.failed",
    "actor": "human",
    "reasons": ("budget",),
    "detail": {"certainty": "verified"},
    "seq": 9999,
    "decision": "allow",
    "args_digest": "0" * 32,
    "contract": "1" * 64,
    "approval": "g",
    "who": "2" * 32,
    "trace_id": "3" * 32,
    "effect": "read",
}

AGAIN = {"forked", "rewritten"}
"""What else is true of a log that was signed anew."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return made(tmp_path_factory.mktemp("audit"))


def edited(line: bytes, **changed: object) -> bytes:
    return replace(read_line(line), **changed).line()  # type: ignore[arg-type]


def change(log: Log, at: int = 25, **changed: object) -> Log:
    lines = log.lines
    lines[at] = edited(lines[at], **(changed or {"tool": "other"}))
    return log.flat(lines)


def drop(log: Log, number: int = 25) -> Log:
    gone = log.lines[number]
    return replace(log, segments=tuple(tuple(line for line in one if line != gone) for one in log.segments))


def drop_first(log: Log) -> Log:
    """The first of a file."""
    return drop(log, read_line(log.segments[1][0]).seq)


def reorder(log: Log) -> Log:
    lines = log.lines
    lines[20], lines[21] = lines[21], lines[20]
    return log.flat(lines)


def repeat(log: Log) -> Log:
    first, *rest = log.segments
    return replace(log, segments=((*first, first[2]), *rest))


def remove_file(log: Log) -> Log:
    return replace(log, segments=(*log.segments[:2], *log.segments[3:]))


def truncate(log: Log) -> Log:
    return log.flat(log.lines[:-7])


def fork(log: Log) -> Log:
    other = change(log)
    return replace(log, notes=(*log.notes, other.note(log.sizes[-1])))


def rewrite(log: Log) -> Log:
    return replace(change(log, at=12).signed_anew(), seen=log.notes[-1:])


def renumbered(log: Log) -> Log:
    """An entry taken out, all after it numbered anew, everything signed anew; the auditor kept a checkpoint."""
    lines = log.lines
    del lines[15]
    lines = [edited(line, seq=number) for number, line in enumerate(lines)]
    return replace(log.flat(lines).signed_anew(), seen=log.notes[2:3])


def signed_anew(way: Callable[[Log], Log]) -> Callable[[Log], Log]:
    def both(log: Log) -> Log:
        return replace(way(log).signed_anew(), seen=log.notes[-1:])

    return both


def faults_of(said: str) -> list[str]:
    return [
        one.strip().partition(":")[0]
        for one in said.splitlines()
        if one.startswith("  ") and ": entries" in one
    ]


def test_a_log_that_nobody_touched_is_whole(log: Log, tmp_path: Path) -> None:
    for code, said in judged(replace(log, seen=log.notes[1:3]), tmp_path / "log"):
        assert code == 0, said
        assert said.splitlines()[-1] == "whole"
    for code, said in judged(witnessed(log), tmp_path / "witnessed"):
        assert code == 0, said


@pytest.mark.parametrize(
    ("way", "name"),
    [
        (change, "edited"),
        (drop, "dropped"),
        (drop_first, "dropped"),
        (reorder, "reordered"),
        (repeat, "repeated"),
        (remove_file, "segment_missing"),
        (truncate, "truncated"),
        (fork, "forked"),
        (rewrite, "rewritten"),
        (renumbered, "rewritten"),
        (signed_anew(change), "rewritten"),
        (signed_anew(drop), "dropped"),
        (signed_anew(reorder), "reordered"),
        (signed_anew(repeat), "repeated"),
        (signed_anew(remove_file), "segment_missing"),
        (signed_anew(truncate), "truncated"),
    ],
)
def test_each_fault_is_named_by_both(
    log: Log, tmp_path: Path, way: Callable[[Log], Log], name: Fault
) -> None:
    for code, said in judged(way(log), tmp_path / "log"):
        assert faults_of(said)[0] == name, said
        assert set(faults_of(said)) - {name} <= (AGAIN if "both" in way.__name__ else set()), said
        assert code == EXITS[name]
        assert said.splitlines()[-1] == "NOT whole"


@pytest.mark.parametrize("field", FIELDS)
def test_an_edit_of_any_field_is_named_by_both(log: Log, tmp_path: Path, field: str) -> None:
    for code, said in judged(change(log, **{field: FIELDS[field]}), tmp_path / "log"):
        assert faults_of(said) == ["edited"], said
        assert code == EXITS["edited"]


def test_a_witness_stands_against_whoever_holds_the_key(log: Log, tmp_path: Path) -> None:
    seen = witnessed(log)
    at = len(log.notes) // 2
    anew = change(log, at=5).signed_anew()
    for code, said in judged(
        replace(anew, notes=(*anew.notes, seen.notes[at]), witness=seen.witness), tmp_path / "a"
    ):
        assert code == EXITS["rewritten"], said
    for code, said in judged(replace(anew, witness=seen.witness), tmp_path / "b"):
        assert code == 0, "nothing here shows it"
        assert "seen by a witness" not in said


def test_a_stranger_cannot_sign(log: Log, tmp_path: Path) -> None:
    stranger = replace(change(log), private=b"s" * 32).signed_anew()
    for code, said in judged(replace(change(log), notes=stranger.notes), tmp_path / "log"):
        assert code == EXITS["badly_signed"], said
    bent = log.notes[1].replace(f"\n{log.sizes[1]}\n", f"\n{log.sizes[1] + 1}\n")
    for code, said in judged(replace(log, notes=(*log.notes, bent)), tmp_path / "bent"):
        assert code == EXITS["badly_signed"], said


def test_nothing_signed_is_not_whole(log: Log, tmp_path: Path) -> None:
    for code, said in judged(replace(change(log), notes=()), tmp_path / "log"):
        assert code == 20, said


Lines = list[bytes]


def flip(data: st.DataObject, lines: Lines, at: int) -> None:
    line = bytearray(lines[at])
    line[data.draw(st.integers(0, len(line) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    lines[at : at + 1] = bytes(line).split(b"\n")


def cut(data: st.DataObject, lines: Lines, at: int) -> None:
    del lines[at : at + data.draw(st.integers(1, 30))]


def move(data: st.DataObject, lines: Lines, at: int) -> None:
    lines.insert(data.draw(st.integers(0, len(lines) - 1)), lines.pop(at))


def copy(data: st.DataObject, lines: Lines, at: int) -> None:
    lines.insert(data.draw(st.integers(0, len(lines))), lines[at])


def number(data: st.DataObject, lines: Lines, at: int) -> None:
    try:
        held = json.loads(lines[at]) | {"seq": data.draw(st.integers(0, 100))}
    except ValueError:
        return
    lines[at] = json.dumps(held, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@given(st.data())
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_done_to_it_neither_says_whole(
    log: Log, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    lines = log.lines
    for _ in range(data.draw(st.integers(1, 3))):
        if lines:
            way = data.draw(st.sampled_from([flip, cut, move, copy, number]))
            way(data, lines, data.draw(st.integers(0, len(lines) - 1)))
    cuts = sorted(data.draw(st.sets(st.integers(1, max(len(lines), 1)), max_size=6)) | {0, len(lines)})
    segments = tuple(tuple(lines[start:end]) for start, end in pairwise(cuts))
    changed = replace(log, segments=segments)
    assume(changed.lines != log.lines)
    (code, said), (by_itself, told) = judged(changed, tmp_path_factory.mktemp("log") / "log")
    assert code != 0, said
    assert by_itself != 0, told
