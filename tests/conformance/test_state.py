"""What every state store does; the fake is the adapter in memory."""

from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from tests.support.postgres import POSTGRES, new_state

from trimtab.adapters.sql_state import SqlState
from trimtab.loop.store import Retention, Row, State
from trimtab.vocabulary.kernel import Invalid


@pytest.fixture(params=["memory", "sqlite", *POSTGRES])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[State]:
    makers: dict[str, Callable[[], str]] = {
        "memory": lambda: ":memory:",
        "sqlite": lambda: str(tmp_path / "state.sqlite"),
        "postgres": new_state,
    }
    found = SqlState(makers[request.param]())
    yield found
    found.close()


def key(key_id: str, project: str = "p") -> Row:
    return {
        "id": key_id,
        "project": project,
        "digest": f"digest of {key_id}",
        "scopes": "read",
        "name": "",
        "created_ns": 1,
    }


def erasure(name: str, **values: object) -> Row:
    row: Row = {
        "id": name,
        "project": "p",
        "what": "user",
        "value": "ann",
        "digest": "0" * 64,
        "upto": 1 << 50,
        "requested_ns": 1 << 60,
        "finished_ns": None,
        "counts": "{}",
        "said": None,
    }
    return row | values


def test_projects_are_made_once(state: State) -> None:
    assert state.projects() == []
    state.add_project("b", 1)
    state.add_project("a", 2)
    state.add_project("b", 3)
    assert state.projects() == [{"name": "b", "created_ns": 1}, {"name": "a", "created_ns": 2}]


def test_keys_are_found_by_hash_until_revoked(state: State) -> None:
    for project in ("p", "q"):
        state.add_project(project, 1)
        state.add_key(key(f"of {project}", project))
    found = state.key_by_hash("digest of of p")
    assert found is not None
    assert (found["project"], found["revoked_ns"]) == ("p", None)
    assert state.key_by_hash("digest") is None
    assert [row["id"] for row in state.keys("q")] == ["of q"]
    assert "digest" not in state.keys("q")[0]
    assert state.revoke_key("of p", 7)
    assert not state.revoke_key("of p", 8)
    assert not state.revoke_key("of nobody", 8)
    assert state.key_by_hash("digest of of p") is None
    assert state.keys("p")[0]["revoked_ns"] == 7


def test_settings_are_replaced(state: State) -> None:
    assert state.setting("x") is None
    state.set_setting("x", "1")
    state.set_setting("x", "")
    assert state.setting("x") == ""
    assert state.keep_setting("x", "2") == ""
    assert state.keep_setting("y", "2") == "2" == state.setting("y")


def test_retention_is_kept_by_project_and_has_defaults(state: State) -> None:
    assert state.retention("p") == Retention() == Retention(bodies=30, steps=90, sessions=400, facts=400)
    state.set_retention("p", Retention(bodies=7, facts=None))
    state.set_retention("p", Retention(bodies=8, facts=None))
    assert state.retention("p") == Retention(bodies=8, facts=None)
    assert state.retention("q") == Retention()


def test_an_erasure_is_replaced_by_its_progress(state: State) -> None:
    assert state.erasures() == []
    state.put_erasure(erasure("b"))
    state.put_erasure(erasure("a", requested_ns=(1 << 60) + 1))
    done = erasure("b", value=None, finished_ns=(1 << 60) + 2, counts='{"steps": 1}')
    state.put_erasure(done)
    assert state.erasures() == [done, erasure("a", requested_ns=(1 << 60) + 1)]
    assert state.scrub()


def test_sqlite_scrubs_what_is_replaced(tmp_path: Path) -> None:
    state = SqlState(str(tmp_path / "state.sqlite"))
    state.put_erasure(erasure("a", value="Ann-Marker"))
    assert any(b"Ann-Marker" in path.read_bytes() for path in tmp_path.iterdir())
    state.put_erasure(erasure("a", value=None))
    assert state.scrub()
    assert not any(b"Ann-Marker" in path.read_bytes() for path in tmp_path.iterdir())
    state.close()


def test_sqlite_backs_up_while_in_use(tmp_path: Path) -> None:
    state = SqlState(str(tmp_path / "state.sqlite"))
    state.add_project("p", 1)
    (tmp_path / "b").mkdir()
    state.backup(tmp_path / "b")
    state.add_project("later", 2)
    state.close()
    copy = SqlState(str(tmp_path / "b" / "state.sqlite"))
    assert copy.projects() == [{"name": "p", "created_ns": 1}]
    copy.close()


def test_memory_has_nothing_to_copy(tmp_path: Path) -> None:
    state = SqlState(":memory:")
    with pytest.raises(Invalid):
        state.backup(tmp_path)
    state.close()
