"""The counts of real tau-bench runs come out of the command line exactly."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def answers(shared_data: Path) -> dict[str, Any]:
    return orjson.loads((shared_data / "tau_bench_airline" / "answers.json").read_bytes())


@pytest.fixture(scope="module")
def imported(trimtab: Run, shared_data: Path) -> Run:
    result = trimtab("import", "tau-bench", shared_data / "tau_bench_airline" / "records.jsonl.gz")
    assert result["skipped"] == {}
    return trimtab


@pytest.fixture(scope="module")
def group(imported: Run) -> dict[str, Any]:
    return imported("sli", "--agent", "airline")["groups"][0]


def test_runs_and_outcomes(group: dict[str, Any], answers: dict[str, Any]) -> None:
    counts = group["counts"]
    assert counts["sessions"] == answers["runs"]
    assert counts["success"] == answers["task_success"]
    assert counts["failure"] == answers["runs"] - answers["task_success"]
    assert counts["open"] == 0
    success = next(i for i in group["indicators"] if i["name"] == "task_success")
    assert (success["good"], success["n"]) == (answers["task_success"], answers["runs"])
    assert round(success["value"], 6) == answers["task_success_rate"]


def test_tool_calls_and_errors_by_tool(group: dict[str, Any], answers: dict[str, Any]) -> None:
    found = {
        t["tool"]: {"calls": t["calls"], "errors": t["errors"], "error_rate": round(1 - t["value"], 6)}
        for t in group["tools"]
    }
    assert found == answers["by_tool"]
    assert group["counts"]["tool_calls"] == answers["tool_calls"]
    assert group["counts"]["tool_errors"] == answers["tool_errors"]
    assert group["counts"]["with_tool_error"] == answers["runs_with_tool_error"]


def test_hand_offs(group: dict[str, Any], answers: dict[str, Any]) -> None:
    assert group["counts"]["with_handoff"] == answers["handoff_runs"]
    assert group["counts"]["failure_with_handoff"] == 8
    assert round(8 / 33, 6) == round(1 - answers["success_rate_given_handoff"], 6)


def test_steps(group: dict[str, Any], answers: dict[str, Any]) -> None:
    steps, counts, spread = answers["steps"], group["counts"], group["per_session"]
    assert counts["llm_calls"] == steps["assistant_messages_total"]
    assert counts["messages"] == steps["messages_total"]
    assert counts["user_messages"] == steps["user_messages_total"]
    assert spread["messages"]["p95"] == steps["messages_p95"]
    assert spread["tool_calls"]["p50"] == steps["tool_calls_p50"]
    assert spread["tool_calls"]["p95"] == steps["tool_calls_p95"]
    assert spread["tool_calls"]["max"] == steps["tool_calls_max"]


def test_most_failures_show_no_tool_error(imported: Run) -> None:
    listed = imported("sessions", "--outcome", "failure", "--no-tool-error", "--limit", "200")
    assert listed["total"] == 53
    assert all(s["outcome"] == "failure" and s["tool_errors"] == 0 for s in listed["sessions"])


def test_repeated_trials_pass_as_published(imported: Run, answers: dict[str, Any]) -> None:
    found = imported("trials", "--agent", "airline")
    for ours, theirs in (("pass_at", "pass_at_k"), ("pass_hat", "pass_hat_k")):
        shown = {str(one["k"]): round(one[ours]["value"], 6) for one in found["passes"]}
        assert shown == answers[theirs]
    expected = [answers[f"tasks_{name}"] for name in ("always_pass", "flaky", "never_pass")]
    assert [found[name] for name in ("always", "sometimes", "never")] == expected
    assert (found["tasks"], found["trials"]) == (answers["tasks"], answers["runs"])


def test_what_is_not_known_is_null(group: dict[str, Any]) -> None:
    assert group["counts"]["input_tokens"] is None
    by_name = {i["name"]: i for i in group["indicators"]}
    assert by_name["session_latency_p95"]["value"] is None
    assert by_name["cost_per_success"]["value"] is None


def test_a_second_import_changes_nothing(imported: Run, shared_data: Path, group: dict[str, Any]) -> None:
    imported("import", "tau-bench", shared_data / "tau_bench_airline" / "records.jsonl.gz")
    assert imported("sli", "--agent", "airline")["groups"][0] == group


def test_a_rebuild_from_the_journal_gives_identical_rows(imported: Run, group: dict[str, Any]) -> None:
    before = imported("query", "select * from sessions order by session")
    imported("rebuild")
    assert imported("query", "select * from sessions order by session") == before
    assert imported("sli", "--agent", "airline")["groups"][0] == group
