"""A server for the tests of its doors: one for each module, in this process."""

import itertools
from collections.abc import Generator

import pytest
from tests.support.bodies import good
from tests.support.server import Inside, inside

FIRST = 7 << 56
"""Numbers of the spans that show that the server still lives: nobody else's."""

DONE = pytest.StashKey[int]()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Generator[Inside]:
    """A server of this process, with the limits of a real one."""
    with inside(tmp_path_factory.mktemp("server") / "data") as found:
        yield found


@pytest.fixture(scope="module")
def heartbeats(door: Inside) -> Generator["itertools.count[int]"]:
    """The spans sent after each test of a module: in the end every one of them is counted."""
    numbers = itertools.count(FIRST)
    yield numbers
    assert door.send(good(next(numbers))).status_code == 200
    sent = next(numbers) - FIRST
    assert door.query(f"select count(*) from steps where span_id >= {FIRST}") == [[sent]]
    assert door.server.applier.skipped == 0, "a body was taken and then could not be decoded"


@pytest.fixture(autouse=True)
def alive(
    door: Inside, heartbeats: "itertools.count[int]", request: pytest.FixtureRequest
) -> Generator[None]:
    """After whatever a test does the server answers; a good body is taken after every one (here: after every eighth)."""
    yield
    assert door.request("GET", "/healthz").status_code == 200
    assert door.server.applier._thread.is_alive(), "nothing will be applied any more"
    request.node.session.stash[DONE] = done = request.node.session.stash.get(DONE, 0) + 1
    if not request.config.getoption("markexpr") or done % 8 == 0:
        assert door.send(good(next(heartbeats))).status_code == 200
