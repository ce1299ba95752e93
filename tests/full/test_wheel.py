"""What is installed holds everything: pages, styles and script of the console, documents, data."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.full
ROOT = Path(__file__).parents[2]


def test_the_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    package = ROOT / "src" / "trimtab"
    wanted = {one for one in package.rglob("*") if one.is_file() and "__pycache__" not in one.parts}
    assert len([one for one in wanted if one.suffix != ".py"]) > 30, (
        "pages, documents of the demonstration, data"
    )
    assert {str(path.relative_to(ROOT / "src")) for path in wanted} <= names
