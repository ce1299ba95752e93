"""The demonstration in a server that runs, and in a folder that is kept: never mixed with what is there, and never left half."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.support.bodies import good
from tests.support.server import TRIMTAB, free_port, serving

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]
TOTAL = "select count(*) from sessions"


def demo(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TRIMTAB, "demo", *words], capture_output=True, text=True, timeout=120, env=os.environ | env
    )


def test_into_a_server_that_runs(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as served:
        assert served.send(good(1, 20)).status == 200
        served.settle()
        before = served.query(TOTAL)
        keys = [TRIMTAB, "keys", "create", "--data", str(served.data), "--scopes", "ingest,read,edit"]
        other, key = (
            subprocess.run(
                [*keys, "--project", name], capture_output=True, text=True, check=True
            ).stdout.split()[0]
            for name in ("default", "demo")
        )
        url = f"http://127.0.0.1:{served.port}"
        for wrong, says in ((other, "not for the project demo"), (served.key, "this key is good for all")):
            refused = demo("--into", url, "--key", wrong)
            assert refused.returncode == 2
            assert says in refused.stderr
        told = demo("--into", url, "--key", key, TRIMTAB_CONTRACT="/nowhere", OTEL_SDK_DISABLED="true")
        assert told.returncode == 0, told.stderr
        served.settle()
        assert served.query(TOTAL) == before
        served.key = key
        assert served.query(TOTAL) == [[2100]]
        again = demo("--into", url, "--key", key)
        assert again.returncode == 2
        assert "holds sessions already" in again.stderr


def test_ctrl_c_in_the_middle_leaves_nothing_running(tmp_path: Path) -> None:
    env = os.environ | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [TRIMTAB, "demo"], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        assert run.stdout is not None
        assert any("of 2100 sessions" in line for line in run.stdout)
        run.send_signal(signal.SIGINT)
        said = run.stdout.read()
        assert run.wait(60) == 0, said
    assert list(tmp_path.iterdir()) == []
    assert "Traceback" not in said


def test_a_folder_that_is_kept_is_looked_at_again(tmp_path: Path) -> None:
    links: list[str] = []
    for _ in range(2):
        words = ["--data", str(tmp_path / "kept"), "--port", str(free_port())]
        began = time.monotonic()
        with subprocess.Popen(
            [TRIMTAB, "demo", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as run:
            assert run.stdout is not None
            links.append(next(m[0] for line in run.stdout if (m := re.search(r"http://\S+/demo/\S+", line))))
            took = time.monotonic() - began
            run.send_signal(signal.SIGINT)
            assert run.wait(60) == 0
    assert took < 60
    assert links[0] != links[1]
    assert (tmp_path / "kept" / "journal").is_dir()
