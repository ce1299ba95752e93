"""The conformance suite of MCP against the gateway's HTTP door, with a contract and a server behind it.

tests/full/mcp_conformance.json says which scenarios pass, and why the others are none for a gateway of tools.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.environments import node_packages
from tests.support.mcp.gateways import PATIENCE_S, written
from tests.support.server import TRIMTAB

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]
SUITE = "@modelcontextprotocol/conformance@0.1.16"
EVERYTHING = Path(__file__).parents[1] / "support" / "mcp" / "everything.py"
EXPECTED: dict[str, Any] = json.loads(Path(__file__).with_name("mcp_conformance.json").read_bytes())
TOOLS = [
    "test_simple_text",
    "test_image_content",
    "test_audio_content",
    "test_embedded_resource",
    "test_multiple_content_types",
    "test_error_handling",
    "test_tool_with_progress",
    "json_schema_2020_12_tool",
]
RESULT = re.compile(r"^. ([a-z0-9-]+): (\d+) passed, (\d+) failed", re.MULTILINE)


@pytest.fixture(scope="session")
def suite() -> list[str]:
    """The command of the suite, in an environment of its own."""
    node, modules = node_packages("mcp-conformance", [SUITE])
    return [str(node), str(modules / "@modelcontextprotocol" / "conformance" / "dist" / "index.js")]


def test_the_door_conforms_where_it_applies(tmp_path: Path, suite: list[str]) -> None:
    servers = {"everything": {"command": [sys.executable, str(EVERYTHING)]}}
    tools = {name: {"effect": "read"} for name in TOOLS}
    path = written(tmp_path, tools, servers, listen={"port": 0})
    env = os.environ | {"XDG_STATE_HOME": str(tmp_path / "state")}
    with subprocess.Popen(
        [TRIMTAB, "mcp-gateway", "--config", str(path)], stderr=subprocess.PIPE, text=True, env=env
    ) as process:
        try:
            assert process.stderr is not None
            url = next(line for line in process.stderr if "listening" in line).split()[-1]
            command = [*suite, "server", "--url", url, "--suite", "all"]
            said = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=tmp_path).stdout
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
    found = {name: int(fine) > 0 and int(failed) == 0 for name, fine, failed in RESULT.findall(said)}
    passed = {name for name, fine in found.items() if fine}
    assert passed == set(EXPECTED["passes"])
    assert found.keys() - passed == EXPECTED["does not apply"].keys()
