"""Schemathesis, in an environment of its own, sends what the description of the API allows and what it does not: never a fault of ours."""

import re
import subprocess
from pathlib import Path

import pytest
from tests.support.bodies import good
from tests.support.environments import environment
from tests.support.server import HOST, serving

from trimtab.app.http.api import OPERATIONS

VERSION = "schemathesis==4.32.5"
OWNERS = "/api/v1/(backup|rebuild|retention/run)$"
"""Paths for the owner alone: they copy or rewrite the store, and a folder on this machine is no place for made-up names."""


@pytest.mark.full
@pytest.mark.timeout(900)
def test_schemathesis_finds_no_fault_of_ours(tmp_path: Path) -> None:
    program = environment("schemathesis", [VERSION]) / "schemathesis"
    with serving(tmp_path / "data", env={"TRIMTAB_REACH": "", "TRIMTAB_REQUESTS_PER_S": "0"}) as served:
        assert served.send(good(1, 20)).status == 200
        served.settle()
        done = subprocess.run(
            [
                program,
                "run",
                f"http://{HOST}:{served.port}/api/v1/openapi.json",
                *("--header", f"Authorization: Bearer {served.key}"),
                *("--checks", "not_a_server_error"),
                *("--phases", "examples,coverage,fuzzing"),
                *("--max-examples", "10"),
                *("--seed", "7"),
                *("--exclude-path-regex", OWNERS),
                "--no-color",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=800,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        assert "Traceback" not in served.log.read_text()
        tested, sent = (
            int(found.group(1)) if (found := re.search(pattern, done.stdout)) else 0
            for pattern in (r"Tested: (\d+)", r"(\d+) generated, \d+ passed")
        )
        assert tested == len(OPERATIONS) - 3
        assert sent > 1000
