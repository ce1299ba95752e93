"""The URL of the state: what is read of it, and that no word of ours repeats it."""

from pathlib import Path

import pytest

from trimtab.adapters.sql_state import SqlState, place_of
from trimtab.app.settings import Settings
from trimtab.vocabulary.kernel import Invalid


@pytest.mark.parametrize("url", ["mysql://ann:hush@db/x", "postgresql://ann:hush@db:port/x", "://hush"])
def test_another_url_is_refused_without_its_words(url: str) -> None:
    with pytest.raises(Invalid) as raised:
        SqlState(url)
    assert raised.value.code == "state_url"
    assert "hush" not in f"{raised.value.message} {raised.value.hint} {raised.value.__cause__!r}"


def test_a_place_is_told_without_name_and_password() -> None:
    assert place_of("postgresql://ann:hush@db.example:5433/kept") == "PostgreSQL db.example:5433/kept"
    assert place_of("postgres://ann:hush@db/kept") == "PostgreSQL db/kept"
    assert place_of("/srv/state.sqlite") == "/srv/state.sqlite"


def test_settings_do_not_print_the_url() -> None:
    read = Settings.read({"TRIMTAB_STATE_URL": "postgresql://ann:hush@db/kept", "TRIMTAB_DATA": "x"})
    assert read.state_url == "postgresql://ann:hush@db/kept"
    assert "hush" not in repr(read)


def test_the_url_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql://db/kept\n", encoding="utf-8")
    assert Settings.read({"TRIMTAB_STATE_URL_FILE": str(file)}).state_url == "postgresql://db/kept"
    with pytest.raises(Invalid, match="cannot be read"):
        Settings.read({"TRIMTAB_STATE_URL_FILE": f"{file}.not"})
