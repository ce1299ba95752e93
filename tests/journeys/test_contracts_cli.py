"""A contract from the command line: proposed from tools, checked, told, and compared with what comes after it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trimtab.app.cli.main import app
from trimtab.vocabulary.kernel import TrimtabError

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_order",
            "parameters": {"type": "object", "properties": {"id": {"type": "string"}}},
        },
    },
    {"name": "send_refund", "description": "Pay back", "inputSchema": {"type": "object"}},
]


@pytest.fixture
def said() -> Callable[..., str]:
    def run(*arguments: str | Path, exit_code: int = 0) -> str:
        result = CliRunner().invoke(app, ["contract", *map(str, arguments)], catch_exceptions=False)
        assert result.exit_code == exit_code, result.output
        return result.output

    return run


@pytest.fixture
def first(said: Callable[..., str], tmp_path: Path) -> Path:
    (tmp_path / "tools.json").write_text(json.dumps(TOOLS))
    path = tmp_path / "shop.yaml"
    said("init", "--tools", tmp_path / "tools.json", "--agent", "shop", "--out", path)
    return path


def test_a_first_contract_observes_and_says_what_tools_do(said: Callable[..., str], first: Path) -> None:
    assert "shop, 2 tools, mode observe" in said("check", first)
    told = said("explain", first)
    assert "get_order: reads" in told
    assert "send_refund: acts for good; can carry data out" in told
    with pytest.raises(TrimtabError, match="exists"):
        said("init", "--tools", first.parent / "tools.json", "--agent", "shop", "--out", first)


def test_a_change_that_widens_is_shown_and_can_stop_a_pipeline(said: Callable[..., str], first: Path) -> None:
    enforced = first.with_name("enforced.yaml")
    enforced.write_text(first.read_text().replace("mode: observe", "mode: enforce"))
    assert said("diff", first, first, "--must-not-widen")
    said("diff", first, enforced, "--must-not-widen")
    found = json.loads(said("diff", enforced, first, "--json"))
    assert found["wider"] is True
    assert found["examples"]
    said("diff", enforced, first, "--must-not-widen", exit_code=1)


def test_what_is_wrong_is_told_with_its_line(said: Callable[..., str], first: Path) -> None:
    broken = first.with_name("broken.yaml")
    broken.write_text(first.read_text().replace("effect: read\n", "effect: raed\n"))
    with pytest.raises(TrimtabError, match=r"broken\.yaml:\d+: ") as caught:
        said("check", broken)
    assert "read" in caught.value.hint
    assert json.loads(said("schema"))["$schema"]
