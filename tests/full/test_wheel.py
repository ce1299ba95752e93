"""What is installed holds the pages: templates, styles and script are in the wheel."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.full
ROOT = Path(__file__).parents[2]


def test_the_wheel_holds_every_file_of_the_console(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    web = ROOT / "src" / "trimtab" / "app" / "web"
    wanted = {path for part in ("templates", "static") for path in (web / part).iterdir() if path.is_file()}
    assert len(wanted) > 10
    assert {str(path.relative_to(ROOT / "src")) for path in wanted} <= names
