"""kill -9 at every step between the evaluation of a rule and the delivery of its page: it is sent, under one key."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.promising import NOW_NS
from tests.support.receivers import Inbox, http_inbox

LATER_NS = 600_000_000_000


def run(data: Path, url: str, now_ns: int, at: int) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).resolve().parents[2]
    program = [sys.executable, "-m", "tests.full.paging", data, url, str(now_ns), str(at)]
    return subprocess.run(
        [str(part) for part in program],
        cwd=root,
        env=os.environ | {"PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_a_page_is_sent_wherever_the_server_is_killed(tmp_path: Path) -> None:
    with http_inbox() as inbox:
        whole = run(tmp_path / "whole", inbox.url, NOW_NS, 0)
        assert whole.returncode == 0, whole.stderr[-2000:]
        moments = int(whole.stdout.split()[-1])
        assert moments >= 12
        assert pages(inbox) == 1, "without a kill exactly one page"
    killed = 0
    for at in range(1, moments + 1):
        data = tmp_path / f"at-{at}"
        with http_inbox() as inbox:
            first = run(data, inbox.url, NOW_NS, at)
            killed += first.returncode == -9
            again = run(data, inbox.url, NOW_NS + LATER_NS + 600_000_000_000, 0)
            assert again.returncode == 0, again.stderr[-2000:]
            assert pages(inbox) >= 1, f"killed at {at}: nobody was told"
            keys = {one.json["groupKey"] for one in inbox.taken}
            assert len(keys) == 1, f"killed at {at}: {keys}"
        shutil.rmtree(data)
    assert killed >= 12


def pages(inbox: Inbox) -> int:
    """How many messages told of the page."""
    return sum('"page"' in one.body.decode() for one in inbox.taken)
