"""What the architecture tests look at."""

import subprocess
from pathlib import Path

import pytest

OURS = ("src", "tests", "bench", "docs", "deploy", "examples", "typings", ".ci")


@pytest.fixture(scope="session")
def package(root: Path) -> Path:
    """The product's source."""
    return root / "src" / "trimtab"


@pytest.fixture(scope="session")
def committed(root: Path) -> list[Path]:
    """Files that are in the repository or would be at the next commit."""
    if (root / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=root, capture_output=True, text=True)
        if listed.returncode == 0:
            return [root / name for name in listed.stdout.split("\0") if name and (root / name).is_file()]
    found = [path for path in root.iterdir() if path.is_file()]
    for folder in OURS:
        found += [path for path in (root / folder).rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return found
