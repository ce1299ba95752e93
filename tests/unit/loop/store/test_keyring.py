"""Keys that are checked: remembered for a moment, heard of from other servers, and through an outage of the state."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trimtab.adapters.sql_state import SqlState
from trimtab.loop.store import Keyring, create_key
from trimtab.vocabulary.kernel import Unauthorised, Unavailable, VirtualClock


class Shared(SqlState):
    """A state that another server writes too, counts questions, and may be away."""

    away = False
    asked = 0

    def key_by_hash(self, digest: str) -> dict[str, Any] | None:
        self.asked += 1
        if self.away:
            raise Unavailable("the state is away", hint="later")
        return super().key_by_hash(digest)


@pytest.fixture
def house(tmp_path: Path) -> Iterator["House"]:
    found = House(tmp_path)
    yield found
    found.state.close()


class House:
    """A keyring over such a state, and the seconds."""

    def __init__(self, folder: Path) -> None:
        self.state, self.now = Shared(str(folder / "state.sqlite")), 0.0
        self.ring = Keyring(self.state, lambda: self.now)
        self.id, key = create_key(self.state, VirtualClock(), "p", "k", ["read"])
        self.header = f"Bearer {key}"


def test_a_key_is_asked_for_once_in_a_while(house: House) -> None:
    for now in (0, 1, 4.9, 5, 9.9, 10):
        house.now = now
        assert house.ring.grant(house.header).project == "p"
    assert house.state.asked == 3


def test_what_another_server_revoked_is_refused_within_seconds(house: House) -> None:
    house.ring.grant(house.header)
    house.state.revoke_key(house.id, 1)
    house.now = 5.0
    with pytest.raises(Unauthorised):
        house.ring.grant(house.header)


def test_a_known_key_is_good_while_the_state_is_away_and_no_other(house: House) -> None:
    house.ring.grant(house.header)
    house.state.away = True
    for house.now in (6.0, 60.0, 600.0):
        assert house.ring.grant(house.header).scopes == {"read"}
    with pytest.raises(Unavailable):
        house.ring.grant("Bearer tt_other")
    house.state.away = False
    house.state.revoke_key(house.id, 1)
    house.now = 606.0
    with pytest.raises(Unauthorised):
        house.ring.grant(house.header)
