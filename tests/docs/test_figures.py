"""The figures that a document quotes are those that were measured."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "failures.md").read_text(encoding="utf-8")
MEASURED: dict[str, Any] = json.loads((ROOT / "bench" / "results" / "blame.json").read_bytes())["raw"]
TRANSCRIPTS, TRAJECTORIES, GROUPS = (MEASURED[name] for name in ("who_and_when", "tau_bench", "groups"))


def percent(share: float) -> str:
    return f"{share:.0%}".removesuffix("%")


def row(found: dict[str, Any], of: str) -> str:
    low, high = (percent(bound) for bound in found[of]["interval"])
    return f"| {found['n']} | {percent(found[of]['share'])} % | {low} .. {high} % |"


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Who&When, exact step", row(TRANSCRIPTS["held out"]["all"], "step")),
        ("Who&When, agent", row(TRANSCRIPTS["held out"]["all"], "agent")),
        ("tau-bench, decision", row(TRAJECTORIES["held out"], "step")),
    ],
)
def test_how_often_blame_is_right_is_quoted_as_measured(title: str, expected: str) -> None:
    assert f"| {title} {expected}" in PAGE


def test_what_knows_nothing_is_quoted_as_measured() -> None:
    floors = (
        (TRANSCRIPTS["best constant step, in sample"]["all"], "(best constant)"),
        (TRANSCRIPTS["step 1, most frequent agent"]["all"]["agent"]["share"], "(who speaks most)"),
        (TRAJECTORIES["first change or hand-off"]["step"]["share"], "(first change or hand-off)"),
        (TRAJECTORIES["random decision"], "(by lot)"),
        (TRANSCRIPTS["other system"]["all"]["step"]["share"], "and 40 %: expect that"),
        (TRAJECTORIES["weights of Who&When alone"]["step"]["share"], "."),
    )
    for share, says in floors:
        assert f"{percent(share)} % {says}".replace(" .", ".") in PAGE


def test_the_purity_of_groups_is_quoted_as_measured() -> None:
    said = re.sub(r"\s+", " ", PAGE)
    pure, together, by_lot = (
        percent(GROUPS[name]) for name in ("of the groups", "all in one", "same sizes, by lot")
    )
    assert f"{GROUPS['sessions']} failed runs: {GROUPS['number']}, of purity {pure} % against" in said
    assert f"All in one: {together} %" in said
    assert f"the same sizes: {by_lot} %" in said
