"""A module is named for what it knows; drawers for anything have no place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

DRAWERS = {"util", "utils", "helper", "helpers", "common", "misc", "base", "manager", "managers"}


def drawers(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if (path.is_dir() or path.suffix == ".py") and DRAWERS & set(path.stem.lower().strip("_").split("_")):
            yield f"{path.relative_to(folder)}: say what it knows, or put it where it is used"


def test_no_drawers(root: Path) -> None:
    assert [found for name in ("src", "tests", "bench") for found in drawers(root / name)] == []


@pytest.mark.parametrize("name", ["utils.py", "_helpers.py", "http_common.py", "base/x.py"])
def test_a_drawer_is_noticed(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    assert len(list(drawers(tmp_path))) == 1
