"""The shop's agent in frameworks that are no development dependency: the same spans, decisions and effects as in plain Python."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.support.environments import environment

ROOT = Path(__file__).parents[2]
TELLING = Path(__file__).parent / "programs" / "shop_told.py"
OURS = ("orjson", "pyyaml", "jsonschema-rs")
FRAMEWORKS = {"llama_index": ("llama-index-core==0.14.25",), "crewai": ("crewai==1.15.30",)}
QUIET = {"DO_NOT_TRACK": "1", "CREWAI_DISABLE_TELEMETRY": "true", "OTEL_SDK_DISABLED": "true"}


def told(framework: str, program: Path, into: Path, *words: str) -> Any:
    """What a program writes as JSON, in the environment of a framework, whose threads print at their own time."""
    programs = environment(f"shop-{framework}", (*FRAMEWORKS[framework], *OURS))
    done = subprocess.run(
        [programs / "python", program, into, *words],
        env=os.environ | QUIET | {"PYTHONPATH": str(ROOT / "src")},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(into.read_text())


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_same_as_in_plain_python(framework: str, tmp_path: Path) -> None:
    tasks = told(framework, TELLING, tmp_path / "told.json", f"with_{framework}")
    assert len(tasks) == 18
    for mode, question, plain, other in tasks:
        assert other == plain, (mode, question)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_tools_of_crewai_in_all_their_shapes(tmp_path: Path) -> None:
    said, status = told("crewai", TELLING.with_name("crewai_tools.py"), tmp_path / "told.json")
    assert (said[0], said[2]) == ("wrote to ann", "looked at ann")
    assert "comes from model" in said[1]
    assert "comes from model" in said[3]
    assert status == ["succeeded", "refused", "succeeded", "refused"]
