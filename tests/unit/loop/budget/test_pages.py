"""The pages about objectives show documents that are read, and numbers that are computed."""

import re
from pathlib import Path

import numpy as np
from tests.unit.loop.budget.making import DAY, HOUR, NOON, NS, minutes, objective

from trimtab.loop.budget import Contrast, Minutes, compare_agt, compare_sloth, read_promises
from trimtab.loop.budget.imports.compare import running_mean
from trimtab.loop.budget.openslo.extras import EXTRAS

DOCS = Path(__file__).resolve().parents[4] / "docs"
OBJECTIVES = (DOCS / "objectives.md").read_text(encoding="utf-8")
WHY = (DOCS / "why.md").read_text(encoding="utf-8")
START = NOON - 12 * HOUR


def agt(rows: Minutes) -> Contrast:
    return compare_agt(objective(), rows, NOON * NS)


def agt_row(found: Contrast) -> str:
    burn = f"{found.theirs.burn:,.0f}"
    left, rate = found.truth.left, found.truth.burn
    counted = "no number | no number" if left is None or rate is None else f"{left:.3f} | {rate:.2f}"
    return f"| {found.theirs.left} | {burn} | {counted} |"


def test_the_documents_of_the_page_are_read() -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", OBJECTIVES, re.MULTILINE | re.DOTALL)
    found = read_promises({f"block {number}": text for number, text in enumerate(blocks)})
    assert [one.id for one in found.objectives] == ["refund-tasks", "refund-cost"]
    assert [one.name for one in found.alerting["refund-tasks"]] == ["fast-burn"]
    assert [len(one.rules) for one in found.policies] == [3]


def test_every_annotation_is_on_the_page() -> None:
    assert set(re.findall(r"^\| `trimtab/([a-z-]+):", OBJECTIVES, re.MULTILINE)) == set(EXTRAS)


def test_what_sloth_says_is_quoted_as_computed() -> None:
    busy = [(START + minute, 20_000, 0) for minute in range(HOUR)]
    quiet = [(START + HOUR + 5 * step, 1, 1) for step in range(11 * 12)]
    found = compare_sloth(objective(0.999), minutes([*busy, *quiet]), NOON * NS)
    assert f"| Sloth | {found.theirs.error_share:.4f} | {found.theirs.left:.2f} |" in WHY
    assert f"| counted | {found.truth.error_share:.8f} | {found.truth.left:.2f} |" in WHY
    idle = compare_sloth(objective(0.999), minutes([*busy, *quiet[:40], *quiet[41:]]), NOON * NS)
    assert f"| Sloth | {idle.theirs.why[:3]} |\n| counted | {idle.truth.left:.3f} |" in WHY


def test_what_agent_sre_says_is_quoted_as_computed() -> None:
    quiet = [(NOON - 30 - hour * HOUR, 10, 0) for hour in range(29 * 24)]
    for case, rows in (
        ("1 bad in 1,001", [(NOON - 5, 1000, 1)]),
        ("20,000 in an hour, 2 % bad", [*quiet, (NOON - 10, 19_600, 400)]),
        ("then 100,000 good in the same hour", [(NOON - 40, 0, 50_000), (NOON - 20, 100_000, 0)]),
        ("10 good now, window of 30 days", [(NOON - 90 * DAY, 0, 1), (NOON - 5, 10, 0)]),
        ("no events", []),
    ):
        assert f"{case} {agt_row(agt(minutes(rows)))}" in WHY
    good, bad = np.array([0, 9000]), np.array([1000, 0])
    first, last = running_mean(good, bad), running_mean(good[::-1], bad[::-1])
    assert f"| agent-sre | {first:.3f} | {last:.3f} |" in WHY
