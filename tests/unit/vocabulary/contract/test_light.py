"""The contract runs inside the user's agent: it loads little."""

import subprocess
import sys

HEAVY = {
    "duckdb",
    "sqlalchemy",
    "fastapi",
    "starlette",
    "grpc",
    "numpy",
    "pyarrow",
    "uvicorn",
    "alembic",
    "typer",
    "httpx",
    "z3",
    "cedarpy",
}


def test_it_loads_none_of_the_servers_packages() -> None:
    code = "import sys, trimtab.vocabulary.contract; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY & {one.split(".")[0] for one in done.stdout.split()} == set()
