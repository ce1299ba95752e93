"""The shop's agent in frameworks that are no development dependency: the same spans, decisions and effects as in plain Python."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from tests.support.environments import environment

ROOT = Path(__file__).parents[2]
TELLING = Path(__file__).parent / "programs" / "shop_told.py"
OURS = ("orjson", "pyyaml", "jsonschema-rs")
FRAMEWORKS = {"llama_index": ("llama-index-core==0.14.25",)}


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_same_as_in_plain_python(framework: str) -> None:
    programs = environment(f"shop-{framework}", (*FRAMEWORKS[framework], *OURS))
    done = subprocess.run(
        [programs / "python", TELLING, f"with_{framework}"],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "DO_NOT_TRACK": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    tasks = json.loads(done.stdout.splitlines()[-1])
    assert len(tasks) == 18
    for mode, question, plain, other in tasks:
        assert other == plain, (mode, question)
