"""A server that is asked to stop closes its store: nothing is left to replay, no address of nobody."""

import contextlib
import os
import signal
import time
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


def test_whoever_presses_ctrl_c_again_and_again_tears_nothing(tmp_path: Path) -> None:
    served = Served(tmp_path / "data")
    served.start()
    assert served.send(good(1, 200)).status == 200
    with contextlib.suppress(ProcessLookupError):
        for _ in range(200):
            os.killpg(served.pid, signal.SIGINT)
            time.sleep(0.01)
    assert served.end(signal.SIGINT) in (0, 130)
    assert "Traceback" not in served.log.read_text()
    assert not (served.data / "analytics.duckdb.wal").exists()
