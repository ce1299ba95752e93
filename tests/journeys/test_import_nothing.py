"""An import of which nothing could be taken is a failure, and one of which something was is none."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trimtab.app.cli.main import app
from trimtab.vocabulary.kernel import Invalid

GOOD = json.dumps({"session": "s", "kind": "tool", "tool": "look", "time": 1_700_000_000})


def outcome(folder: Path, *lines: str) -> tuple[dict[str, int], Exception | None]:
    file = folder / "agent.jsonl"
    file.write_text("\n".join(lines))
    words = ["import", "steps", str(file), "--data", str(folder / "data"), "--json"]
    result = CliRunner().invoke(app, words)
    error = result.exception
    return json.loads(result.stdout), error if isinstance(error, Exception) else None


def test_nothing_taken_is_told_after_what_was_skipped(tmp_path: Path) -> None:
    said, error = outcome(tmp_path, '{"a":')
    assert (said["spans"], said["skipped"]) == (0, {"not JSON: unexpected end of data": 1})
    with pytest.raises(Invalid, match="nothing of it could be taken"):
        raise error or AssertionError("it went well")


def test_something_taken_is_no_failure(tmp_path: Path) -> None:
    said, error = outcome(tmp_path, '{"a":', GOOD)
    assert (error, said["spans"], sum(said["skipped"].values())) == (None, 1, 1)
