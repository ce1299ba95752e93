"""OpenTelemetry's GenAI conventions in their three eras: attributes, and every field of the step that they fill."""

import json
from typing import Any

import pytest
from tests.support.spans import step_of, told_by

from trimtab.vocabulary.trace.dialects.conversation import prompt, tools

RULES = "Answer in one line."
SEARCH = {"name": "search", "description": "Look it up", "parameters": {"type": "object"}}
GIVEN = [
    {"role": "system", "parts": [{"type": "text", "content": RULES}]},
    {"role": "user", "parts": [{"type": "text", "content": "Where is my parcel?"}]},
]
MADE: list[dict[str, Any]] = [
    {"role": "assistant", "parts": [{"type": "tool_call", "name": "search", "arguments": {}}]}
]
LLM = {
    "kind": "llm",
    "provider": "openai",
    "model": "m-2",
    "model_requested": "m",
    "input_tokens": 120,
    "output_tokens": 7,
}
CALL = {"messages": 3, "user_messages": 1, "tool_calls": 1, "prompt_hash": prompt(RULES)}

GOLDEN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "era A, plain renames": (
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.system": "az.ai.openai",
            "gen_ai.request.model": "m",
            "gen_ai.response.model": "m-2",
            "gen_ai.usage.prompt_tokens": 120,
            "gen_ai.usage.completion_tokens": 7,
            "gen_ai.usage.cache_read_input_tokens": 20,
            "gen_ai.usage.total_tokens": 127,
            "gen_ai.openai.response.system_fingerprint": "fp",
        },
        LLM
        | {
            "provider": "azure.ai.openai",
            "cache_read_tokens": 20,
            "usage_basis": "reported",
            "system_fingerprint": "fp",
            "dialect": "gen_ai_early",
        },
    ),
    "era A, messages by index": (
        {
            "gen_ai.system": "openai",
            "gen_ai.request.model": "m",
            "gen_ai.prompt.0.role": "system",
            "gen_ai.prompt.0.content": RULES,
            "gen_ai.prompt.1.role": "user",
            "gen_ai.prompt.1.content": "Where is my parcel?",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.finish_reason": "tool_calls",
            "gen_ai.completion.0.tool_calls.0.id": "c1",
            "gen_ai.completion.0.tool_calls.0.name": "search",
        },
        CALL
        | {
            "kind": "llm",
            "provider": "openai",
            "model": "m",
            "model_requested": "m",
            "finish": "tool_call",
            "dialect": "gen_ai_early",
        },
    ),
    "era A, messages as one JSON text": (
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.system": "openai",
            "gen_ai.prompt": json.dumps(
                [{"role": "system", "content": RULES}, {"role": "user", "content": "Where is my parcel?"}]
            ),
            "gen_ai.completion": json.dumps(
                {"choices": [{"message": {"role": "assistant", "tool_calls": [{"id": "c1"}]}}]}
            ),
        },
        CALL | {"kind": "llm", "provider": "openai", "dialect": "gen_ai_early"},
    ),
    "era A, events gathered by Logfire": (
        {
            "gen_ai.system": "openai",
            "gen_ai.request.model": "m",
            "events": json.dumps(
                [
                    {"event.name": "gen_ai.system.message", "role": "system", "content": RULES},
                    {"event.name": "gen_ai.user.message", "role": "user", "content": "Where?"},
                    {
                        "event.name": "gen_ai.choice",
                        "index": 0,
                        "message": {"role": "assistant", "tool_calls": [{"id": "c1"}]},
                    },
                ]
            ),
        },
        CALL
        | {
            "kind": "llm",
            "provider": "openai",
            "model": "m",
            "model_requested": "m",
            "dialect": "gen_ai_early",
        },
    ),
    "era B": (
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "m",
            "gen_ai.response.model": "m-2",
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.output_tokens": 7,
            "gen_ai.usage.cache_creation.input_tokens": 9,
            "gen_ai.input.messages": json.dumps(GIVEN),
            "gen_ai.output.messages": json.dumps(MADE),
            "gen_ai.tool.definitions": json.dumps([{"type": "function"} | SEARCH]),
        },
        LLM
        | CALL
        | {
            "cache_write_tokens": 9,
            "usage_basis": "assumed",
            "tools_hash": tools([SEARCH]),
            "dialect": "gen_ai",
        },
    ),
    "era C, the newer spelling wins": (
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.system": "someone else",
            "gen_ai.request.model": "m",
            "gen_ai.response.model": "m-2",
            "gen_ai.usage.prompt_tokens": 1,
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.text.input_tokens": 100,
            "gen_ai.usage.output_tokens": 7,
            "gen_ai.usage.cache_creation.input_tokens": 1,
            "gen_ai.usage.cache_write.input_tokens": 9,
            "gen_ai.prompt.name": "parcel",
            "gen_ai.prompt.version": "4",
            "gen_ai.system_instructions": [{"type": "text", "content": RULES}],
        },
        LLM
        | {
            "cache_write_tokens": 9,
            "usage_basis": "assumed",
            "prompt_name": "parcel",
            "prompt_version": "4",
            "prompt_hash": prompt(RULES),
            "dialect": "gen_ai",
        },
    ),
    "an agent repeats the calls within it": (
        {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": "helper",
            "gen_ai.input.messages": GIVEN,
            "gen_ai.output.messages": MADE,
        },
        {
            "kind": "agent",
            "own_agent": "helper",
            "messages": 3,
            "user_messages": 1,
            "prompt_hash": prompt(RULES),
            "dialect": "gen_ai",
        },
    ),
    "era C, plan": ({"gen_ai.operation.name": "plan"}, {"kind": "plan"}),
    "era C, memory": ({"gen_ai.operation.name": "search_memory"}, {"kind": "memory"}),
    "era C, memory by its attributes": ({"gen_ai.memory.store.id": "s"}, {"kind": "memory"}),
    "era C, retrieval by its attributes": ({"gen_ai.retrieval.top_k": 4}, {"kind": "retrieve"}),
    "a guardrail, as proposed": (
        {"gen_ai.operation.name": "run_guardrail", "gen_ai.security.verdict.type": "deny"},
        {"kind": "guardrail"},
    ),
    "a guardrail, as proposed before": ({"gen_ai.operation.name": "apply_guardrail"}, {"kind": "guardrail"}),
    "an evaluation by its attributes": (
        {"gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 0.5},
        {"kind": "evaluation"},
    ),
    "a score on the model call that it speaks of": (
        {"gen_ai.evaluation.name": "relevance", "gen_ai.request.model": "m"},
        {"kind": "llm", "model": "m", "model_requested": "m", "dialect": "gen_ai"},
    ),
}


@pytest.mark.parametrize("case", GOLDEN)
def test_each_era_fills_its_fields_and_no_other(case: str) -> None:
    attributes, expected = GOLDEN[case]
    assert told_by(step_of(attributes)) == expected
