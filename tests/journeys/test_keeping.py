"""What is kept, for how long, and how somebody is forgotten: as a user sees it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.support.bodies import span, traces_of
from tests.support.promising import SLO
from tests.support.server import inside
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


TENANT = "Quastenflosser GmbH"


def writings(name: str) -> list[tuple[str, dict[str, Any]]]:
    """Every write of the API in which a person may name a tenant."""
    slo = SLO.replace("displayName: Orders done", f"displayName: Orders of {name}")
    call = {"agent": "shop", "tool": "pay", "args_digest": "0" * 64, "contract_digest": "0" * 64}
    return [
        ("keys", {"name": f"for {name}", "scopes": "read"}),
        ("views", {"name": f"of {name}", "query": f"tenant={quote(name)}", "by": "ada"}),
        ("promises", {"files": {f"{name}.yaml": slo}}),
        ("silences", {"matchers": [f'tenant="{name}"'], "by": "ada", "comment": f"{name} knows"}),
        ("incidents", {"title": f"{name} is down", "gravity": "sev2", "by": "ada"}),
        ("directives", {"what": "read_only", "reason": f"{name} asked", "agent": "shop", "by": "ada"}),
        ("approvals", call | {"session": "s", "user": name, "args": json.dumps({"to": name}), "why": name}),
        ("rates", {"tools_usd": {f"call {name}": 0.5}}),
    ]


def test_a_tenant_is_forgotten_wherever_somebody_can_name_them(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with inside(data) as door:
        body = traces_of([span(1, {"session.id": "s-tenant", "trimtab.tenant": TENANT})])
        assert door.send(body).status_code == 200
        door.settle(60)
        for path, said in writings(TENANT):
            written = json.dumps(said).encode()
            kept = {"content_type": "application/json", "idempotency_key": path}
            answer = door.request("POST", f"/api/v1/{path}", written, **kept)
            assert answer.status_code < 300, (path, answer.text)
        (incident,) = door.request("GET", "/api/v1/incidents").json()["incidents"]
        said = {"action": "note", "note": f"called {TENANT}", "by": "ada"}
        noted = door.call(f"incidents/{incident['id']}", said)
        assert noted.status_code < 300, noted.text
        assert TENANT.split(maxsplit=1)[0].encode() in everything(data)
        would = door.call("erase", {"tenant": TENANT, "dry_run": True}).json()
        done = door.call("erase", {"tenant": TENANT}).json()["removed"]
        assert done["reached"] == would["would_remove"]["reached"]
        assert done["reached"].keys() >= {"settings", "silences", "incidents", "approvals", "audit entries"}
        assert (done["sessions"], done["left"], done["bytes_gone"]) == (1, {}, True)
        (incident,) = door.request("GET", "/api/v1/incidents").json()["incidents"]
        assert incident["title"] == "[erased] is down"
        assert len(door.request("GET", "/api/v1/promises").json()["files"]) == 1
    assert TENANT.split(maxsplit=1)[0].encode() not in everything(data)
