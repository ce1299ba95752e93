"""Failed runs of tau-bench as turns, each with its class, and, where it did what it should not, the decision that did.

The classes are those of the data's own counts: writes that worked, beside the writes that the task asks for. They
are labels: nothing that groups or blames sees the task. The data stays where it is, beside the repository.
"""

import gzip
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.transcripts import Run
from trimtab.loop.failure import Turn, taxonomy

RECORDS = Path(__file__).resolve().parents[2] / "shared" / "data" / "tau_bench_airline" / "records.jsonl.gz"
WRITES = {
    "book_reservation",
    "cancel_reservation",
    "send_certificate",
    "update_reservation_baggages",
    "update_reservation_flights",
    "update_reservation_passengers",
}
TRANSFER = "transfer_to_human_agents"
Call = tuple[str, str]
"""A tool and its arguments in one order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A call that was made: its place among the turns that decided it, and whether it worked."""

    call: Call
    decided: int
    worked: bool


def records(path: Path = RECORDS) -> list[dict[str, Any]]:
    """The runs as they are kept."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def call_of(name: str, arguments: object) -> Call:
    """A call that equals another with the same arguments."""
    return name, json.dumps(arguments, sort_keys=True)


def calls_of(run: dict[str, Any]) -> list[Made]:
    """The calls of a run, in their order."""
    made: list[Made] = []
    waiting: list[tuple[str, str, int]] = []
    for place, message in enumerate(run["traj"]):
        if message["role"] == "assistant":
            waiting = [
                (call["function"]["name"], call["function"]["arguments"], place)
                for call in message.get("tool_calls") or []
            ]
        elif message["role"] == "tool":
            name, arguments, decided = waiting.pop(0)
            worked = not str(message.get("content") or "").startswith("Error")
            made.append(Made(call=call_of(name, json.loads(arguments)), decided=decided, worked=worked))
    return made


def asked_of(run: dict[str, Any]) -> Counter[Call]:
    """The calls that the task asks for."""
    return Counter(call_of(one["name"], one["kwargs"]) for one in run["info"]["task"]["actions"])


def class_of(run: dict[str, Any]) -> str:
    """How a run failed, "success" where it did not."""
    if run["reward"] == 1.0:
        return "success"
    asked, made = asked_of(run), calls_of(run)
    wanted = Counter({call: n for call, n in asked.items() if call[0] in WRITES})
    done = Counter(one.call for one in made if one.worked and one.call[0] in WRITES)
    transferred = any(one.call[0] == TRANSFER for one in made)
    if transferred and not any(call[0] == TRANSFER for call in asked):
        return "unneeded_transfer"
    if wanted == done:
        return "writes_match_other"
    missing, extra = names(wanted) - names(done), names(done) - names(wanted)
    if missing:
        return "missing_and_extra_write" if extra else "missing_write"
    return "extra_write" if extra else "wrong_write_arguments"


def names(calls: Counter[Call]) -> Counter[str]:
    """How often each tool is called."""
    found: Counter[str] = Counter()
    for (name, _), n in calls.items():
        found[name] += n
    return found


def went_wrong(run: dict[str, Any]) -> int | None:
    """The decision that first did what the task does not ask for: a write or a transfer; None where none did.

    A run that left a write out shows no such decision.
    """
    left = asked_of(run)
    for one in calls_of(run):
        if one.call[0] == TRANSFER and class_of(run) == "unneeded_transfer":
            return one.decided
        if one.call[0] in WRITES and one.worked:
            if not left[one.call]:
                return one.decided
            left[one.call] -= 1
    return None


def turns_of(run: dict[str, Any], agent: str) -> tuple[Turn, ...]:
    """The messages of a run as turns: one each."""
    made = iter(calls_of(run))
    return tuple(turn_of(str(n), row, agent, made) for n, row in enumerate(run["traj"]))


def turn_of(ref: str, row: dict[str, Any], agent: str, made: Any) -> Turn:
    """A message as a turn."""
    text = str(row.get("content") or "")
    if row["role"] == "assistant":
        calls = [f"{c['function']['name']} {c['function']['arguments']}" for c in row.get("tool_calls") or []]
        return Turn(kind="say", agent=agent, text="\n".join([text, *calls]).strip(), ref=ref)
    if row["role"] != "tool":
        return Turn(kind="user", agent="user", text=text, ref=ref)
    one = next(made)
    name = one.call[0]
    return Turn(
        kind="tool",
        agent=agent,
        text=text,
        tool=name,
        call="".join(one.call),
        changes=one.worked and name != TRANSFER and not taxonomy().only_reads(name),
        handoff="human_agents" if name == TRANSFER else "",
        error="" if one.worked else text,
        ref=ref,
    )


def read_labelled() -> list[Run]:
    """The failed runs that show a decision which did what it should not; the other failed ones left something out."""
    found: list[Run] = []
    for record in records():
        run = record["run"]
        step = went_wrong(run) if class_of(run) != "success" else None
        if step is not None:
            found.append(
                Run(
                    id=record["id"],
                    system="tau-bench",
                    group=f"task{run['task_id']}",
                    turns=turns_of(run, record["domain"]),
                    agent=record["domain"],
                    step=step,
                )
            )
    return found


def classes() -> dict[str, str]:
    """The class of each failed run, by its session."""
    found = {f"tau-bench/{one['id']}": class_of(one["run"]) for one in records()}
    return {session: name for session, name in found.items() if name != "success"}
