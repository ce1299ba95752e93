"""Dialects of agent frameworks and protocols: attributes, and every field of the step that they fill."""

import json
from typing import Any

import pytest
from tests.support.spans import step_of, told_by

from trimtab.vocabulary.trace.dialects.conversation import prompt, tools
from trimtab.vocabulary.trace.dialects.reading import fingerprint

RULES = "Answer in one line."
SEARCH: dict[str, Any] = {
    "name": "search",
    "description": "Look it up",
    "parameters": {"type": "object"},
}
CALL = {"messages": 3, "user_messages": 1, "tool_calls": 1, "prompt_hash": prompt(RULES)}
USED = {"input_tokens": 120, "output_tokens": 7, "cache_read_tokens": 20, "reasoning_tokens": 3}
Table = dict[str, tuple[dict[str, Any], dict[str, Any]]]


def serialised(name: str, **said: Any) -> dict[str, Any]:
    """A message as LangChain writes it."""
    return {
        "lc": 1,
        "type": "constructor",
        "id": ["langchain", "schema", "messages", name],
        "kwargs": said,
    }


LANGSMITH: Table = {
    "a model call": (
        {
            "langsmith.span.kind": "llm",
            "langsmith.trace.name": "ChatOpenAI",
            "langsmith.trace.session_id": "the tracing project",
            "langsmith.metadata.thread_id": "s1",
            "langsmith.metadata.user_id": "u1",
            "langsmith.metadata.ls_provider": "openai",
            "langsmith.metadata.ls_model_name": "m",
            "gen_ai.operation.name": "chat",
            "gen_ai.system": "langchain",
            "gen_ai.request.model": "m",
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.output_tokens": 7,
            "gen_ai.usage.total_tokens": 127,
            "gen_ai.usage.input_token_details": "{'audio': 0, 'cache_read': 20}",
            "gen_ai.usage.output_token_details": '{"reasoning": 3}',
            "gen_ai.prompt": json.dumps(
                {
                    "messages": [
                        [
                            serialised("SystemMessage", content=RULES),
                            serialised("HumanMessage", content="Where is my parcel?"),
                        ]
                    ]
                }
            ),
            "gen_ai.completion": json.dumps(
                {
                    "generations": [
                        [
                            {
                                "text": "",
                                "message": serialised(
                                    "AIMessage", content="", tool_calls=[{"name": "search", "args": {}}]
                                ),
                            }
                        ]
                    ]
                }
            ),
        },
        CALL
        | USED
        | {
            "kind": "llm",
            "own_session": "s1",
            "user": "u1",
            "provider": "openai",
            "model": "m",
            "model_requested": "m",
            "usage_basis": "reported",
            "dialect": "langsmith",
        },
    ),
    "a retriever, whatever the operation says": (
        {"langsmith.span.kind": "retriever", "gen_ai.operation.name": "embeddings"},
        {"kind": "retrieve", "dialect": "langsmith"},
    ),
    "a prompt, whatever the operation says": (
        {
            "langsmith.span.kind": "prompt",
            "gen_ai.operation.name": "chat",
            "gen_ai.system": "langchain",
            "gen_ai.prompt": json.dumps({"messages": [{"role": "user", "content": "Where?"}]}),
            "gen_ai.completion": json.dumps({"messages": [{"role": "assistant", "tool_calls": [{"id": 1}]}]}),
        },
        {"kind": "prompt", "dialect": "langsmith"},
    ),
    "a chain keeps the conversation of the calls within it to them": (
        {
            "langsmith.span.kind": "chain",
            "gen_ai.operation.name": "chain",
            "gen_ai.system": "langchain",
            "gen_ai.prompt": json.dumps({"messages": [{"role": "user", "content": "Where?"}]}),
        },
        {"kind": "workflow", "dialect": "langsmith"},
    ),
    "a tool": (
        {"langsmith.span.kind": "tool", "langsmith.trace.name": "search"},
        {"kind": "tool", "tool": "search", "dialect": "langsmith"},
    ),
    "an agent by its name": (
        {"langsmith.span.kind": "chain", "langsmith.metadata.lc_agent_name": "helper"},
        {"kind": "workflow", "own_agent": "helper", "dialect": "langsmith"},
    ),
}
USAGE = {
    "prompt_token_count": 120,
    "candidates_token_count": 4,
    "thoughts_token_count": 3,
    "cached_content_token_count": 20,
    "total_token_count": 127,
}
ADK: Table = {
    "a model call": (
        {
            "gen_ai.system": "gcp.vertex.agent",
            "gen_ai.request.model": "m",
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.output_tokens": 4,
            "gcp.vertex.agent.invocation_id": "i1",
            "gcp.vertex.agent.session_id": "s1",
            "gcp.vertex.agent.llm_request": json.dumps(
                {
                    "model": "m",
                    "config": {
                        "system_instruction": RULES,
                        "tools": [{"function_declarations": [SEARCH]}],
                    },
                    "contents": [
                        {"role": "user", "parts": [{"text": "Where is my parcel?"}]},
                        {"role": "model", "parts": [{"function_call": {"name": "search"}}]},
                        {"role": "user", "parts": [{"function_response": {"name": "search"}}]},
                    ],
                }
            ),
            "gcp.vertex.agent.llm_response": json.dumps(
                {
                    "content": {"role": "model", "parts": [{"function_call": {"name": "search"}}]},
                    "finish_reason": "STOP",
                    "usage_metadata": USAGE,
                }
            ),
        },
        CALL
        | USED
        | {
            "kind": "llm",
            "own_session": "s1",
            "model": "m",
            "model_requested": "m",
            "messages": 4,
            "finish": "stop",
            "usage_basis": "reported",
            "tools_hash": tools([SEARCH]),
            "dialect": "adk",
        },
    ),
    "a model call whose content is not captured": (
        {"gcp.vertex.agent.llm_request": "{}", "gcp.vertex.agent.llm_response": "{}"}
        | {"gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 5},
        {
            "kind": "llm",
            "model": "m",
            "model_requested": "m",
            "input_tokens": 5,
            "usage_basis": "assumed",
            "dialect": "adk",
        },
    ),
    "a tool": (
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "search",
            "gcp.vertex.agent.llm_request": "{}",
            "gcp.vertex.agent.tool_call_args": "{}",
            "gcp.vertex.agent.tool_response": "{}",
        },
        {"kind": "tool", "tool": "search", "dialect": "adk"},
    ),
    "the sum of parallel tool calls is none": (
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "(merged tools)",
            "gcp.vertex.agent.tool_call_args": "N/A",
        },
        {"tool": "(merged tools)", "dialect": "adk"},
    ),
    "an agent": (
        {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": "helper",
            "gen_ai.conversation.id": "s1",
        },
        {"kind": "agent", "own_agent": "helper", "own_session": "s1", "dialect": "gen_ai"},
    ),
}
MICROSOFT: Table = {
    "a task that succeeded": (
        {"agent.span.kind": "AGENT_TASK", "agent.did": "did:mesh:1", "agent.task.success": True},
        {"kind": "agent", "own_agent": "did:mesh:1", "outcome": "success", "dialect": "microsoft"},
    ),
    "a task that failed": (
        {"agent.span.kind": "AGENT_TASK", "agent.task.success": False},
        {"kind": "agent", "outcome": "failure", "dialect": "microsoft"},
    ),
    "a task that says nothing of success": (
        {"agent.span.kind": "AGENT_TASK"},
        {"kind": "agent", "dialect": "microsoft"},
    ),
    "a tool": (
        {"agent.span.kind": "TOOL_CALL", "agent.tool.name": "search"},
        {"kind": "tool", "tool": "search", "dialect": "microsoft"},
    ),
    "a model call": (
        {
            "agent.span.kind": "LLM_INFERENCE",
            "agent.model.name": "m",
            "agent.model.provider": "azure-openai",
        },
        {
            "kind": "llm",
            "model": "m",
            "model_requested": "m",
            "provider": "azure.ai.openai",
            "dialect": "microsoft",
        },
    ),
    "a policy": (
        {"agent.span.kind": "POLICY_CHECK", "agent.policy.decision": "deny"},
        {"kind": "guardrail", "dialect": "microsoft"},
    ),
    "a delegation": (
        {"agent.span.kind": "DELEGATION", "agent.delegation.from": "a", "agent.delegation.to": "b"},
        {"own_agent": "a", "handoff": "b", "dialect": "microsoft"},
    ),
    "Semantic Kernel": (
        {
            "gen_ai.operation.name": "text_completions",
            "gen_ai.system": "openai",
            "sk.available_functions": "a-b,a-c",
        },
        {
            "kind": "llm",
            "provider": "openai",
            "tools_hash": fingerprint("a-b,a-c"),
            "dialect": "gen_ai_early",
        },
    ),
    "the Agent Framework": (
        {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.provider.name": "microsoft.agent_framework",
            "gen_ai.agent.name": "helper",
            "agent_framework.function.invocation.duration": 0.1,
        },
        {"kind": "agent", "own_agent": "helper", "dialect": "gen_ai"},
    ),
}
MCP: Table = {
    "a tool call": (
        {
            "mcp.method.name": "tools/call",
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "search",
            "mcp.session.id": "a connection",
        },
        {"kind": "tool", "tool": "search", "dialect": "mcp"},
    ),
    "a tool call by the protocol's words alone": (
        {"mcp.method.name": "tools/call", "mcp.tool.name": "search"},
        {"kind": "tool", "tool": "search", "dialect": "mcp"},
    ),
    "a tool that answered with an error": (
        {"mcp.method.name": "tools/call", "gen_ai.tool.name": "search", "error.type": "tool_error"},
        {
            "kind": "tool",
            "tool": "search",
            "error": True,
            "error_type": "tool_error",
            "error_class": "tool",
            "dialect": "mcp",
        },
    ),
    "a prompt": (
        {"mcp.method.name": "prompts/get", "gen_ai.prompt.name": "parcel"},
        {"kind": "prompt", "prompt_name": "parcel", "dialect": "mcp"},
    ),
    "what is no call": ({"mcp.method.name": "tools/list"}, {"dialect": "mcp"}),
}
GOLDEN = {
    f"{name}: {case}": said
    for name, table in (
        ("LangSmith", LANGSMITH),
        ("ADK", ADK),
        ("Microsoft", MICROSOFT),
        ("MCP", MCP),
    )
    for case, said in table.items()
}


@pytest.mark.parametrize("case", GOLDEN)
def test_each_dialect_fills_its_fields_and_no_other(case: str) -> None:
    attributes, expected = GOLDEN[case]
    assert told_by(step_of(attributes)) == expected
