"""The edge runs inside the user's agent: it loads little, and nothing of the server."""

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
    "aiohttp",
}


def test_it_loads_none_of_the_servers_packages() -> None:
    code = "import sys, trimtab.edge.runtime; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert HEAVY & {one.split(".")[0] for one in loaded} == set()
    assert not any(one.startswith(("trimtab.loop", "trimtab.app", "trimtab.adapters")) for one in loaded)


def test_the_rules_of_redaction_are_loaded_when_a_contract_asks_for_them() -> None:
    code = (
        "import sys, trimtab.edge.runtime\n"
        "assert 're2' not in sys.modules\n"
        "from trimtab.vocabulary.contract import Contract, Facts, Filter, decide\n"
        "asked = Contract(agent='a', digest='', filter=Filter(secrets='mask'))\n"
        "assert 'hunter' not in decide(asked, 'output', Facts(text='password=hunter-example')).text\n"
        "assert 're2' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
