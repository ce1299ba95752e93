"""The demonstration as a newcomer meets it: one command, one link, three clicks in a real browser, Ctrl-C."""

import json
import re
import signal
import subprocess
from pathlib import Path

import pytest
from tests.support.console import NEEDED
from tests.support.environments import environment
from tests.support.server import TRIMTAB

pytestmark = [pytest.mark.full, pytest.mark.timeout(400)]
CLICKS = Path(__file__).parents[1] / "support" / "clicks.py"


def test_the_bad_prompt_is_three_clicks_from_home(tmp_path: Path) -> None:
    command = [TRIMTAB, "demo"]
    env = {"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        assert run.stdout is not None
        link = next(found[0] for line in run.stdout if (found := re.search(r"http://\S+/demo/\S+", line)))
        python = environment("browser", NEEDED) / "python"
        done = subprocess.run(
            [python, CLICKS], input=json.dumps({"link": link}), capture_output=True, text=True, timeout=280
        )
        run.send_signal(signal.SIGINT)
        said = run.stdout.read()
        assert run.wait(30) == 0, said
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["complaints"] == []
    assert "Customers get what they asked for: the promise of 0.95 is at risk" in found["home"]
    assert re.search(r"burns \d+\.\d+x in 1 h", found["home"])
    assert "prompt shop-support 8" in found["objective"]
    assert "tell them at once that their wish is taken care of" in found["change"]
    assert "only then say that it is done" in found["change"]
    assert re.search(r"\d+ sessions", found["sessions"])
    assert "/sign-in" in found["again"], "the link lets in once"
    assert list(tmp_path.iterdir()) == [], "the data is removed"
    assert "leaked" not in said
