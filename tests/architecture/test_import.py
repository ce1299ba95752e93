"""Importing does nothing: no socket, no file written, no process, no thread. And `import trimtab` is light."""

import os
import subprocess
import sys
from pathlib import Path

SERVER_ONLY = {
    "duckdb",
    "fastapi",
    "starlette",
    "sqlalchemy",
    "alembic",
    "grpc",
    "uvicorn",
    "pyarrow",
    "typer",
}
IN_ENVIRONMENTS_OF_THEIR_OWN = (
    "trimtab.adapters.agent_hooks",
    "trimtab.adapters.crewai",
    "trimtab.adapters.llama_index",
)
NEEDS_A_DATABASE = "migrations"  # Alembic runs these, nobody imports them

WATCH = """
import importlib, os, sys
WORK = {"socket.bind", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.fork",
        "os.mkdir", "os.remove", "os.rename", "os.rmdir", "sqlite3.connect", "shutil.copyfile"}
now = "?"
found = []
def watch(event, args):
    writes = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    asks = event == "socket.bind" and args[1] == ("::1", 0)  # urllib3 asks whether there is IPv6
    if (event in WORK or writes) and args[:1] != (os.devnull,) and not asks:
        found.append(f"{now}: {event} {args[:1]}")
sys.addaudithook(watch)
import threading
for now in sys.argv[1:]:
    before = threading.active_count()
    importlib.import_module(now)
    if threading.active_count() > before:
        found.append(f"{now}: a thread")
print(*found, sep="\\n")
"""


def modules(folder: Path) -> list[str]:
    """Every module below a folder, dotted."""
    found = (path.relative_to(folder).with_suffix("") for path in sorted(folder.rglob("*.py")))
    return [
        ".".join(path.parts).removesuffix(".__init__") for path in found if NEEDS_A_DATABASE not in path.parts
    ]


def run(*arguments: str, path: Path) -> str:
    environment = os.environ | {"PYTHONPATH": str(path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_work_at_import(package: Path) -> None:
    here = [one for one in modules(package.parent) if not one.startswith(IN_ENVIRONMENTS_OF_THEIR_OWN)]
    assert run("-c", WATCH, *here, path=package.parent) == ""


def test_work_at_import_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "busy.py").write_text(
        "import pathlib\npathlib.Path(__file__).with_name('x').write_text('')\n"
    )
    (tmp_path / "calling.py").write_text("import socket\nsocket.socket().bind(('127.0.0.1', 0))\n")
    (tmp_path / "quiet.py").write_text("import pathlib\npathlib.Path(__file__).read_text()\n")
    found = run("-c", WATCH, "busy", "calling", "quiet", path=tmp_path)
    assert [line.split(":")[0] for line in found.splitlines()] == ["busy", "calling"]


def test_the_package_itself_is_light(package: Path) -> None:
    loaded = run("-c", "import sys, trimtab; print(*sys.modules)", path=package.parent)
    assert SERVER_ONLY & set(loaded.split()) == set()
