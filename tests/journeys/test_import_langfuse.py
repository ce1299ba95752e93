"""Real exports of Langfuse: every trace's tree, tokens, cost and times, as Langfuse has them."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from trimtab.loop.ingest.imports import IMPORTERS, Tally
from trimtab.vocabulary.kernel import Invalid

Run = Callable[..., Any]
Json = dict[str, Any]
STEPS = """
select replace(trace_id::varchar, '-', '') as trace, span_id, parent_id, start_ns, end_ns, kind, model, input_tokens,
  output_tokens, cost_nusd, cost_status, synthetic_time, session from steps
"""
SESSIONS = """
select any_value(replace(trace_id::varchar, '-', '')) as trace, session, any_value(steps."user") as "user",
  any_value(sessions.cost_nusd) as cost_nusd
from steps join sessions using (session) group by session, trace_id
"""
ROLLED_UP = {
    "agno-2025-06-11": 711_300,
    "microsoft-agent-2025-12-17": 371_000,
    "vercel-aisdk-2025-11-17": 447_500,
}
"""Nano-dollars that Langfuse counts of a step around a model call: we keep them on the step, and add them to no sum."""


@pytest.fixture(scope="module")
def records(shared_data: Path) -> Path:
    return shared_data / "langfuse_framework_traces" / "records.jsonl.gz"


@pytest.fixture(scope="module")
def answers(shared_data: Path) -> dict[str, tuple[str, Json]]:
    """Trace id in hex -> the framework and what Langfuse says of it."""
    path = shared_data / "langfuse_framework_traces" / "answers.json"
    named = {name.partition("/"): one for name, one in orjson.loads(path.read_bytes())["traces"].items()}
    return {trace.replace("-", ""): (framework, one) for (framework, _, trace), one in named.items()}


@pytest.fixture(scope="module")
def imported(trimtab: Run, records: Path) -> Run:
    trimtab("import", "langfuse", records)
    return trimtab


@pytest.fixture(scope="module")
def traces(imported: Run) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = {}
    for step in imported("query", STEPS):
        found.setdefault(step["trace"], []).append(step)
    return found


def depth(step: Json, above: dict[int, Json]) -> int:
    parent = above.get(step["parent_id"])
    return 1 + depth(parent, above) if parent else 0


def known(values: list[int | None]) -> int:
    return sum(value for value in values if value is not None)


def seconds(steps: list[Json]) -> float | None:
    lasted = [step["end_ns"] - step["start_ns"] for step in steps if not step["synthetic_time"]]
    return round(max(lasted) / 1e9, 3) if lasted else None


def test_every_trace_is_what_langfuse_says_of_it(
    traces: dict[str, list[Json]], answers: dict[str, tuple[str, Json]]
) -> None:
    assert traces.keys() == answers.keys()
    for trace, steps in traces.items():
        _, told = answers[trace]
        above = {step["span_id"]: step for step in steps}
        assert len(steps) == told["observations"]
        assert known([step["input_tokens"] for step in steps]) == told["input_tokens"]
        assert known([step["output_tokens"] for step in steps]) == told["output_tokens"]
        assert known([step["cost_nusd"] for step in steps]) / 1e9 == pytest.approx(told["cost_usd"], abs=1e-9)
        assert max(depth(step, above) for step in steps) == told["max_depth"]
        assert sum(step["parent_id"] not in above for step in steps) == told["roots"]
        wall_ns = max(step["end_ns"] for step in steps) - min(step["start_ns"] for step in steps)
        assert wall_ns / 1e9 == pytest.approx(told["wall_s"], abs=1e-6)
        slowest = seconds([step for step in steps if step["kind"] == "llm" or step["model"] == "gpt-5"])
        assert slowest == (told["generation_s_max"] and pytest.approx(told["generation_s_max"], abs=1e-3))


def test_what_stands_on_a_roll_up_is_kept_and_not_added(
    imported: Run, answers: dict[str, tuple[str, Json]]
) -> None:
    cost: dict[str, int] = {}
    expected: dict[str, float] = {}
    for row in imported("query", SESSIONS):
        framework, told = answers[row["trace"]]
        cost[row["session"]] = row["cost_nusd"]
        share = told["cost_usd"] * 1e9 - ROLLED_UP.get(framework, 0)
        expected[row["session"]] = expected.get(row["session"], 0) + share
    assert cost == pytest.approx(expected, abs=2)


def test_what_langfuse_does_not_know_is_unknown(traces: dict[str, list[Json]]) -> None:
    steps = [step for listed in traces.values() for step in listed]
    assert {step["cost_status"] for step in steps if step["cost_nusd"] is not None} == {"reported"}
    silent = [step for step in steps if step["kind"] == "llm" and step["cost_status"] == "no_usage"]
    assert silent
    assert {step["input_tokens"] for step in silent} == {None}
    assert sum(step["synthetic_time"] for step in steps) == 1, "one observation has no end"


def test_sessions_and_users_are_those_of_the_export(
    imported: Run, answers: dict[str, tuple[str, Json]]
) -> None:
    found = {row["trace"]: row for row in imported("query", SESSIONS)}
    for trace, (_, told) in answers.items():
        if told["session_id"]:
            assert found[trace]["session"] == told["session_id"]
        assert bool(found[trace]["user"]) == bool(told["user_id"])


def test_a_second_time_and_other_shapes_change_nothing(imported: Run, records: Path, tmp_path: Path) -> None:
    before = imported("query", STEPS + " order by all")
    imported("import", "langfuse", records)
    with gzip.open(records) as file:
        exports = [orjson.loads(line)["export"] for line in file]
    nested = [one["trace"] | {"observations": one["observations"]} for one in exports]
    (tmp_path / "pages.json").write_bytes(orjson.dumps(nested))
    (tmp_path / "lines.jsonl").write_bytes(b"\n".join(map(orjson.dumps, exports)))
    result = imported("import", "langfuse", tmp_path / "pages.json", tmp_path / "lines.jsonl")
    assert (result["records"], result["spans"], result["skipped"]) == (32, 188, {})
    assert imported("query", STEPS + " order by all") == before


TRACE: Json = {"id": "ab" * 16, "timestamp": "2026-01-31T12:00:00Z", "name": "parcels"}


def read(path: Path, content: object) -> tuple[Tally, list[Any]]:
    path.write_bytes(content if isinstance(content, bytes) else orjson.dumps(content))
    tally = Tally()
    return tally, list(IMPORTERS["langfuse"](path, tally))


def test_scores_are_facts_of_those_who_gave_them(tmp_path: Path) -> None:
    scores = [
        {"id": "1", "name": "helpful", "value": 0.5, "source": "EVAL", "observationId": "cd" * 8},
        {"id": "2", "name": "tone", "value": "kind", "dataType": "CATEGORICAL", "source": "ANNOTATION"},
        {"id": "3", "name": "right", "value": 1, "stringValue": "True", "source": "API"},
    ]
    tally, pieces = read(tmp_path / "one.json", TRACE | {"scores": scores})
    assert (tally.spans, tally.facts) == (1, 3)
    judge, person, program = pieces[1].facts
    assert (judge["source"], judge["value"], judge["span_id"]) == ("judge", 0.5, "cd" * 8)
    assert (person["source"], person["label"], "value" in person) == ("human", "kind", False)
    assert (program["source"], program["value"], program["label"]) == ("app", 1.0, "True")
    assert {fact["trace_id"] for fact in pieces[1].facts} == {"ab" * 16}


def test_what_is_no_export_is_said(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="not JSON"):
        read(tmp_path / "text.json", b"hello")
    tally, _ = read(tmp_path / "broken.jsonl", orjson.dumps(TRACE) + b'\n{"trace": \n{"hello": 1}\n[]\n')
    assert (tally.records, tally.sessions) == (4, 1)
    assert sum(tally.skipped.values()) == 3
    assert all(why.startswith(("not JSON", "not a trace of Langfuse")) for why in tally.skipped)
