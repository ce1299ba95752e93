"""What was said is found, with its place; the index follows the journal and can be lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trimtab.app.bootstrap import open_server
from trimtab.app.bootstrap.care import restore
from trimtab.app.settings import Settings
from trimtab.loop.ingest import search

Run = Callable[..., Any]
COUNT = "select count(distinct session) as n from steps where tool = 'transfer_to_human_agents'"


@pytest.fixture(scope="module")
def imported(trimtab: Run, shared_data: Path) -> Run:
    trimtab("import", "tau-bench", shared_data / "tau_bench_airline" / "records.jsonl.gz")
    return trimtab


def test_words_find_their_steps(imported: Run) -> None:
    answer = imported("search", "Transfer successful", "--limit", "1000")
    assert answer["behind"] == 0
    tools = {step["tool"] for step in answer["steps"]}
    assert "transfer_to_human_agents" in tools
    found = {step["session"] for step in answer["steps"] if step["tool"] == "transfer_to_human_agents"}
    assert len(found) == imported("query", COUNT)[0]["n"]
    assert all("transfer" in step["snippet"].lower() for step in answer["steps"])


@pytest.mark.parametrize(
    "words", ['"refund" AND (', "refund*", "refund:^", "(-refund)", "refund' or 1=1 --x"]
)
def test_no_query_is_an_error(imported: Run, words: str) -> None:
    imported("search", words)


def test_a_lost_index_is_made_again(imported: Run, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    imported("backup", folder)
    settings = Settings(data=tmp_path / "data")
    restore(folder, settings)
    assert not (settings.data / "text").exists()
    with open_server(settings) as server:
        assert server.indexer.wait(30)
        found = search(server.text, server.journal, server.analytics, "default", "transfer successful", 5)
        assert len(found) == 5
