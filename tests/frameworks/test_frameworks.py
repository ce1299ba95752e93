"""Real frameworks, each in an environment of its own, against a model of our own: what leaves them arrives as it was.

Every program asks where a parcel is; the model calls the tool `track` once, then answers.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.environments import environment
from tests.support.model import answering, tool_first
from tests.support.server import HOST, Served, serving

PROGRAMS = Path(__file__).parent / "programs"
EXPORTER = "opentelemetry-exporter-otlp-proto-http==1.45.2"
TIMEOUT_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """A program, what it needs, and what is peculiar to it: its dialect, and what it does not tell."""

    program: str
    packages: tuple[str, ...]
    dialect: str
    model: str = "m-2"
    provider: str = "openai"
    agent: str = "parcels"
    tool_calls: int = 1
    finish: tuple[str, str] = ("tool_call", "stop")


FRAMEWORKS = (
    Framework(program="pydantic_ai", packages=("pydantic-ai-slim[openai]==2.68.0",), dialect="gen_ai"),
    Framework(
        program="langchain",
        packages=(
            "langchain==1.4.7",
            "langchain-openai==1.7.3",
            "openinference-instrumentation-langchain==0.1.80",
        ),
        dialect="openinference",
    ),
    # Neither the model that answered nor why it ended is told.
    Framework(
        program="openai_agents",
        packages=("openai-agents==0.24.0", "openinference-instrumentation-openai-agents==2.6.0"),
        dialect="openinference",
        model="m",
        finish=("", ""),
    ),
    # A bare client: no agent, and the tool has no span.
    Framework(
        program="anthropic_client",
        packages=("anthropic==2.12.0", "opentelemetry-instrumentation-anthropic==0.62.4"),
        dialect="gen_ai",
        provider="anthropic",
        agent="",
        tool_calls=0,
    ),
    # What was said is in the log: the answers' calls, too.
    Framework(
        program="openai_v2",
        packages=(
            "openai==2.6.1",
            "opentelemetry-instrumentation-openai-v2==2.4b0",
            "opentelemetry-util-genai==0.4b0",
        ),
        dialect="gen_ai_early",
        agent="",
        tool_calls=0,
    ),
    Framework(
        program="langfuse_sdk",
        packages=("langfuse==5.0.4", "openai==3.54.0"),
        dialect="langfuse",
        provider="",
        finish=("", ""),
    ),
)
MCP = ("mcp==1.30.0", "opentelemetry-instrumentation-mcp==0.62.4")


def run(server: Served, program: str, packages: tuple[str, ...]) -> None:
    """Run a program in its environment; it sends to the server what it tells of itself."""
    programs = environment(f"with-{program}", [*packages, EXPORTER])
    with answering(tool_first) as address:
        env = {
            "MODEL_URL": address,
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{HOST}:{server.port}",
            "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer%20{server.key}",
            "DO_NOT_TRACK": "1",
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true",
        }
        done = subprocess.run(
            [programs / "python", PROGRAMS / f"with_{program}.py"],
            env=os.environ | env,
            check=False,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    server.settle()


def rows(server: Served, columns: str, kind: str) -> list[list[Any]]:
    """Columns of the steps of a kind, each call once, in the order of time."""
    return server.query(
        f"select {columns} from steps where kind = '{kind}' and not repeated order by start_ns"
    )


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda framework: framework.program)
def test_a_run_arrives_as_it_was(framework: Framework, tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        run(server, framework.program, framework.packages)
        calls = rows(server, "dialect, provider, model, agent, input_tokens, output_tokens, error", "llm")
        told = [framework.dialect, framework.provider, framework.model, framework.agent, 120, 7, False]
        assert calls == [told, told]
        assert rows(server, "finish, tool_calls", "llm") == [
            [framework.finish[0], 1],
            [framework.finish[1], 0],
        ]
        tools = rows(server, "tool, agent, error", "tool")
        assert tools == [["track", framework.agent, False]] * framework.tool_calls
        sessions = server.query(
            "select sum(llm_calls), sum(tool_calls), sum(input_tokens), sum(errors) from sessions"
        )
        assert sessions == [[2, framework.tool_calls, 240, 0]]


@pytest.mark.full
@pytest.mark.timeout(900)
def test_a_call_over_mcp_is_one_call_of_its_agent(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        run(server, "mcp_client", MCP)
        assert rows(server, "tool, agent, error", "tool") == [["track", "parcels", False]]


@pytest.mark.full
@pytest.mark.timeout(900)
def test_what_a_framework_logs_is_read_as_what_its_spans_say(tmp_path: Path) -> None:
    framework = next(found for found in FRAMEWORKS if found.program == "openai_v2")
    with serving(tmp_path / "data") as server:
        run(server, framework.program, framework.packages)
        assert rows(server, "messages, user_messages, tool_calls", "llm") == [[3, 1, 1], [5, 1, 0]]
        prompts = rows(server, "prompt_hash", "llm")
        assert prompts[0] == prompts[1] != [""]
