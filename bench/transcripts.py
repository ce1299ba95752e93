"""Transcripts of Who&When as turns: 104 failed runs of several agents, the guilty agent and step labelled.

The data stays where it is, beside the repository; nothing of its texts is kept. Format and labels: its README.
"""

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trimtab.loop.failure import Turn

RECORDS = Path(__file__).resolve().parents[2] / "shared" / "data" / "who_and_when" / "records.jsonl.gz"
TERMINALS = {"Computer_terminal", "ComputerTerminal"}
EXIT = re.compile(r"exitcode: (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One failed run; `step` is the labelled place among the turns. `group` is the question: never split over folds."""

    id: str
    system: str
    group: str
    turns: tuple[Turn, ...]
    agent: str
    step: int

    def fold(self, folds: int, shuffle: int) -> int:
        """The fold of its question, in one of the ways to share them out."""
        return first_byte(f"{shuffle}/{self.group}") % folds

    def looked_at(self) -> bool:
        """Whether it was read when the rules were written: half of the runs, by a hash of their names."""
        return first_byte(self.id) % 2 == 0


def first_byte(text: str) -> int:
    """A number from 0 to 255 that a text decides."""
    return hashlib.blake2b(text.encode()).digest()[0]


def name(agent: str) -> str:
    """An agent's name as it is compared: the labels spell some of them in two ways."""
    return agent.strip().lower().replace("_", "")


def turn_of(place: int, row: dict[str, Any]) -> Turn:
    """A message as a turn: what executes code is a tool, its exit code the error; the first message is the plan."""
    role, text = str(row["role"]), str(row["content"])
    agent = str(row.get("name") or role.split(" (", maxsplit=1)[0])
    if agent in TERMINALS:
        return executed(place, agent, text)
    opening = place == 0 and "name" in row
    kind = "user" if role == "human" else "plan" if opening or "(thought)" in role else "say"
    return Turn(kind=kind, agent=agent, text=text, ref=str(place))


def executed(place: int, agent: str, text: str) -> Turn:
    """What the terminal said: a result, or that there was nothing to execute."""
    code = EXIT.match(text)
    if code is None and agent == "Computer_terminal":
        return Turn(kind="user", agent=agent, text=text, ref=str(place))
    said = text.partition("Code output:")[2].strip() if code else text
    error = (said[-300:] or "failed") if code and code[1] != "0" else ""
    return Turn(kind="tool", agent=agent, text=said, tool="code", error=error, ref=str(place))


def read_runs(path: Path = RECORDS) -> list[Run]:
    """All runs, in the order of the file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    return [
        Run(
            id=record["id"],
            system=record["system"],
            group=record["run"]["question_ID"],
            turns=tuple(turn_of(place, row) for place, row in enumerate(record["run"]["history"])),
            agent=record["run"]["mistake_agent"],
            step=int(record["run"]["mistake_step"]),
        )
        for record in records
    ]
