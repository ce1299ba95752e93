"""What every text index does."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trimtab.adapters.sqlite_text import SqliteTextIndex
from trimtab.loop.store import MemoryTextIndex, TextIndex, TextRow, words_of


@pytest.fixture(params=["memory", "sqlite"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TextIndex]:
    build: dict[str, Callable[[], TextIndex]] = {
        "memory": MemoryTextIndex,
        "sqlite": lambda: SqliteTextIndex(tmp_path),
    }
    found = build[request.param]()
    yield found
    found.close()


def row(body: int, text: str, project: str = "p", start_ns: int = 0) -> TextRow:
    return TextRow(project=project, body=body, ordinal=0, start_ns=start_ns or body, text=text)


def bodies(index: TextIndex, *words: str, project: str = "p", limit: int = 10) -> list[int]:
    return [hit.body for hit in index.find(project, words_of(" ".join(words)), limit)]


def test_all_words_in_any_case_and_order_the_latest_first(index: TextIndex) -> None:
    index.add(1, 3, [row(1, "refund the Order"), row(2, "order pizza"), row(3, "an order to REFUND")])
    assert bodies(index, "order", "refund") == [3, 1]
    assert bodies(index, "ORDER") == [3, 2, 1]
    assert bodies(index, "order", limit=2) == [3, 2]
    assert bodies(index, "ord") == []


def test_a_project_finds_only_its_own(index: TextIndex) -> None:
    index.add(1, 2, [row(1, "secret plan", "p"), row(2, "secret plan", "q")])
    assert bodies(index, "secret") == [1]
    assert bodies(index, "secret", project="q") == [2]
    assert bodies(index, "secret", project="r") == []


def test_days_are_found_together_and_forgotten_apart(index: TextIndex) -> None:
    index.add(1, 10, [row(1, "hello")])
    index.add(2, 20, [row(2, "hello")])
    assert (index.days(), index.position(1), index.position(2), index.position(3)) == ([1, 2], 10, 20, 0)
    assert bodies(index, "hello") == [2, 1]
    index.drop_day(2)
    assert (index.days(), index.position(2), bodies(index, "hello")) == ([1], 0, [1])
    index.add(2, 5, [row(2, "again")])
    assert bodies(index, "again") == [2]


@pytest.mark.parametrize("word", ["or", "NOT", "near", "text", "a_b", "日本", "straße", "été", "0"])
def test_words_of_the_query_language_are_words(index: TextIndex, word: str) -> None:
    index.add(1, 1, [row(1, f"before {word} after"), row(2, "nothing of it")])
    assert bodies(index, word) == [1]


def test_rows_may_be_none(index: TextIndex) -> None:
    index.add(1, 7, [])
    assert index.position(1) == 7


def test_sqlite_keeps_its_place_and_not_the_text(tmp_path: Path) -> None:
    index = SqliteTextIndex(tmp_path)
    index.add(1, 4, [row(1, "unforgettable")])
    index.close()
    again = SqliteTextIndex(tmp_path)
    assert (again.position(1), bodies(again, "unforgettable")) == (4, [1])
    again.close()


def test_the_latest_are_those_received_last(index: TextIndex) -> None:
    index.add(1, 3, [row(1, "word", start_ns=30), row(2, "word", start_ns=10), row(3, "word", start_ns=20)])
    index.add(2, 4, [row(4, "word", start_ns=5)])
    assert bodies(index, "word", limit=3) == [3, 2, 4]  # chosen by receipt, shown by time
    assert bodies(index, "word") == [1, 3, 2, 4]


def test_all_is_well(index: TextIndex) -> None:
    index.add(1, 1, [row(1, "word")])
    assert index.check() == {1: "ok"}


def test_sqlite_makes_a_broken_day_anew(tmp_path: Path) -> None:
    index = SqliteTextIndex(tmp_path)
    index.add(1, 1, [row(1, "word")])
    index.add(2, 2, [row(2, "word")])
    index.close()
    (tmp_path / "1970-01-02.sqlite").write_bytes(b"this is no database, " * 400)
    again = SqliteTextIndex(tmp_path)
    assert again.check()[1] != "ok"
    assert again.check()[2] == "ok"
    assert bodies(again, "word") == [2]
    assert (again.position(1), again.position(2)) == (0, 2)
    again.add(1, 1, [row(1, "word")])
    assert bodies(again, "word") == [2, 1]
    assert again.check() == {1: "ok", 2: "ok"}
    again.close()


def test_sqlite_keeps_no_text(tmp_path: Path) -> None:
    index = SqliteTextIndex(tmp_path)
    index.add(1, 1, [row(1, "the quick brown fox jumps")])
    index.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"quick brown" not in stored
    index = SqliteTextIndex(tmp_path)
    index.drop_day(1)
    assert list(tmp_path.iterdir()) == []
    index.close()
