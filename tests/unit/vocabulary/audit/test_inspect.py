"""Whether a log is whole: each way to change one has its own name, and no change goes unseen."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from trimtab.vocabulary.audit import (
    COSIGNED,
    Checkpoint,
    Entry,
    FakeKey,
    Key,
    Keys,
    Note,
    Report,
    fake_check,
    inspect,
    leaf_hash,
    root_of,
)

LOG, WITNESS = FakeKey("shop/agent-1"), FakeKey("trimtab.example.com")
KEYS = Keys(
    log=Key(name=LOG.name, public=LOG.public),
    witnesses=(Key(name=WITNESS.name, public=WITNESS.public, kind=COSIGNED),),
    check=fake_check,
)
SIZE, PER_FILE = 40, 10
Segments = list[list[bytes]]


def entry(number: int, tool: str = "refund") -> Entry:
    return Entry(
        seq=number,
        at_ns=10**18 + number,
        event="call.started" if number % PER_FILE else "segment.opened",
        agent="shop",
        tool=tool,
        args_digest=f"{number:x}",
    )


LINES = [entry(number).line() for number in range(SIZE)]


def files(lines: Sequence[bytes]) -> Segments:
    return [list(lines[at : at + PER_FILE]) for at in range(0, len(lines), PER_FILE)]


def sealed(lines: Sequence[bytes], size: int, *, seen: bool) -> Note:
    point = Checkpoint(origin=LOG.name, size=size, root=root_of([leaf_hash(one) for one in lines[:size]]))
    note = point.note().signed(LOG)
    return note.witnessed(WITNESS, 1_800_000_000) if seen else note


NOTES = [sealed(LINES, size, seen=size in {20, 40}) for size in (10, 20, 30, 40)]


def faults(report: Report) -> list[str]:
    return [one.fault for one in report.findings]


def look(segments: Segments, notes: Sequence[Note] = NOTES) -> Report:
    return inspect(segments, notes, KEYS)


def test_a_log_that_nobody_touched_is_whole() -> None:
    report = look(files(LINES))
    assert report.whole
    assert (report.entries, report.signed, report.witnessed) == (SIZE, 40, 40)
    longer = [*LINES, *(entry(number).line() for number in range(SIZE, SIZE + 5))]
    report = look(files(longer))
    assert report.whole
    assert (report.entries, report.signed, report.witnessed) == (45, 40, 40), (
        "nobody has signed the last ones yet"
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"tool": "refunds"},
        {"at_ns": 5},
        {"event": "call.settled"},
        {"actor": "human"},
        {"reasons": ("because",)},
        {"detail": {"approved": True}},
        {"args_digest": ""},
        {"seq": 99},
        {"seq": 3},
    ],
)
def test_an_edit_of_any_field(changed: dict[str, object]) -> None:
    lines = [*LINES]
    lines[25] = replace(entry(25), **changed).line()
    report = look(files(lines))
    assert faults(report) == ["edited"]
    assert report.findings[0].first <= 25 <= report.findings[0].last
    assert report.signed == 20, "what lies before it still stands"


def test_a_line_that_is_written_in_another_way() -> None:
    lines = [*LINES]
    lines[25] = lines[25].replace(b'","', b'", "', 1)
    assert faults(look(files(lines))) == ["edited"]
    lines[25] = b"\xff not even JSON"
    assert [(one.fault, one.first) for one in look(files(lines)).findings] == [("edited", 25)]


def dropped(lines: list[bytes]) -> Segments:
    return files(lines[:17] + lines[18:])


def reordered(lines: list[bytes]) -> Segments:
    lines[12], lines[13] = lines[13], lines[12]
    return files(lines)


def far_apart(lines: list[bytes]) -> Segments:
    lines[5], lines[31] = lines[31], lines[5]
    return files(lines)


def repeated(lines: list[bytes]) -> Segments:
    return files([*lines[:8], lines[3], *lines[8:]])


def segment_missing(lines: list[bytes]) -> Segments:
    return [files(lines)[at] for at in (0, 1, 3)]


def truncated(lines: list[bytes]) -> Segments:
    return files(lines[:33])


@pytest.mark.parametrize(
    ("change", "named", "first", "last"),
    [
        (dropped, "dropped", 17, 17),
        (reordered, "reordered", 12, 12),
        (repeated, "repeated", 3, 3),
        (segment_missing, "segment_missing", 20, 29),
        (truncated, "truncated", 33, 39),
    ],
)
def test_what_is_taken_out_moved_or_put_in_twice(
    change: Callable[[list[bytes]], Segments], named: str, first: int, last: int
) -> None:
    report = look(change([*LINES]))
    assert [(one.fault, one.first, one.last) for one in report.findings] == [(named, first, last)]


def test_entries_that_changed_places_far_apart() -> None:
    assert set(faults(look(far_apart([*LINES])))) == {"reordered"}


def test_the_first_file_and_the_last_one_are_missed() -> None:
    assert faults(look(files(LINES)[1:])) == ["segment_missing"]
    assert faults(look(files(LINES)[:-1])) == ["truncated"]
    assert faults(look([])) == ["truncated"]


def other_past(at: int) -> list[bytes]:
    return [*LINES[:at], *(entry(number, "lookup").line() for number in range(at, SIZE))]


def test_two_pasts_under_one_key_are_a_fork() -> None:
    lines = other_past(25)
    forked = [sealed(lines, 30, seen=False), sealed(lines, 40, seen=False)]
    report = look(files(lines), [*NOTES[:3], *forked])
    assert faults(report) == ["forked"]
    assert faults(look(files(LINES), [*NOTES, sealed(lines, 30, seen=False)])) == ["forked"]


def test_a_past_that_its_own_key_signed_anew_is_known_by_what_a_witness_has_seen() -> None:
    lines = other_past(5)
    anew = [sealed(lines, size, seen=False) for size in (10, 20, 30, 40)]
    assert look(files(lines), anew).whole, "nothing in it shows it"
    assert look(files(lines), anew).witnessed == 0, "but nobody else has seen it"
    assert set(faults(look(files(lines), [*anew, NOTES[1]]))) == {"rewritten"}
    resumed = [*anew[:1], *anew[2:], NOTES[1]]
    assert "rewritten" in faults(look(files(lines), resumed)), "also where the old size was not signed again"


def test_a_checkpoint_that_somebody_else_signed_or_that_was_changed() -> None:
    stranger = FakeKey("stranger")
    note = (
        Checkpoint(origin=LOG.name, size=40, root=root_of([leaf_hash(one) for one in LINES]))
        .note()
        .signed(stranger)
    )
    assert faults(look(files(LINES), [*NOTES, note])) == ["badly_signed"]
    bent = replace(NOTES[3], text=NOTES[3].text.replace("40", "39"))
    assert faults(look(files(LINES), [*NOTES[:3], bent])) == ["badly_signed"]
    another = Checkpoint(origin="another", size=1, root=b"0" * 32).note().signed(LOG)
    assert faults(look(files(LINES), [*NOTES, another])) == ["badly_signed"]
    assert faults(look(files(LINES), [*NOTES, Note(text="hello\n").signed(LOG)])) == ["badly_signed"]


@given(st.data())
def test_whatever_is_done_to_signed_lines_does_not_go_unseen(data: st.DataObject) -> None:
    lines = [*LINES]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, max(len(lines) - 1, 0)))
        match data.draw(st.sampled_from(["edit", "drop", "move", "repeat", "cut", "byte"])):
            case "edit":
                lines[at : at + 1] = [
                    entry(data.draw(st.integers(0, 50)), data.draw(st.sampled_from("ab"))).line()
                ]
            case "drop":
                del lines[at : at + data.draw(st.integers(1, 5))]
            case "move":
                lines.insert(data.draw(st.integers(0, len(lines))), lines.pop(at)) if lines else None
            case "repeat":
                lines[at:at] = lines[at : at + 1]
            case "cut":
                del lines[at:]
            case _:
                line = bytearray(lines[at]) if lines else bytearray()
                if line:
                    line[data.draw(st.integers(0, len(line) - 1))] ^= 1 << data.draw(st.integers(0, 7))
                    lines[at] = bytes(line)
    assume(lines != LINES)
    assert not look(files(lines)).whole
