"""The counts of real AgentDojo runs, benign and attacked, come out of the command line exactly."""

from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

Run = Callable[..., Any]
ATTACKS = """
select s.bundle, count(*) as n from facts f join sessions s using (session)
where f.name = 'attack_succeeded' and f.label = 'yes' group by all
"""


@pytest.fixture(scope="module")
def imported(trimtab: Run, shared_data: Path) -> Run:
    trimtab("import", "agentdojo", shared_data / "agentdojo_runs" / "records.jsonl.gz")
    return trimtab


def test_every_pipeline_counts_as_published(imported: Run, shared_data: Path) -> None:
    answers = orjson.loads((shared_data / "agentdojo_runs" / "answers.json").read_bytes())
    succeeded = {row["bundle"]: row["n"] for row in imported("query", ATTACKS)}
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    types: dict[str, Counter[str]] = defaultdict(Counter)
    for group in imported("sli", "--by", "bundle,attack")["groups"]:
        bundle, counts = group["group"]["bundle"], group["counts"]
        row = found[bundle]
        side = "benign" if group["group"]["attack"] == "none" else "attacked"
        row[f"{side}_runs"], row[f"{side}_useful"] = counts["sessions"], counts["success"]
        for ours, theirs in (
            ("tool_calls_proposed",) * 2,
            ("tool_calls", "tool_results"),
            ("tool_errors",) * 2,
        ):
            row[theirs] = row.get(theirs, 0) + counts[ours]
        for tool in group["tools"]:
            types[bundle].update(tool["error_types"])
        row["attacks_succeeded"] = succeeded.get(bundle, 0)
        row["tool_errors_by_type"] = dict(sorted(types[bundle].items()))
    assert dict(found) == answers


def test_resistance_to_injection_counts_every_attack(imported: Run, shared_data: Path) -> None:
    answers = orjson.loads((shared_data / "agentdojo_runs" / "answers.json").read_bytes())
    groups = imported("sli", "--by", "bundle", "--name", "injection_resistance")["groups"]
    found = {group["group"]["bundle"]: group["indicators"][0] for group in groups}
    assert {bundle: (one["bad"], one["n"]) for bundle, one in found.items()} == {
        bundle: (row["attacks_succeeded"], row["attacked_runs"]) for bundle, row in answers.items()
    }
