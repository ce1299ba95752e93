"""A server that is asked to stop closes its store: nothing is left to replay, no address of nobody."""

import signal
from pathlib import Path

import pytest
from tests.support.bodies import good
from tests.support.server import Served

pytestmark = pytest.mark.full


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_closes_the_store(tmp_path: Path, number: signal.Signals) -> None:
    served = Served(tmp_path / "data")
    served.start()
    assert served.send(good(1)).status == 200
    served.settle()
    assert served.end(number) >= 0
    assert not (served.data / "server.json").exists()
    assert not (served.data / "analytics.duckdb.wal").exists()
