"""The log instead of a server: lines that fit the published schema and are read back as the same steps."""

import json
from pathlib import Path
from typing import Any

import pytest

import trimtab
from trimtab.loop.ingest.imports import IMPORTERS, Tally
from trimtab.loop.ingest.imports.steps import validator


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "logs" / "agent.jsonl"
    trimtab.init("support", log=path, interval_s=0.01, environment="prod", version="1.2", bundle="b1")
    with trimtab.session("chat-1", user="u1", tenant="acme", region="eu") as s:
        with trimtab.step("llm", model="gpt-5", provider="openai", first_token_s=0.2) as m:
            m.usage(input=120, output=30, cache_read=100, reasoning=10)
            m.set(finish="stop", input="hi", output={"role": "assistant"})
        with trimtab.step("tool", "refund", input={"order": 1}, schema_ok=True) as m:
            m.error("TimeoutError", "no answer")
        with trimtab.step("other", "x" * 300, input="sk-Ex4mpleEx4mpleEx4mplEx4mple \ud800"):
            pass
        s.outcome("escalated", "deliberate")
        s.feedback(1)
    with trimtab.step("plan"):
        pass
    with trimtab.session("chat-2") as s:
        s.outcome("unknown")
    trimtab.shutdown(5)
    return path


def test_every_line_fits_the_schema(log: Path) -> None:
    found = lines(log)
    assert len(found) == 6
    assert [list(map(str, validator().iter_errors(row))) for row in found] == [[]] * 6


def test_a_line_says_what_the_step_said(log: Path) -> None:
    llm, tool, other, session, alone, _ = lines(log)
    assert llm["duration_ms"] >= 0
    assert {k: llm[k] for k in llm if k not in ("time", "id", "parent", "duration_ms")} == {
        "session": "chat-1",
        "kind": "llm",
        "name": "chat gpt-5",
        "agent": "support",
        "agent_version": "1.2",
        "service": "support",
        "environment": "prod",
        "bundle": "b1",
        "user": "u1",
        "tenant": "acme",
        "model": "gpt-5",
        "provider": "openai",
        "input_tokens": 120,
        "output_tokens": 30,
        "cache_read_tokens": 100,
        "reasoning_tokens": 10,
        "first_token_ms": 200.0,
        "finish": "stop",
        "input": "hi",
        "output": '{"role": "assistant"}',
    }
    assert tool["error"] == {"type": "TimeoutError", "message": "no answer"}
    assert (tool["tool"], tool["schema_ok"], tool["parent"]) == ("refund", True, session["id"])
    assert "sk-" not in other["input"]
    assert (session["outcome"], session["outcome_reason"], session["end"]) == (
        "escalated",
        "deliberate",
        True,
    )
    assert session["cohort"] == {"region": "eu"}
    assert alone["session"]


def test_the_importer_reads_every_line(log: Path) -> None:
    tally = Tally()
    assert list(IMPORTERS["steps"](log, tally))
    assert (tally.spans, tally.sessions, dict(tally.skipped)) == (6, 3, {})


def test_facts_lie_beside_the_log(log: Path) -> None:
    from trimtab.vocabulary.trace import fact_from_json

    (fact,) = lines(log.with_name("agent.facts.jsonl"))
    assert fact_from_json("p", fact, 0).session == "chat-1"
