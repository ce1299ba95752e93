"""Why real agents fail comes out of the command line: every failure in one group, also the silent ones."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from bench.grouping import purity, shuffled
from bench.trajectories import classes

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def answers(shared_data: Path) -> dict[str, Any]:
    return orjson.loads((shared_data / "tau_bench_airline" / "answers.json").read_bytes())


@pytest.fixture(scope="module")
def imported(trimtab: Run, shared_data: Path) -> Run:
    trimtab("import", "tau-bench", shared_data / "tau_bench_airline" / "records.jsonl.gz")
    return trimtab


def test_every_failed_run_is_in_exactly_one_group(imported: Run, answers: dict[str, Any]) -> None:
    found = imported("failures", "--agent", "airline")
    wanted = answers["runs"] - answers["task_success"]
    assert found["sessions"] == sum(group["sessions"] for group in found["groups"]) == wanted
    assert found["taxonomy"] >= 1
    assert len({group["fingerprint"] for group in found["groups"]}) == len(found["groups"]) == found["total"]


def test_groups_agree_with_the_classes_that_the_tasks_tell(
    imported: Run, answers: dict[str, Any], record_property: Callable[[str, object], None]
) -> None:
    labels = classes()
    assert Counter(labels.values()) == Counter(answers["failure_classes"]) - Counter(success=10_000)
    found = imported("failures", "--agent", "airline")["groups"]
    shown = [imported("failures", "show", group["fingerprint"])["sessions"] for group in found]
    # Ten sessions of a group are shown; two groups have more.
    groups = [[labels[one["session"]] for one in sessions] for sessions in shown]
    apart, together = purity(groups), purity([[name for group in groups for name in group]])
    record_property(
        "purity", f"{len(groups)} groups {apart:.3f}, all in one {together:.3f}, each its own 1.000"
    )
    assert apart > shuffled(groups) + 0.1 > together


def test_silent_failures_fall_into_groups(imported: Run) -> None:
    found = imported("failures")["groups"]
    silent = [group for group in found if group["kind"] == "session"]
    # 53 runs show no tool error at all; others got over the errors that they show.
    assert sum(group["sessions"] for group in silent) >= 53
    assert max(group["sessions"] for group in silent) >= 10


def test_steps_that_failed_are_the_error_classes_of_the_runs(imported: Run, answers: dict[str, Any]) -> None:
    found = imported("failures", "--steps")
    assert found["sessions"] == answers["runs_with_tool_error"]
    said = {group["title"].split(": error: ")[1] for group in found["groups"]}
    assert len(said) == len(answers["error_classes"])


def test_what_the_runs_do_not_tell_is_not_known(imported: Run) -> None:
    for group in imported("failures")["groups"]:
        assert (group["users"], group["cost_nusd"], group["status"]) == (None, None, None)
