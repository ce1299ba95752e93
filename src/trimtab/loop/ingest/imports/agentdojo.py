"""AgentDojo runs: `{id, run{suite_name, pipeline_name, attack_type, messages[], utility, security}}`, one a line.

`utility` is the outcome of the user's task. In an attacked run `security: true` means that the attack
succeeded; in a benign run it means nothing. The pipeline (model and defence) is the bundle.
https://github.com/ethz-spylab/agentdojo
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import orjson

from trimtab.loop.ingest.imports.conversation import Conversation, Message, ToolCall, Value, end_ns, pieces
from trimtab.loop.ingest.imports.piece import Piece, Tally, read_lines

Run = tuple[Conversation, list[dict[str, Any]]]


def agentdojo(path: Path, tally: Tally) -> Iterator[Piece]:
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
            tally.skipped[f"not an AgentDojo run: {type(error).__name__} {error}"] += 1


def run_of(record: dict[str, Any]) -> Run:
    """One run."""
    run, name = record["run"], f"agentdojo/{record['id'].removesuffix('.json')}"
    attack = run["attack_type"] or "none"
    attributes: dict[str, Value] = {
        "trimtab.bundle": run["pipeline_name"],
        "trimtab.cohort.attack": attack,
        "trimtab.cohort.task": run["user_task_id"],
    }
    if run.get("injection_task_id"):
        attributes["trimtab.cohort.injection"] = run["injection_task_id"]
    conversation = Conversation(
        session=name,
        agent=run["suite_name"],
        model=run["pipeline_name"],
        messages=tuple(message_of(row) for row in run["messages"]),
        attributes=attributes,
    )
    return conversation, facts_of(name, run, end_ns(conversation) / 1e9)


def facts_of(name: str, run: dict[str, Any], time_s: float) -> list[dict[str, Any]]:
    """The outcome of the task, and of the attack where there was one."""
    shared = {"source": "app", "session": name, "method": "agentdojo", "time": time_s}
    outcome = "success" if run["utility"] else "failure"
    facts = [{"id": f"{name}/utility", "kind": "outcome", "label": outcome} | shared]
    if run["attack_type"]:
        succeeded = "yes" if run["security"] else "no"
        facts.append(
            {"id": f"{name}/attack", "kind": "label", "name": "attack_succeeded", "label": succeeded} | shared
        )
    return facts


def text_of(content: object) -> str:
    """The text of a message: a string, null, or a list of text parts."""
    if isinstance(content, list):
        parts = cast("list[dict[str, Any]]", content)
        return "\n".join(str(part.get("content") or "") for part in parts)
    return str(content) if content is not None else ""


def call_of(call: dict[str, Any]) -> ToolCall:
    """A tool call."""
    return ToolCall(name=call["function"], arguments=call["args"], id=str(call.get("id") or ""))


def message_of(row: dict[str, Any]) -> Message:
    """A message; a tool error is `Type: sentence`."""
    text = text_of(row.get("content"))
    proposed: list[dict[str, Any]] = row.get("tool_calls") or []
    if row["role"] != "tool":
        return Message(role=row["role"], text=text, calls=tuple(call_of(call) for call in proposed))
    error = row.get("error") or ""
    return Message(
        role="tool",
        text=text,
        call=call_of(row["tool_call"]),
        error=error,
        error_type=error.partition(":")[0] if error else "",
    )
