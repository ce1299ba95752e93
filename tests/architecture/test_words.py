"""The project speaks of itself: no path of somebody's machine, no number that only a tracker understands."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

MACHINE = re.compile(r"(?<![\w.~/-])/(?:work|root|home/\w+|Users/\w+)/[\w.]")
TRACKER = re.compile(r"\b(?:issue|PR|pull request)s? #\d+", re.IGNORECASE)
MAX_BYTES = 1_000_000


def strangers(text: str) -> Iterator[str]:
    for pattern in (MACHINE, TRACKER):
        for match in pattern.finditer(text):
            yield f"line {text.count(chr(10), 0, match.start()) + 1}: {match.group()}"


def test_no_foreign_words(root: Path, committed: list[Path]) -> None:
    found: list[str] = []
    for path in committed:
        if path.stat().st_size < MAX_BYTES:
            text = path.read_bytes().decode("utf-8", "replace")
            found += [f"{path.relative_to(root)}: {word}" for word in strangers(text)]
    assert found == []


def test_large_files_stay_out(root: Path, committed: list[Path]) -> None:
    assert [str(path.relative_to(root)) for path in committed if path.stat().st_size >= MAX_BYTES] == []


@pytest.mark.parametrize(
    "text", ["see /" + "work/main", "'/" + "root/x'", "cd /" + "home/ann/x", "fixes issue " + "#12"]
)
def test_a_foreign_word_is_noticed(text: str) -> None:
    assert len(list(strangers(text))) == 1


@pytest.mark.parametrize("text", ["src/trimtab/work/x", "~/.local/share", "step #3", "/api/v1/root/x"])
def test_own_words_pass(text: str) -> None:
    assert list(strangers(text)) == []
