"""ARCHITECTURE.md is true: every path it names exists, every context is on it."""

import re
from collections.abc import Iterator
from pathlib import Path

RINGS_WITH_CONTEXTS = ("vocabulary", "edge", "loop", "adapters", "app")
ROOTS = ("", "src/trimtab/")


def missing_paths(root: Path, text: str) -> Iterator[str]:
    """Names in backticks that look like paths and lead nowhere."""
    for name in re.findall(r"`([\w.*/-]+)`", text):
        looks_like_a_path = "/" in name or name.endswith((".py", ".md", ".toml", ".lock"))
        if looks_like_a_path and not any(any(root.glob(start + name.rstrip("/"))) for start in ROOTS):
            yield name


def unnamed_contexts(root: Path, text: str) -> Iterator[str]:
    for ring in RINGS_WITH_CONTEXTS:
        for door in sorted((root / "src" / "trimtab" / ring).glob("*/__init__.py")):
            name = f"{ring}/{door.parent.name}"
            if not re.search(rf"`{name}[/`]", text):
                yield name


def test_every_path_on_the_map_exists(root: Path) -> None:
    assert list(missing_paths(root, (root / "ARCHITECTURE.md").read_text(encoding="utf-8"))) == []


def test_every_context_is_on_the_map(root: Path) -> None:
    assert list(unnamed_contexts(root, (root / "ARCHITECTURE.md").read_text(encoding="utf-8"))) == []


def test_a_wrong_map_is_noticed(tmp_path: Path) -> None:
    door = tmp_path / "src/trimtab/loop/store/__init__.py"
    door.parent.mkdir(parents=True)
    door.touch()
    assert list(missing_paths(tmp_path, "`loop/store` holds `loop/gone/` and `gone.md`")) == [
        "loop/gone/",
        "gone.md",
    ]
    assert list(unnamed_contexts(tmp_path, "`loop/stores`")) == ["loop/store"]
    assert list(unnamed_contexts(tmp_path, "`loop/store`")) == []
