"""A context is entered by its front door: its `__init__`, for adapters and the app also its `ports`.

import-linter holds which context may know which; it does not see how deep an import reaches.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

RINGS = {"vocabulary", "edge", "loop", "adapters", "app"}
USERS_OF_PORTS = {"adapters", "app"}


def imports(tree: ast.AST) -> Iterator[tuple[str, str, int]]:
    """(module, name, line) of each import; name is empty for `import module`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "", node.lineno) for alias in node.names)


def is_module(package: Path, dotted: list[str]) -> bool:
    place = package.parent.joinpath(*dotted)
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


def reaches_inside(package: Path, source: list[str], target: list[str]) -> bool:
    """Whether an import from `source` goes past the front door of the context that holds `target`."""
    if len(target) <= 3 or target[1] not in RINGS or target[1:3] == source[1:3]:
        return False
    if source[1] == "app":
        inside = package.parent.joinpath(*target)
        return target[1] != "app" and target[-1] != "ports" and not (inside / "__init__.py").is_file()
    return not (source[1] in USERS_OF_PORTS and target[3:] == ["ports"])


def trespasses(package: Path) -> Iterator[str]:
    for path in sorted(package.rglob("*.py")):
        source = [package.name, *path.relative_to(package).with_suffix("").parts]
        for module, name, line in imports(ast.parse(path.read_text(encoding="utf-8"))):
            target = module.split(".")
            if target[0] != package.name:
                continue
            if name and is_module(package, [*target, name]):
                target = [*target, name]
            where = f"{path.relative_to(package)}:{line}"
            if reaches_inside(package, source, target):
                yield f"{where}: {'.'.join(target)}: import from {'.'.join(target[:3])}"
            elif name.startswith("_") and not name.startswith("__"):
                yield f"{where}: {name} is private to {module}"


def bare_doors(package: Path) -> Iterator[str]:
    for path in sorted(package.rglob("__init__.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not ast.get_docstring(tree):
            yield f"{path.relative_to(package)}: no sentence that says what it is"
        if any(isinstance(node, ast.ImportFrom) for node in tree.body) and "__all__" not in path.read_text(
            encoding="utf-8"
        ):
            yield f"{path.relative_to(package)}: no __all__"


def test_contexts_are_entered_by_the_front_door(package: Path) -> None:
    assert list(trespasses(package)) == []


def test_every_front_door_has_a_sign(package: Path) -> None:
    assert list(bare_doors(package)) == []


@pytest.mark.parametrize(
    ("place", "line", "caught"),
    [
        ("loop/sli/burn.py", "from trimtab.loop.store import Row", False),
        ("loop/sli/burn.py", "from trimtab.loop.store.ports import Row", True),
        ("loop/sli/burn.py", "from trimtab.loop.store import ports", True),
        ("loop/sli/burn.py", "import trimtab.loop.store.ports", True),
        ("loop/sli/burn.py", "from trimtab.loop.sli.count import tally", False),
        ("loop/sli/burn.py", "from trimtab.vocabulary.kernel.clock import Clock", True),
        ("loop/sli/burn.py", "from trimtab.loop.store import _secret", True),
        ("adapters/disk/journal.py", "from trimtab.loop.store.ports import Row", False),
        ("adapters/disk/journal.py", "from trimtab.loop.store.model import Row", True),
        ("app/http/api.py", "from trimtab.loop.store.model import Row", True),
        ("app/http/api.py", "from trimtab.app.bootstrap.folder import lock", False),
    ],
)
def test_a_trespass_is_noticed(tmp_path: Path, place: str, line: str, *, caught: bool) -> None:
    package = tmp_path / "trimtab"
    for name in ("loop/store/ports.py", "loop/store/model.py", place):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).touch()
    (package / place).write_text(line + "\n")
    assert bool(list(trespasses(package))) is caught


def test_a_bare_door_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("from trimtab.loop.store.ports import Row\n")
    assert len(list(bare_doors(tmp_path))) == 2
