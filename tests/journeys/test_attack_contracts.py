"""The contracts that stand before AgentDojo's tools: proposed from the tools, changed a little, knowing no task."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from bench.dojo.contracts import FOLDER, SUITES, changed, contract_text
from typer.testing import CliRunner

from trimtab.app.cli.main import app
from trimtab.vocabulary.contract import published_schema, read_contract

ADDRESS = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.]+|\b(?:[\w-]+\.)+(?:com|net|org|io|txt|docx?|xlsx?|pdf)\b[\w/.-]*|\b[A-Z]{2}\d{10,}\b"
)
QUOTED = re.compile(r"['\"\u201c]([^'\"\u201d\n]{4,60})['\"\u201d]")
NAME = re.compile(r"\b[A-Z][a-z]{2,}\b")
WORD = re.compile(r"[\w@./-]+")
FEWEST = 4
"""Letters of a value that is looked for: shorter ones stand in any text."""


def test_a_change_is_merged() -> None:
    base = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
    assert changed(base, {"a": {"c": [3], "e": {"f": None}}, "d": None}) == {"a": {"b": 1, "c": [3], "e": {}}}


@pytest.mark.parametrize("suite", SUITES)
def test_the_proposal_is_what_the_command_prints(suite: str) -> None:
    tools = FOLDER / f"{suite}.tools.json"
    result = CliRunner().invoke(app, ["contract", "init", "--tools", str(tools), "--agent", suite])
    assert result.output == (FOLDER / f"{suite}.init.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("suite", SUITES)
def test_the_contract_enforces_and_knows_every_tool(suite: str) -> None:
    contract = read_contract(contract_text(suite))
    listed = json.loads((FOLDER / f"{suite}.tools.json").read_text(encoding="utf-8"))
    assert contract.mode == "enforce"
    assert set(contract.tools) == {one["name"] for one in listed}


@pytest.mark.parametrize("suite", SUITES)
def test_the_change_is_small_and_says_why(suite: str) -> None:
    text = (FOLDER / f"{suite}.change.yaml").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 40
    assert not re.search(r"\d", text), "no number of a file, an event or a payment"
    rules = [line for line in text.splitlines() if re.search(r"from:|vouched:|egress:|names:|mode:", line)]
    lines = text.splitlines()
    for line in rules:
        before = lines[lines.index(line) - 1]
        assert "#" in line or before.lstrip().startswith("#"), line


def leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one)
    elif isinstance(value, str):
        yield value


def values_of(run: dict[str, Any]) -> Iterator[str]:
    """What could give a contract away: addresses, files, names, values of calls, what prompts quote."""
    yield from run["injections"].values()
    for message in run["messages"]:
        said = "\n".join(leaves(message.get("content")))
        yield from ADDRESS.findall(said)
        if message["role"] == "user":
            yield from (one.strip() for one in QUOTED.findall(said))
            yield from NAME.findall(said)
        for call in message.get("tool_calls") or []:
            yield from leaves(call["args"])


@pytest.fixture(scope="module")
def values(shared_data: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {suite: set() for suite in SUITES}
    with gzip.open(shared_data / "agentdojo_runs" / "records.jsonl.gz") as lines:
        for line in lines:
            run = json.loads(line)["run"]
            found[run["suite_name"]].update(one.lower() for one in values_of(run) if len(one) >= FEWEST)
    return found


def words_in(text: str) -> str:
    """A text as words with one space between them, and one around."""
    return f" {' '.join(WORD.findall(text.lower()))} "


@pytest.mark.parametrize("suite", SUITES)
def test_no_value_of_the_runs_stands_in_a_contract(suite: str, values: dict[str, set[str]]) -> None:
    """The words of the tools and of the language are known without a run; any other would have been looked up."""
    tools = words_in((FOLDER / f"{suite}.tools.json").read_text(encoding="utf-8"))
    tools += words_in(json.dumps(published_schema()))
    contract = words_in((FOLDER / f"{suite}.change.yaml").read_text(encoding="utf-8"))
    contract += words_in(yaml.safe_dump(yaml.safe_load(contract_text(suite))))
    looked_for = {one: words_in(one) for one in values[suite]}
    assert len(looked_for) > 100
    found = {
        one for one, said in looked_for.items() if said.strip() and said in contract and said not in tools
    }
    assert found == set()
