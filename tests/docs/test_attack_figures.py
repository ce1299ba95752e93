"""What the page on contracts says that they stop is what was measured."""

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = " ".join((ROOT / "docs" / "contracts.md").read_text(encoding="utf-8").split())
MEASURED: dict[str, Any] = json.loads((ROOT / "bench" / "results" / "attacks.json").read_bytes())["raw"]
COLUMNS = ("attacks left", "tasks kept", "tasks with a gate", "calls asked", "calls denied")
ROWS = {
    "banking": MEASURED["recorded"]["banking"],
    "slack": MEASURED["recorded"]["slack"],
    "travel": MEASURED["recorded"]["travel"],
    "workspace": MEASURED["recorded"]["workspace"],
    "**all**": MEASURED["recorded"]["all"],
    "all, the proposal alone": MEASURED["proposal alone"]["all"],
    "all, an agent that obeys": MEASURED["obedient"]["all"],
}


def cell(found: dict[str, Any]) -> str:
    low, high = found["interval"]
    return f"{found['count']}/{found['n']} = {found['share']:.1%} ({100 * low:.1f}..{100 * high:.1f})"


@pytest.mark.parametrize("name", ROWS)
def test_shares_are_quoted_as_measured(name: str) -> None:
    assert f"| {name} | {' | '.join(cell(ROWS[name][one]) for one in COLUMNS)} |" in PAGE


def test_disguises_are_quoted_as_measured() -> None:
    for name, found in MEASURED["disguises"].items():
        assert f"| {name} | {found['count']} of {found['n']} |" in PAGE


def test_fidelity_and_shortened_answers_are_quoted_as_measured() -> None:
    task, attack = (MEASURED["fidelity"][one] for one in ("task", "attack"))
    assert (
        f"the task in {task['count']} of {task['n']}, the attack in {attack['count']} of {attack['n']}"
        in PAGE
    )
    short = MEASURED["recorded"]["travel"]["answers shortened"]
    assert f"{short['count']} of {short['n']} answers of the travel agent lose a sentence" in PAGE
    needs = MEASURED["recorded"]["all"]["tasks kept"]
    assert f"What needs a human, {needs['n'] - needs['count']} of {needs['n']} tasks" in PAGE
