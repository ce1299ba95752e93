"""agent-hooks in both directions, with its published package and the vectors of its conformance kit."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.support.environments import environment

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "agent-hooks-sdk==0.1.0b3",
    "agent-control-specification==0.3.1b1",
    "orjson",
    "pyyaml",
    "jsonschema-rs",
)
PROGRAM = Path(__file__).parent / "programs" / "agent_hooks_both.py"
STREAMED = ["AH-CTK-110", "AH-CTK-111", "AH-CTK-112", "AH-CTK-113"]
"""Vectors that the kit's own host leaves out: it does not release an answer bit by bit."""


@pytest.fixture(scope="module")
def told() -> Any:
    """What the program says, run in an environment of its own."""
    programs = environment("agent-hooks", PACKAGES)
    done = subprocess.run(
        [programs / "python", PROGRAM],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    (line,) = [one for one in done.stdout.splitlines() if one.startswith("TOLD")]
    return json.loads(line.removeprefix("TOLD"))


@pytest.mark.full
@pytest.mark.timeout(900)
def test_their_interceptors_beside_a_contract(told: Any) -> None:
    no = "refused advice"
    assert told["beside"] == {
        "allow": "paid 1",
        "warn": "paid 1",
        "deny": no,
        "escalate": "waiting advice",
        "strictest": no,
        "raises": no,
        "malformed": no,
        "reserved reason": no,
        "transform": "paid 3",
        "transform beyond": "refused bounds",  # what they put there is decided about, too
        "two transforms": no,
        "transform nowhere": no,
        "result": "masked",
        "none": no,  # nobody to ask is nobody who allows
    }
    assert told["points"] == ["deny"] * 5


@pytest.mark.full
def test_a_contract_among_their_interceptors(told: Any) -> None:
    assert told["among"] == [
        ["deny", "trimtab:source", False],  # nobody said ann yet
        ["allow", None, False],
        ["allow", None, False],
        ["allow", None, False],
        ["transform", None, False, {"card": "[hidden]", "mail": "eve@evil.example"}],
        ["deny", "trimtab:source", True],  # an approval lifts it
        ["allow", None, False],
        ["deny", "trimtab:budget", False],
        ["deny", "trimtab:unlisted", False],
    ]


@pytest.mark.full
def test_a_contract_in_the_runtime_of_the_agent_control_specification(told: Any) -> None:
    assert told["controlled"] == [
        ["deny", "trimtab:source", None],
        ["allow", None, None],
        ["allow", None, None],
        ["transform", None, {"card": "[hidden]", "mail": "eve@evil.example"}],
        ["escalate", "trimtab:source", None],
    ]


@pytest.mark.full
def test_a_contract_that_observes_changes_no_vector(told: Any) -> None:
    assert told["with"] == told["alone"]
    assert set(told["with"]) == {"pass", "skip"}
    assert [one.split()[0] for one in told["with"]["skip"]] == STREAMED
    assert len(told["with"]["pass"]) == 71
