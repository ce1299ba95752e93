"""tau-bench trajectories: `{id, model, domain, run{task_id, trial, reward, traj[]}}`, one JSON object a line.

A tool error is a tool message that begins with "Error"; reward 1.0 is success. Labels become facts,
never attributes of spans. https://github.com/sierra-research/tau-bench
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from trimtab.loop.ingest.imports.conversation import Conversation, Message, ToolCall, end_ns, pieces
from trimtab.loop.ingest.imports.piece import Piece, Tally, read_lines

Run = tuple[Conversation, list[dict[str, Any]]]


def tau_bench(path: Path, tally: Tally) -> Iterator[Piece]:
    """The runs of a file as OTLP and facts."""
    return pieces(runs(path, tally), tally)


def runs(path: Path, tally: Tally) -> Iterator[Run]:
    """Each run with its facts; a line that is not one is counted and skipped."""
    for line in read_lines(path):
        if not line.strip():
            continue
        tally.records += 1
        try:
            yield run_of(orjson.loads(line))
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            tally.skipped[f"not a tau-bench run: {type(error).__name__} {error}"] += 1


def run_of(record: dict[str, Any]) -> Run:
    """One run."""
    run, name = record["run"], f"tau-bench/{record['id']}"
    conversation = Conversation(
        session=name,
        agent=record["domain"],
        model=record["model"],
        messages=tuple(messages_of(run["traj"])),
        attributes={
            "trimtab.cohort.task": str(run["task_id"]),
            "trimtab.cohort.trial": str(run["trial"]),
        },
    )
    won = run["reward"] == 1.0
    fact = {
        "id": f"{name}/reward",
        "kind": "outcome",
        "source": "app",
        "session": name,
        "label": "success" if won else "failure",
        "method": "tau-bench reward",
        "time": end_ns(conversation) / 1e9,
    }
    return conversation, [fact]


def messages_of(trajectory: list[dict[str, Any]]) -> Iterator[Message]:
    """The messages of a trajectory; tool messages answer the calls before them in order."""
    waiting: list[ToolCall] = []
    for row in trajectory:
        text = row.get("content") or ""
        if row["role"] == "assistant":
            proposed: list[dict[str, Any]] = row.get("tool_calls") or []
            waiting = [call_of(call) for call in proposed]
            yield Message(role="assistant", text=text, calls=tuple(waiting))
        elif row["role"] == "tool":
            call = waiting.pop(0) if waiting else ToolCall(name=row.get("name", ""), arguments={})
            error = text if text.startswith("Error") else ""
            yield Message(role="tool", text=text, call=call, error=error, error_type="tool_error")
        else:
            yield Message(role=row["role"], text=text)


def call_of(call: dict[str, Any]) -> ToolCall:
    """A tool call; arguments that are not JSON stay text."""
    function = call["function"]
    arguments: object = function["arguments"]
    if isinstance(arguments, str):
        try:
            arguments = orjson.loads(arguments)
        except orjson.JSONDecodeError:
            arguments = function["arguments"]
    return ToolCall(name=function["name"], arguments=arguments, id=str(call.get("id") or ""))
