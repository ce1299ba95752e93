"""The name of a span is the name of a tool, or of an agent, where nothing else names it."""

from typing import Any

import pytest
from tests.support.spans import PLACE, step_of

from trimtab.vocabulary.trace import RawSpan, normalise, shared_by

TOOL = {"langfuse.observation.type": "tool"}


@pytest.mark.parametrize(
    ("attributes", "name", "tool"),
    [
        (TOOL, "search_orders", "search_orders"),
        ({"openinference.span.kind": "TOOL"}, "search_orders", "search_orders"),
        ({"mlflow.spanType": '"TOOL"'}, "search_orders", "search_orders"),
        ({"gen_ai.operation.name": "execute_tool"}, "execute_tool search_orders", "search_orders"),
        ({"gen_ai.operation.name": "execute_tool"}, "execute_tool", ""),
        ({"mcp.method.name": "tools/call"}, "tools/call search_orders", "search_orders"),
        (TOOL | {"gen_ai.tool.name": "search"}, "search_orders", "search"),
        ({"mlflow.spanType": '"TOOL"', "mlflow.spanFunctionName": '"search"'}, "span", "search"),
        ({"langfuse.observation.type": "generation"}, "search_orders", ""),
        ({}, "search_orders", ""),
    ],
)
def test_a_tool_that_nothing_names_is_called_as_its_span(
    attributes: dict[str, Any], name: str, tool: str
) -> None:
    assert step_of(attributes, name=name).tool == tool


def test_a_tool_known_by_its_span_hands_over_as_any_other() -> None:
    assert step_of(TOOL, name="transfer_to_billing").handoff == "billing"


@pytest.mark.parametrize(
    ("attributes", "agent"),
    [
        ({"langfuse.observation.type": "agent"}, "shopper"),
        ({"mlflow.spanType": '"AGENT"'}, "shopper"),
        ({"langfuse.observation.type": "agent", "gen_ai.agent.name": "desk"}, "desk"),
        ({"langfuse.observation.type": "chain"}, ""),
        ({"gen_ai.operation.name": "invoke_agent"}, ""),
        ({"ai.operationId": "ai.generateText"}, ""),
    ],
)
def test_an_agent_of_langfuse_and_mlflow_is_called_as_its_span(
    attributes: dict[str, Any], agent: str
) -> None:
    assert step_of(attributes, name="shopper").own_agent == agent


def test_the_resource_knows_an_agent_better_than_the_name_of_a_span() -> None:
    attributes = {"langfuse.observation.type": "agent"}
    span = RawSpan(b"\1" * 16, 1, 0, "run", 5, 9, 0, "", attributes, [], 7)
    assert normalise(span, shared_by({"trimtab.agent": "desk"}, PLACE), 0).own_agent == "desk"
