"""Rules in real Rego decide beside the contract, and only take away."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.environments import environment
from tests.unit.edge.sdk.tools.test_opa import contract, done, look, refund, status_of

SERVER = Path(__file__).resolve().parents[4] / "support" / "rego_server.py"
RULES = """package shop

default decision := "allow"

decision := {"verdict": "deny", "message": "not so much"} if {
    input.tool == "refund"
    input.args.amount > 50
} else := {"verdict": "ask"} if {
    input.effect == "unkeyed_write"
    input.args.amount in {7, 8}
}
"""
pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    rules = tmp_path_factory.mktemp("rego") / "shop.rego"
    rules.write_text(RULES)
    python = environment("regopy", ["regopy==1.5.2"]) / "python"
    with subprocess.Popen([python, SERVER, rules], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        server.terminate()


@pytest.mark.parametrize(
    ("amount", "ended"),
    [(5, "paid"), (50, "paid"), (51, "refused advice"), (7, "waiting advice"), (101, "refused bounds")],
)
def test_rules_in_rego_take_away_from_the_contract(address: str, amount: int, ended: str) -> None:
    done.clear()
    assert status_of(refund, amount, text=contract(address)) == ended
    assert done == ([f"refund {amount}"] if ended == "paid" else [])


def test_what_the_rules_allow_the_contract_still_denies(address: str) -> None:
    assert status_of(look, text=contract(address)) == "seen"
    withdrawn = contract(address).replace("max: 100", "max: 3")
    assert status_of(refund, 5, text=withdrawn) == "refused bounds"


def test_a_rule_that_is_not_defined_stops_what_changes_something(address: str) -> None:
    missing = contract(address).replace("shop/decision", "shop/gone")
    assert status_of(refund, 5, text=missing) == "refused advice"
    assert status_of(look, text=missing) == "seen"
