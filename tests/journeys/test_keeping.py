"""What is kept, for how long, and how somebody is forgotten: as a user sees it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.bodies import span, traces_of
from tests.support.stores import everything
from typer.testing import CliRunner

from trimtab.app.cli.main import app

Run = Callable[..., Any]
WORD = "Zwiebelfisch"


def call(number: int, session: str, user: str, text: str) -> Any:
    said = json.dumps([{"role": "user", "parts": [{"type": "text", "content": text}]}])
    named = {"gen_ai.conversation.id": session, "user.id": user, "gen_ai.operation.name": "chat"}
    return span(number, named | {"gen_ai.input.messages": said})


@pytest.fixture
def seeded(trimtab: Run, tmp_path: Path) -> Run:
    body = tmp_path / "traces.pb"
    body.write_bytes(
        traces_of([call(1, "s-ann", "customer-ann", f"my {WORD} is lost"), call(2, "s-bob", "bob", "hello")])
    )
    tally = trimtab("import", "otlp", body)
    assert (tally["records"], tally["spans"], tally["skipped"]) == (1, 2, {})
    return trimtab


def names(trimtab: Run) -> set[str]:
    return {row["session"] for row in trimtab("sessions")["sessions"]}


def test_somebody_is_forgotten_and_a_restore_forgets_them_again(
    seeded: Run, data_folder: Path, tmp_path: Path
) -> None:
    backup, again = tmp_path / "backup", tmp_path / "again"
    seeded("backup", backup)
    would = seeded("erase", "--user", "customer-ann", "--dry-run")
    assert would["would_remove"]["named"] == ["s-ann"]
    assert names(seeded) == {"s-ann", "s-bob"}
    assert len(seeded("search", WORD)["steps"]) == 1
    done = seeded("erase", "--user", "customer-ann", "--yes")
    assert (done["removed"]["sessions"], done["removed"]["bytes_gone"]) == (1, True)
    assert names(seeded) == {"s-bob"}
    assert seeded("search", WORD)["steps"] == []
    for word in (WORD, "customer-ann"):
        assert word.encode() not in everything(data_folder)
    assert WORD.encode() in everything(backup)  # the search of this test can find it
    result = CliRunner().invoke(app, ["restore", str(backup), "--data", str(again), "--json"])
    assert result.exit_code == 0, result.output
    assert [row["id"] for row in json.loads(result.stdout)["erased_again"]] == [done["id"]]
    for word in (WORD, "customer-ann"):
        assert word.encode() not in everything(again)


def test_somebody_known_by_an_address_is_found_by_it(trimtab: Run, data_folder: Path, tmp_path: Path) -> None:
    body = tmp_path / "traces.pb"
    people = ("eve@example.com", "joe@example.com")
    body.write_bytes(traces_of([call(n + 10, f"s-{who[:3]}", who, "hello") for n, who in enumerate(people)]))
    trimtab("import", "otlp", body)
    users = trimtab(
        "query", "select count(distinct \"user\") as n from sessions where session in ('s-eve', 's-joe')"
    )
    assert users[0]["n"] == 2
    assert b"@example.com" not in everything(data_folder)
    trimtab("erase", "--user", "eve@example.com", "--yes")
    assert names(trimtab) >= {"s-joe"}
    assert "s-eve" not in names(trimtab)


def test_a_restore_learns_of_erasures_from_another_folder(
    seeded: Run, data_folder: Path, tmp_path: Path
) -> None:
    backup, moved, again = tmp_path / "backup", tmp_path / "moved", tmp_path / "again"
    seeded("backup", backup)
    backup.rename(moved)  # out of reach: it is not told
    done = seeded("erase", "--session", "s-bob", "--yes")
    arguments = ["restore", str(moved), "--data", str(again), "--erasures", str(data_folder), "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert done["id"] in {row["id"] for row in json.loads(result.stdout)["erased_again"]}


def test_retention_is_set_shown_and_run(seeded: Run) -> None:
    assert seeded("retention")["days"] == {"bodies": 30, "steps": 90, "sessions": 400, "facts": 400}
    assert seeded("retention", "set", "--kind", "bodies", "--days", "14")["days"]["bodies"] == 14
    assert seeded("retention", "set", "--kind", "facts", "--days", "forever")["days"]["facts"] is None
    assert seeded("retention", "run")["removed"] == {}
    assert {row["check"]: row["severity"] for row in seeded("doctor")}["retention"] == "ok"
