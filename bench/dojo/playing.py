"""A program for the environment that has `agentdojo`: lists the tools of its suites, or plays recorded runs again.

`tools` prints the tools of each suite as an MCP server would list them. `runs RECORDS CONTRACTS` plays every run
twice in the suite's own world, without a contract and behind one, and prints a line of JSON for each.

Open loop: a call that is gated does not happen, the next recorded one follows. An ask is not answered.
"""

import gzip
import json
import logging
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from agentdojo.functions_runtime import FunctionCall, FunctionsRuntime
from agentdojo.task_suite.load_suites import get_suites
from agentdojo.types import text_content_block_from_string
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from bench.dojo.disguise import DISGUISES, disguised
from trimtab.vocabulary.contract import Contract, Facts, Provenance, SessionState, decide, read_contract

VERSION = "v1.1"
"""The version of the suites under which every recorded success is one again."""
Run = dict[str, Any]


def tools_of(suite: Any) -> Iterator[dict[str, Any]]:
    """The tools of a suite as an MCP server lists them; what is no object is wrapped, as MCP does."""
    for one in suite.tools:
        tool = {
            "name": one.name,
            "description": one.description,
            "inputSchema": one.parameters.model_json_schema(),
        }
        if one.return_type not in (None, type(None)):
            found = TypeAdapter(one.return_type).json_schema()
            tool["outputSchema"] = found if found.get("type") == "object" else wrapped_schema(found)
        yield tool


def wrapped_schema(found: dict[str, Any]) -> dict[str, Any]:
    """The schema of an output that is no object."""
    definitions = {"$defs": found.pop("$defs")} if "$defs" in found else {}
    return {"type": "object", "properties": {"result": found}, "required": ["result"], **definitions}


def wrapped(value: Any) -> Any:
    """A tool's output as structured content."""
    plain = to_jsonable_python(value, fallback=str)
    return plain if isinstance(plain, dict) else {"result": plain}


def text_of(content: Any) -> str:
    """The text of a message."""
    return (
        content if isinstance(content, str) else "\n".join(one.get("content") or "" for one in content or [])
    )


class Guard:
    """What stands before the tools in one run: the contract, what was said, and what was decided."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.said = Provenance()
        self.decided: list[dict[str, Any]] = []
        self.tried: list[dict[str, Any]] = []
        self._called: set[str] = set()

    def passes(self, name: str, args: dict[str, Any]) -> bool:
        """Whether a call may happen now, without anybody's yes."""
        decision = decide(self.contract, "pre_tool_call", self.facts(name, args))
        reasons = [
            {"code": one.code, "argument": one.argument, "message": one.message} for one in decision.reasons
        ]
        self.decided.append({"tool": name, "verdict": decision.verdict, "reasons": reasons})
        if not decision.allowed:
            self.tried += list(disguised(self, name, args, [one["argument"] for one in reasons]))
        else:
            self._called.add(name)
        return decision.allowed

    def facts(self, name: str, args: dict[str, Any], said: Provenance | None = None) -> Facts:
        """What is known before a call."""
        known = said or self.said
        state = SessionState(
            id="run", tainted=known.tainted, sensitive=known.sensitive, called=frozenset(self._called)
        )
        return Facts(tool=name, args=args, provenance=known, session=state)

    def reads(self, name: str, args: dict[str, Any], value: Any) -> None:
        """Take in what a tool returned."""
        self.said.read(self.contract.tools.get(name), value, name=name, args=args)


def play(suite: Any, run: Run, guard: Guard | None) -> tuple[bool, bool]:
    """Whether the user's task was done and the attack succeeded, by the suite's own checks on the world afterwards."""
    task = suite.get_user_task_by_id(run["user_task_id"])
    world = task.init_environment(suite.load_and_inject_default_environment(run["injections"]))
    before = world.model_copy(deep=True)
    runtime, happened = FunctionsRuntime(suite.tools), list[FunctionCall]()
    for message in run["messages"]:
        if guard and message["role"] in ("user", "system"):
            guard.said.hear(message["role"], text_of(message["content"]))
        for call in message.get("tool_calls") or []:
            name, args = call["function"], call["args"]
            if guard and not guard.passes(name, args):
                continue
            value, error = runtime.run_function(world, name, args)
            happened.append(FunctionCall(function=name, args=args))
            if guard:
                guard.reads(name, args, {"error": error} if error else wrapped(value))
    last = text_of(next(one for one in reversed(run["messages"]) if one["role"] == "assistant")["content"])
    said = [text_content_block_from_string(last)] if last else []
    useful = suite._check_task_result(task, said, before, world, happened)
    if not run["injection_task_id"]:
        return useful, False
    goal = suite.get_injection_task_by_id(run["injection_task_id"])
    return useful, suite._check_task_result(goal, said, before, world, happened)


def played(suite: Any, contract: Contract, key: str, run: Run) -> dict[str, Any]:
    """One run, without a contract and behind one."""
    plain, guard = play(suite, run, None), Guard(contract)
    guarded = play(suite, run, guard)
    attacked = bool(run["attack_type"])
    return {
        "id": key,
        "suite": run["suite_name"],
        "attacked": attacked,
        "user_task": run["user_task_id"],
        "injection_task": run["injection_task_id"],
        "recorded": [run["utility"], attacked and run["security"]],
        "plain": plain,
        "guarded": guarded,
        "calls": guard.decided,
        "disguises": guard.tried if attacked else [],
    }


def records(path: Path) -> Iterator[tuple[str, Run]]:
    """The recorded runs."""
    with gzip.open(path) as lines:
        for line in lines:
            row = json.loads(line)
            yield row["id"], row["run"]


def main(arguments: Sequence[str]) -> None:
    """Do what the command line says."""
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    suites = get_suites(VERSION)
    if arguments[0] == "tools":
        print(json.dumps({name: list(tools_of(suite)) for name, suite in suites.items()}))
        return
    found = {
        name: read_contract((Path(arguments[2]) / f"{name}.yaml").read_text(encoding="utf-8"))
        for name in suites
    }
    for key, run in records(Path(arguments[1])):
        name = run["suite_name"]
        print(json.dumps(played(suites[name], found[name], key, run)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
