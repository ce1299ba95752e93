"""Logs of steps: what a line says, what it leaves open, and what is wrong with it."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from trimtab.adapters.genai_prices import GenaiPrices
from trimtab.loop.ingest import Rules, decode_entry
from trimtab.loop.ingest.imports import IMPORTERS, Tally, schema
from trimtab.loop.store import Entry
from trimtab.vocabulary.trace import Fact, Step

PAGE = Path(__file__).parents[5] / "docs" / "steps.md"
LINE: dict[str, Any] = {"time": 1769860800.25, "session": "s", "kind": "llm"}


def read(tmp_path: Path, *rows: object) -> tuple[list[Step], list[Fact], Tally]:
    path, tally = tmp_path / "steps.jsonl.gz", Tally()
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    path.write_bytes(gzip.compress(b"\n".join(lines)))
    steps: list[Step] = []
    facts: list[Fact] = []
    for piece in IMPORTERS["steps"](path, tally):
        entry = Entry(
            project="p", signal=piece.signal, received_ns=1 << 61, body=piece.body, items=1, position=1
        )
        found = decode_entry(entry, Rules(prices=GenaiPrices()))
        steps += found[0]
        facts += found[1]
    return steps, facts, tally


def test_the_lines_of_the_page_are_steps(tmp_path: Path) -> None:
    lines = [
        json.loads(text)
        for text in re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    ]
    steps, _, tally = read(tmp_path, *lines)
    assert (tally.records, tally.spans, tally.sessions, tally.skipped) == (2, 2, 1, {})
    model, tool = steps
    assert (model.kind, model.own_session, model.own_agent) == ("llm", "chat-4711", "booking")
    assert (model.start_ns, model.end_ns - model.start_ns) == (1769860800_250_000_000, 1_840_000_000)
    assert (model.input_tokens, model.output_tokens, model.finish) == (2310, 96, "tool_call")
    assert (model.cost_status, model.synthetic_time) == ("priced", False)
    assert (tool.tool, tool.error, tool.error_type, tool.error_class) == (
        "refund",
        True,
        "TimeoutError",
        "timeout",
    )
    assert (tool.parent_id, tool.trace_id) == (model.span_id, model.trace_id)
    assert tool.dims == (("region", "eu"),)


def test_what_a_line_does_not_say_is_unknown(tmp_path: Path) -> None:
    (step,), _, _ = read(tmp_path, LINE)
    assert (step.input_tokens, step.output_tokens, step.cost_nusd, step.model) == (None, None, None, "")
    assert step.synthetic_time, "no duration: nothing is said about latency"


def test_a_step_is_its_session_and_id(tmp_path: Path) -> None:
    first, _, _ = read(tmp_path, LINE | {"id": "1"}, LINE | {"id": "2"}, LINE, LINE)
    again, _, _ = read(tmp_path, LINE | {"id": "1", "model": "m"})
    other, _, _ = read(tmp_path, LINE | {"id": "1", "session": "t"})
    keys = [(step.trace_id, step.span_id) for step in first]
    assert len(set(keys)) == 3
    assert (again[0].trace_id, again[0].span_id) == keys[0]
    assert (other[0].trace_id, other[0].span_id) not in keys


def test_an_outcome_is_a_fact_of_the_program(tmp_path: Path) -> None:
    (step,), (fact,), _ = read(
        tmp_path, LINE | {"end": True, "outcome": "escalated", "outcome_reason": "defect"}
    )
    assert step.ends_session
    assert (fact.kind, fact.source, fact.label, fact.reason) == ("outcome", "app", "escalated", "defect")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (b"{", "not JSON"),
        ([1], "object"),
        ({"session": "s", "kind": "llm"}, '"time" is a required property'),
        (LINE | {"kind": "chat"}, "kind: "),
        (LINE | {"tokens": 3}, "'tokens' was unexpected"),
        (LINE | {"input_tokens": -1}, "input_tokens: -1 is less than the minimum of 0"),
        (LINE | {"time": "yesterday"}, "time: not a time as 2026-01-31T12:00:00Z"),
        (LINE | {"time": "2026-13-45T12:00:00Z"}, "time: not a time"),
        (LINE | {"time": "2026-01-31T12:00:00"}, "time: not a time"),
        (LINE | {"error": {"message": "x"}}, "error: "),
    ],
)
def test_a_line_that_does_not_fit_is_skipped_and_named(tmp_path: Path, row: object, said: str) -> None:
    steps, _, tally = read(tmp_path, LINE, row)
    assert len(steps) == 1
    assert (tally.records, tally.spans) == (2, 1)
    assert [said in why for why in tally.skipped] == [True], tally.skipped


def test_every_field_of_the_schema_is_told(tmp_path: Path) -> None:
    samples: dict[str, Any] = {"object": {"a": "b"}, "number": 5, "boolean": True, "string": "x"}
    rows: list[dict[str, Any]] = []
    for name, field in schema()["properties"].items():
        if name in LINE or name in ("id", "input", "output"):  # texts stay in the body
            continue
        value = samples.get(field.get("type", ""), 5 if "$ref" in field else "text")
        value = field["enum"][0] if "enum" in field else {"type": "Oops"} if name == "error" else value
        rows.append(LINE | {"id": "1", name: value})
    bare, *told = (read(tmp_path, row)[0][0] for row in ({**LINE, "id": "1"}, *rows))
    for row, step in zip(rows, told, strict=True):
        assert step._replace(content_hash=0) != bare._replace(content_hash=0), row
