"""Promises from the command line, about real runs: the budget is what the recorded outcomes say, and every table can be read."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from trimtab.app.cli.main import app

Run = Callable[..., Any]
SLO = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: airline}
spec:
  service: airline
  indicator:
    metadata: {name: done}
    spec:
      ratioMetric:
        rawType: success
        raw: {metricSource: {type: Trimtab, spec: {indicator: task_success, agent: airline}}}
  timeWindow: [{duration: 1800d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.6}]
"""


@pytest.fixture(scope="module")
def said(trimtab: Run, data_folder: Path, shared_data: Path) -> Callable[..., str]:
    """Run a command for a person; gives what it prints."""
    trimtab("import", "tau-bench", shared_data / "tau_bench_airline" / "records.jsonl.gz")

    def run(*arguments: str | Path, exit_code: int = 0) -> str:
        env = {**os.environ, "TRIMTAB_DATA": str(data_folder), "COLUMNS": "200"}
        result = CliRunner().invoke(app, [*map(str, arguments)], env=env, catch_exceptions=False)
        assert result.exit_code == exit_code, result.output
        return result.output

    return run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("reliability")
    (found / "airline.yaml").write_text(SLO)
    return found


def test_the_budget_is_what_the_recorded_outcomes_say(
    said: Callable[..., str], trimtab: Run, folder: Path, shared_data: Path
) -> None:
    assert "added airline" in said("plan", "-f", folder)
    assert "added airline" in said("apply", "-f", folder)
    answers = orjson.loads((shared_data / "tau_bench_airline" / "answers.json").read_bytes())
    (row,) = trimtab("slo")["objectives"]
    sessions = trimtab("query", "select outcome, count(*) as n from sessions group by all")
    counted = {one["outcome"]: one["n"] for one in sessions}
    assert (row["good"], row["bad"]) == (counted["success"], counted["failure"])
    assert row["n"] == answers["runs"] if "runs" in answers else row["n"] == 132
    assert row["left"] == pytest.approx(1 - row["bad"] / (0.4 * row["n"]))
    assert "airline" in said("slo")
    assert "nothing would change" in said("plan", "-f", folder)
    assert "burn" in said("slo", "show", "airline")
    assert "kind: SLO" in said("slo", "files")


def test_every_table_can_be_read(said: Callable[..., str], folder: Path) -> None:
    said("apply", "-f", folder)
    assert "all pages" in said("backtest", "-f", folder, "--since", "1500d")
    assert "nothing fires" in said("alerts")
    assert "nothing is silenced" in said("alerts", "silences")
    assert said("alerts", "silence", "slo=airline", "--comment", "a drill", "--by", "ada").startswith("sil-")
    assert "a drill" in said("alerts", "silences")
    assert "nothing was sent" in said("alerts", "log")
    assert "no alert belonged" in said("alerts", "quality")
    assert "no rotation" in said("oncall")
    name = said("incident", "open", "refunds fail", "--by", "ada", "--at", "10m").split()[0]
    for words in (
        ("ack", name),
        ("assign", name, "commander", "ada"),
        ("update", name, "refunds fail", "--action", "roll back", "--eta", "30m"),
        ("note", name, "it is the prompt"),
        ("grade", name, "sev1"),
        ("mitigate", name, "--why", "rolled back"),
        ("resolve", name, "--why", "the prompt is mended"),
        ("reopen", name, "--why", "it is back"),
    ):
        assert name in said("incident", *words, "--by", "ada")
    assert "MTTD" in said("incident", "list")
    assert "roll back" in said("incident", "show", name[:8])
    assert "sloth_slo: airline" in said("export", "prometheus-rules")
    assert '"panels"' in said("export", "grafana")


def test_errors_say_what_to_do(said: Callable[..., str], tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(SLO.replace("task_success", "task_sucess"))
    blank = tmp_path / "blank.yaml"
    blank.write_text("# to be written\n---\n")
    from trimtab.vocabulary.kernel import TrimtabError

    for words, says in (
        (("plan", "-f", empty), "no YAML file"),
        (("apply", "-f", blank), "blank.yaml: no document in it"),
        (("apply", "-f", wrong), "wrong.yaml:12: there is no indicator 'task_sucess'"),
        (("init", "slo", "--agent", "airlin"), "no sessions of airlin"),
        (("init", "slo", "--agent", "airline"), "no sessions of airline in these weeks; the last was"),
        (("slo", "show", "nothing"), "no such objective"),
        (("incident", "show", "nothing"), "no incident"),
        (("alerts", "ack", "nothing"), "no such alert"),
    ):
        with pytest.raises(TrimtabError, match=says) as caught:
            said(*words)
        assert caught.value.hint
