"""Nothing grows beyond what one can read at once."""

import ast
from collections.abc import Iterator
from pathlib import Path

FILE_LINES = 400
TEST_FILE_LINES = 600
FUNCTION_LINES = 50
FOLDER_MODULES = 15
GROWS_BY_NATURE = "migrations/versions"


def long_files(folder: Path, limit: int) -> Iterator[str]:
    for path in sorted(folder.rglob("*.py")):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > limit:
            yield f"{path.relative_to(folder)}: {lines} lines, at most {limit}"


def long_functions(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    yield f"{path.relative_to(folder)}: {node.name} has {lines} lines, at most {FUNCTION_LINES}"


def full_folders(folder: Path) -> Iterator[str]:
    for place in [folder, *sorted(path for path in folder.rglob("*") if path.is_dir())]:
        modules = [path for path in place.glob("*.py") if path.name != "__init__.py"]
        if len(modules) > FOLDER_MODULES and not place.as_posix().endswith(GROWS_BY_NATURE):
            yield f"{place.relative_to(folder)}: {len(modules)} modules, at most {FOLDER_MODULES}"


def test_files_are_short(root: Path, package: Path) -> None:
    assert [*long_files(package, FILE_LINES), *long_files(root / "bench", FILE_LINES)] == []
    assert list(long_files(root / "tests", TEST_FILE_LINES)) == []


def test_functions_are_short(root: Path, package: Path) -> None:
    assert [*long_functions(package), *long_functions(root / "tests"), *long_functions(root / "bench")] == []


def test_folders_are_small(package: Path) -> None:
    assert list(full_folders(package)) == []


def test_these_checks_notice(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text("def f():\n" + "    x = 1\n" * 50 + "\n" * 400)
    assert len(list(long_files(tmp_path, FILE_LINES))) == 1
    assert len(list(long_functions(tmp_path))) == 1
    for number in range(FOLDER_MODULES):
        (tmp_path / f"m{number}.py").touch()
    assert len(list(full_folders(tmp_path))) == 1
