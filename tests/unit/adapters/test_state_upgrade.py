"""A state store of the previous release opens, keeps its rows and takes new ones."""

import sqlite3
from contextlib import closing
from pathlib import Path

import alembic.script
import pytest
from alembic.config import Config

from trimtab.adapters.sqlite_state import SqliteState
from trimtab.adapters.sqlite_state.state import HEAD
from trimtab.adapters.sqlite_state.tables import METADATA
from trimtab.loop.store import Keyring, Retention
from trimtab.vocabulary.kernel import Unauthorised

DUMP = Path(__file__).with_name("state_0001.sql")


@pytest.fixture
def previous(tmp_path: Path) -> Path:
    """A store as revision 0001 wrote it."""
    path = tmp_path / "state.sqlite"
    with closing(sqlite3.connect(path)) as con:
        con.executescript(DUMP.read_text(encoding="utf-8"))
    return path


def test_the_previous_revision_opens_and_goes_on(previous: Path) -> None:
    state = SqliteState(str(previous))
    assert state.projects() == [{"name": "default", "created_ns": 1_700_000_000_000_000_000}]
    assert state.key_by_hash("d" * 64) is not None
    assert state.setting("redaction.key") == "00ff"
    assert state.retention("default") == Retention()
    state.set_retention("default", Retention(bodies=7))
    state.close()
    again = SqliteState(str(previous))
    assert again.retention("default") == Retention(bodies=7)
    assert again.erasures() == []
    with pytest.raises(Unauthorised):
        Keyring(again).grant("Bearer x")
    again.close()


def test_an_upgraded_store_has_the_tables_of_a_new_one(previous: Path, tmp_path: Path) -> None:
    SqliteState(str(previous)).close()
    SqliteState(str(tmp_path / "new.sqlite")).close()
    assert columns(previous) == columns(tmp_path / "new.sqlite")
    assert set(columns(previous)) == {*METADATA.tables, "alembic_version"}


def columns(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as con:
        tables = [row[0] for row in con.execute("select name from sqlite_master where type = 'table'")]
        return {name: con.execute(f"pragma table_info({name})").fetchall() for name in tables}


def test_the_newest_revision_is_the_one_that_the_store_asks_for() -> None:
    config = Config()
    config.set_main_option("script_location", "trimtab.adapters.sqlite_state:migrations")
    assert alembic.script.ScriptDirectory.from_config(config).get_current_head() == HEAD
