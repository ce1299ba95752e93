"""What a contract asks for that no gateway can know."""

from typing import Any

import pytest
import yaml

from trimtab.edge.gateway import unheard
from trimtab.vocabulary.contract import read_contract


def warnings(argument: dict[str, Any]) -> list[str]:
    tools = {
        "get": {"effect": "read", "output": {"vouched": ["account"]}},
        "pay": {"effect": "irreversible", "arguments": {"to": argument}},
    }
    document = {"apiVersion": "trimtab/v1", "kind": "AgentContract", "metadata": {"name": "shop"}}
    contract = read_contract(yaml.safe_dump(document | {"spec": {"tools": tools}}))
    return [one.partition(";")[0] for one in unheard(contract, contract.tools["pay"])]


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        (
            {"from": ["user"], "otherwise": "deny"},
            "to: only from user, which no gateway hears, so every call with it is refused",
        ),
        (
            {"from": ["system", "named"], "otherwise": "ask"},
            "to: only from system, named, which no gateway hears, so every call with it is asked about",
        ),
        (
            {"links": ["user"], "otherwise": "deny"},
            "links in to: only from user, which no gateway hears, so every call with one is refused",
        ),
    ],
)
def test_an_argument_that_only_the_user_can_give_is_warned_of(argument: dict[str, Any], said: str) -> None:
    assert warnings(argument) == [said]


@pytest.mark.parametrize(
    "argument",
    [
        {"from": ["user", "get.account"]},
        {"from": ["model"]},
        {"from": ["vouched", "user"]},
        {"max": 5},
        {"fixed": "'a'"},
    ],
)
def test_what_may_come_from_elsewhere_as_well_is_not(argument: dict[str, Any]) -> None:
    assert warnings(argument) == []
