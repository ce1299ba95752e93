"""A state store of the previous release opens, keeps its rows and takes new ones."""

import sqlite3
from contextlib import closing
from pathlib import Path

import alembic.script
import pytest
from alembic.config import Config

from trimtab.adapters.sql_state import SqlIncidentStore, SqlPeopleStore, SqlState
from trimtab.adapters.sql_state.schema import HEAD
from trimtab.adapters.sql_state.tables import METADATA
from trimtab.loop.access import Person
from trimtab.loop.store import Keyring, Retention
from trimtab.vocabulary.kernel import Unauthorised

FIRST, PREVIOUS = (Path(__file__).with_name(name) for name in ("state_0001.sql", "state_0003.sql"))


def made_of(dump: Path, folder: Path) -> Path:
    """A store as a revision wrote it."""
    path = folder / "state.sqlite"
    with closing(sqlite3.connect(path)) as con:
        con.executescript(dump.read_text(encoding="utf-8"))
    return path


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A store as the first revision wrote it."""
    return made_of(FIRST, tmp_path)


@pytest.fixture(params=[FIRST, PREVIOUS], ids=["the first", "the previous"])
def earlier(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A store as an earlier revision wrote it."""
    return made_of(request.param, tmp_path)


def test_the_previous_revision_keeps_its_rows_and_takes_people(tmp_path: Path) -> None:
    path = made_of(PREVIOUS, tmp_path)
    state = SqlState(str(path))
    assert state.retention("default") == Retention(bodies=7)
    assert [row["name"] for row in state.keys("default")] == ["first key"]
    state.close()
    incidents = SqlIncidentStore(str(path))
    assert [one.title for one in incidents.incidents("default")] == ["it is slow"]
    incidents.close()
    people = SqlPeopleStore(str(path))
    assert people.people() == []
    people.add_person(Person(id="usr_ann", name="ann", created_ns=1, roles={"default": "viewer"}))
    people.close()
    again = SqlPeopleStore(str(path))
    assert [one.name for one in again.people()] == ["ann"]
    again.close()


def test_the_first_revision_opens_and_goes_on(first: Path) -> None:
    state = SqlState(str(first))
    assert state.projects() == [{"name": "default", "created_ns": 1_700_000_000_000_000_000}]
    assert state.key_by_hash("d" * 64) is not None
    assert state.setting("redaction.key") == "00ff"
    assert state.retention("default") == Retention()
    state.set_retention("default", Retention(bodies=7))
    state.close()
    again = SqlState(str(first))
    assert again.retention("default") == Retention(bodies=7)
    assert again.erasures() == []
    with pytest.raises(Unauthorised):
        Keyring(again).grant("Bearer x")
    again.close()


def test_an_upgraded_store_has_the_tables_of_a_new_one(earlier: Path, tmp_path: Path) -> None:
    SqlState(str(earlier)).close()
    SqlState(str(tmp_path / "new.sqlite")).close()
    assert columns(earlier) == columns(tmp_path / "new.sqlite")
    assert set(columns(earlier)) == {*METADATA.tables, "alembic_version"}


def columns(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as con:
        tables = [row[0] for row in con.execute("select name from sqlite_master where type = 'table'")]
        return {name: con.execute(f"pragma table_info({name})").fetchall() for name in tables}


def test_the_newest_revision_is_the_one_that_the_store_asks_for() -> None:
    config = Config()
    config.set_main_option("script_location", "trimtab.adapters.sql_state:migrations")
    assert alembic.script.ScriptDirectory.from_config(config).get_current_head() == HEAD
