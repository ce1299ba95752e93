"""What the page on injection says of the label is what was measured."""

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = " ".join((ROOT / "docs" / "injection.md").read_text(encoding="utf-8").split())
MEASURED: dict[str, Any] = json.loads((ROOT / "bench" / "results" / "injection.json").read_bytes())["raw"]
ATTACKS, CONTEXTS, DOJO = MEASURED["bipia"]["attacks"], MEASURED["bipia"]["contexts"], MEASURED["agentdojo"]
ROWS = {
    "texts, alone": ATTACKS["text, test, alone"],
    "texts, in a mail": ATTACKS["text, test, in email"],
    "texts, in a table": ATTACKS["text, test, in table"],
    "code, alone": ATTACKS["code, test, alone"],
    "code, in an answer about code": ATTACKS["code, test, in code"],
    "texts and code of categories that train does not have": ATTACKS[
        "test, categories of which none is in train"
    ],
    "AgentDojo: outputs of tools that hold an attack": DOJO["attacked"],
    "mails": CONTEXTS["email, test"],
    "tables": CONTEXTS["table, test"],
    "answers about code": CONTEXTS["code, test"],
    "AgentDojo: outputs of tools in runs without an attack": DOJO["benign"],
    "tau-bench: outputs of tools": MEASURED["tau_bench"],
}


@pytest.mark.parametrize("name", ROWS)
def test_shares_are_quoted_as_measured(name: str) -> None:
    found = ROWS[name]
    low, high = found["interval"]
    said = f"{found['count']}/{found['n']} = {found['share']:.1%} ({100 * low:.1f}..{100 * high:.1f})"
    assert f"| {name} | {said} |" in PAGE


def test_categories_that_are_never_or_always_found_are_named() -> None:
    of_test = {
        name.removeprefix("test: "): one
        for name, one in MEASURED["bipia"]["categories"].items()
        if name.startswith("test: ")
    }
    never = sorted(name for name, one in of_test.items() if not one["count"])
    assert f"Not one is found of: {', '.join(never)}." in PAGE


def test_the_speed_is_quoted_rounded_down() -> None:
    assert f"more than {int(MEASURED['speed']['contexts'])} MB/s" in PAGE
