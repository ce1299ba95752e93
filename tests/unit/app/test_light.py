"""A server that tells nobody and is told nothing loads no more than it needs: it idles in little memory."""

import subprocess
import sys
from pathlib import Path

LATE = {"httpx", "rich", "cryptography", "websockets", "authlib", "joserfc", "z3"}
CODE = """
import sys
from pathlib import Path
from trimtab.app.cli import main
from trimtab.app.cli import serve
from trimtab.app.settings import Settings
with serve.open_server(Settings.read(data=Path(sys.argv[1]))) as server:
    serve.application(server, serve.console(server))
    print(*sys.modules)
"""


def test_what_is_not_needed_is_not_loaded(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path / "data")], capture_output=True, text=True, check=True
    )
    assert {one.split(".")[0] for one in done.stdout.split()} & LATE == set()
