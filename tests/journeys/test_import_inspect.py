"""Real logs of Inspect AI: every sample's calls, tokens, scores and times, as the log has them."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from trimtab.loop.ingest.imports import IMPORTERS, Tally
from trimtab.vocabulary.kernel import Invalid

Run = Callable[..., Any]
Json = dict[str, Any]
SAMPLES = """
select dims['sample'] as sample, agent, model, provider, llm_calls, tool_calls, tool_errors, input_tokens, output_tokens,
  outcome, outcome_source, synthetic_time, session from sessions
"""
SCORES = "select session, name, value, label, method from facts where kind = 'score'"
SCORED = {"success": "C", "failure": "I"}


@pytest.fixture(scope="module")
def records(shared_data: Path) -> Path:
    return shared_data / "inspect_logs" / "records.jsonl.gz"


@pytest.fixture(scope="module")
def answers(shared_data: Path) -> Json:
    return orjson.loads((shared_data / "inspect_logs" / "answers.json").read_bytes())


@pytest.fixture(scope="module")
def imported(trimtab: Run, records: Path) -> Run:
    trimtab("import", "inspect", records)
    return trimtab


def test_every_sample_counts_as_its_log_does(imported: Run, answers: Json) -> None:
    found = [
        {
            "model_calls": row["llm_calls"],
            "tool_events": row["tool_calls"],
            "tool_errors": row["tool_errors"],
            "input_tokens": row["input_tokens"],
            "output_tokens": row["output_tokens"],
            "task": row["agent"],
            "score": SCORED[row["outcome"]],
        }
        for row in imported("query", SAMPLES)
    ]
    keys = ("model_calls", "tool_events", "tool_errors", "input_tokens", "output_tokens", "task")
    expected = [
        {key: one[key] for key in keys} | {"score": next(iter(one["scores"].values()))}
        for one in answers["samples"].values()
    ]
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert sum(row["input_tokens"] for row in found) == answers["total"]["input_tokens"]


def test_times_scores_and_judges_are_facts(imported: Run, answers: Json) -> None:
    facts = imported("query", SCORES)
    for name in ("total_time_s", "working_time_s"):
        told = sorted(round(row["value"], 3) for row in facts if row["name"] == name)
        assert told == sorted(one[name] for one in answers["samples"].values() if one[name] is not None)
    scorers = sorted((row["name"], row["label"]) for row in facts if row["label"])
    assert scorers == sorted(item for one in answers["samples"].values() for item in one["scores"].items())
    sources = {(row["agent"], row["outcome_source"]) for row in imported("query", SAMPLES)}
    assert ("security_guide", "judge") in sources, "a model graded it"
    assert ("browser", "app") in sources


def test_a_log_without_ends_says_nothing_about_latency(imported: Run, answers: Json) -> None:
    rows = {row["agent"]: row["synthetic_time"] for row in imported("query", SAMPLES)}
    assert {agent for agent, unknown in rows.items() if unknown} == {"images"}
    assert answers["samples"]["log_images/1/1"]["total_time_s"] is None


def test_a_second_time_and_the_packed_form_change_nothing(
    imported: Run, records: Path, tmp_path: Path
) -> None:
    before = imported("query", SAMPLES + " order by session"), imported("query", "select count(*) from steps")
    imported("import", "inspect", records)
    rows = [orjson.loads(line) for line in lines(records)]
    files = [pack(tmp_path / f"{place}.eval", row) for place, row in enumerate(rows)]
    whole = tmp_path / "log.json"
    whole.write_bytes(
        orjson.dumps(rows[0]["log"] | {"samples": [rows[0]["sample"]]}, option=orjson.OPT_INDENT_2)
    )
    result = imported("import", "inspect", *files, whole)
    assert (result["sessions"], result["skipped"]) == (9, {})
    assert before == (
        imported("query", SAMPLES + " order by session"),
        imported("query", "select count(*) from steps"),
    )


def lines(path: Path) -> Iterator[bytes]:
    import gzip

    with gzip.open(path) as file:
        yield from file


def pack(path: Path, row: Json) -> Path:
    """A sample as Inspect packs it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("header.json", orjson.dumps(row["log"]))
        name = f"samples/{row['sample']['id']}_epoch_{row['sample']['epoch']}.json"
        file.writestr(name, orjson.dumps(row["sample"]))
    return path


def read(path: Path) -> Tally:
    tally = Tally()
    list(IMPORTERS["inspect"](path, tally))
    return tally


def test_what_is_no_log_is_said(tmp_path: Path) -> None:
    def file(name: str, content: bytes) -> Path:
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    with pytest.raises(Invalid, match="no log of Inspect"):
        read(file("other.json", b'{"hello": 1}'))
    tally = read(file("broken.jsonl", b'{"log": 1\n{"log": {"eval": {}}, "sample": {}}\n'))
    assert tally.records == 2
    assert sorted(why.partition(":")[0] for why in tally.skipped) == ["not JSON", "not a sample of Inspect"]
    packed = pack(tmp_path / "cut.eval", {"log": {}, "sample": {"id": 1, "epoch": 1}})
    cut = packed.read_bytes()
    with pytest.raises(Invalid, match="not whole"):
        read(file("half.eval", cut[: len(cut) // 2]))
    with zipfile.ZipFile(tmp_path / "empty.eval", "w") as empty:
        empty.writestr("readme.txt", "")
    with pytest.raises(Invalid, match="no header"):
        read(tmp_path / "empty.eval")
