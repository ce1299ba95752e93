"""Dialects of tracing products: attributes, and every field of the step that they fill."""

import json
from typing import Any

import pytest
from tests.support.spans import step_of, told_by

from trimtab.vocabulary.trace.dialects.conversation import prompt, tools

RULES = "Answer in one line."
SEARCH = {"name": "search", "description": "Look it up", "parameters": {"type": "object"}}
OPENAI = {"type": "function", "function": SEARCH}
GIVEN = [{"role": "system", "content": RULES}, {"role": "user", "content": "Where is my parcel?"}]
MADE = {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "function": {"name": "search"}}]}
CALL = {
    "messages": 3,
    "user_messages": 1,
    "tool_calls": 1,
    "prompt_hash": prompt(RULES),
    "tools_hash": tools([SEARCH]),
}
Table = dict[str, tuple[dict[str, Any], dict[str, Any]]]

OPENLLMETRY: Table = {
    "a model call": (
        {
            "llm.request.type": "chat",
            "gen_ai.system": "openai",
            "gen_ai.request.model": "m",
            "gen_ai.response.model": "m-2",
            "gen_ai.usage.prompt_tokens": 120,
            "gen_ai.usage.completion_tokens": 7,
            "gen_ai.usage.cache_read_input_tokens": 20,
            "llm.usage.total_tokens": 127,
            "llm.usage.reasoning_tokens": 3,
            "gen_ai.openai.system_fingerprint": "fp",
            "traceloop.association.properties.session_id": "s1",
            "traceloop.association.properties.user_id": "u1",
            "traceloop.prompt.key": "parcel",
            "traceloop.prompt.version": 4,
            "llm.request.functions.0.name": "search",
            "llm.request.functions.0.description": "Look it up",
            "llm.request.functions.0.parameters": '{"type": "object"}',
            "gen_ai.prompt.0.role": "system",
            "gen_ai.prompt.0.content": RULES,
            "gen_ai.prompt.1.role": "user",
            "gen_ai.prompt.1.content": "Where is my parcel?",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.finish_reason": "tool_calls",
            "gen_ai.completion.0.tool_calls.0.name": "search",
        },
        CALL
        | {
            "kind": "llm",
            "provider": "openai",
            "model": "m-2",
            "model_requested": "m",
            "input_tokens": 120,
            "output_tokens": 7,
            "cache_read_tokens": 20,
            "reasoning_tokens": 3,
            "usage_basis": "reported",
            "system_fingerprint": "fp",
            "own_session": "s1",
            "user": "u1",
            "prompt_name": "parcel",
            "prompt_version": "4",
            "finish": "tool_call",
            "dialect": "openllmetry",
        },
    ),
    "an agent": (
        {"traceloop.span.kind": "agent", "traceloop.entity.name": "helper"},
        {"kind": "agent", "own_agent": "helper", "dialect": "openllmetry"},
    ),
    "a tool": (
        {"traceloop.span.kind": "tool", "traceloop.entity.name": "search", "traceloop.entity.input": "{}"},
        {"kind": "tool", "tool": "search", "dialect": "openllmetry"},
    ),
    "a workflow": (
        {"traceloop.span.kind": "workflow", "traceloop.entity.name": "w"},
        {"kind": "workflow", "dialect": "openllmetry"},
    ),
    "a task is no kind": ({"traceloop.span.kind": "task"}, {"dialect": "openllmetry"}),
    "an embedding": (
        {"llm.request.type": "embedding", "gen_ai.system": "openai", "gen_ai.request.model": "e"},
        {
            "kind": "embedding",
            "provider": "openai",
            "model": "e",
            "model_requested": "e",
            "dialect": "gen_ai_early",
        }
        | {"dialect": "openllmetry"},
    ),
    "a guardrail": (
        {"gen_ai.operation.name": "guardrail.run", "gen_ai.guardrail.name": "pii"},
        {"kind": "guardrail", "dialect": "openllmetry"},
    ),
}
VERCEL: Table = {
    "the innermost call": (
        {
            "operation.name": "ai.generateText.doGenerate parcel-agent",
            "ai.operationId": "ai.generateText.doGenerate",
            "ai.telemetry.functionId": "parcel-agent",
            "ai.telemetry.metadata.sessionId": "s1",
            "ai.telemetry.metadata.userId": "u1",
            "ai.model.provider": "openai.chat",
            "ai.model.id": "m",
            "ai.response.model": "m-2",
            "ai.response.finishReason": "tool-calls",
            "ai.response.toolCalls": json.dumps([{"toolCallId": "c1", "toolName": "search", "input": {}}]),
            "ai.response.msToFirstChunk": 12.5,
            "ai.prompt.messages": json.dumps(
                [GIVEN[0], {"role": "user", "content": [{"type": "text", "text": "Where is my parcel?"}]}]
            ),
            "ai.prompt.tools": [
                json.dumps(
                    {
                        "type": "function",
                        "name": "search",
                        "description": "Look it up",
                        "inputSchema": {"type": "object"},
                    }
                )
            ],
            "ai.usage.inputTokens": 120,
            "ai.usage.outputTokens": 7,
            "ai.usage.totalTokens": 127,
            "ai.usage.cachedInputTokens": 20,
            "ai.usage.reasoningTokens": 3,
            "gen_ai.system": "openai.chat",
            "gen_ai.request.model": "m",
            "gen_ai.response.finish_reasons": ["tool-calls"],
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.output_tokens": 7,
        },
        CALL
        | {
            "kind": "llm",
            "own_session": "s1",
            "own_agent": "parcel-agent",
            "user": "u1",
            "provider": "openai",
            "model": "m-2",
            "model_requested": "m",
            "finish": "tool_call",
            "first_token_ns": 12_500_000,
            "input_tokens": 120,
            "output_tokens": 7,
            "cache_read_tokens": 20,
            "reasoning_tokens": 3,
            "usage_basis": "reported",
            "dialect": "vercel",
        },
    ),
    "the whole loop, an agent with a roll-up": (
        {
            "ai.operationId": "ai.streamText",
            "ai.model.id": "m",
            "ai.usage.promptTokens": 240,
            "ai.response.toolCalls": '[{"toolCallId": "c1"}]',
        },
        {
            "kind": "agent",
            "model": "m",
            "model_requested": "m",
            "input_tokens": 240,
            "usage_basis": "assumed",
            "dialect": "vercel",
        },
    ),
    "a tool": (
        {"ai.operationId": "ai.toolCall", "ai.toolCall.name": "search", "ai.toolCall.id": "c1"},
        {"kind": "tool", "tool": "search", "dialect": "vercel"},
    ),
    "an embedding": (
        {"ai.operationId": "ai.embedMany.doEmbed", "ai.usage.tokens": 9},
        {"kind": "embedding", "input_tokens": 9, "usage_basis": "assumed", "dialect": "vercel"},
    ),
    "what wraps an embedding": (
        {"ai.operationId": "ai.embedMany", "ai.usage.tokens": 9},
        {"input_tokens": 9, "usage_basis": "assumed", "dialect": "vercel"},
    ),
}
MLFLOW: Table = {
    "a model call": (
        {
            "mlflow.traceRequestId": '"tr-1"',
            "mlflow.spanType": '"CHAT_MODEL"',
            "mlflow.spanInputs": json.dumps({"model": "m", "messages": GIVEN, "tools": [OPENAI]}),
            "mlflow.spanOutputs": json.dumps(
                {"choices": [{"index": 0, "finish_reason": "tool_calls", "message": MADE}]}
            ),
            "mlflow.llm.model": '"m-2"',
            "mlflow.llm.provider": '"openai"',
            "mlflow.chat.tokenUsage": json.dumps(
                {
                    "input_tokens": 120,
                    "output_tokens": 7,
                    "total_tokens": 127,
                    "cache_read_input_tokens": 20,
                }
            ),
            "mlflow.linkedPrompts": json.dumps([{"name": "parcel", "version": "4"}]),
        },
        CALL
        | {
            "kind": "llm",
            "provider": "openai",
            "model": "m-2",
            "model_requested": "m",
            "input_tokens": 120,
            "output_tokens": 7,
            "cache_read_tokens": 20,
            "usage_basis": "reported",
            "prompt_name": "parcel",
            "prompt_version": "4",
            "finish": "tool_call",
            "dialect": "mlflow",
        },
    ),
    "an agent, the root": (
        {"mlflow.spanType": '"AGENT"', "session.id": "s1", "user.id": "u1"},
        {"kind": "agent", "own_session": "s1", "user": "u1", "dialect": "mlflow"},
    ),
    "session and user in the trace's metadata": (
        {"mlflow.spanType": "CHAIN", "mlflow.trace.session": "s1", "mlflow.trace.user": '"u1"'},
        {"kind": "workflow", "own_session": "s1", "user": "u1", "dialect": "mlflow"},
    ),
    "a tool": (
        {"mlflow.spanType": '"TOOL"', "mlflow.spanFunctionName": '"search"', "mlflow.spanInputs": "{}"},
        {"kind": "tool", "tool": "search", "dialect": "mlflow"},
    ),
    "a guardrail": ({"mlflow.spanType": '"GUARDRAIL"'}, {"kind": "guardrail", "dialect": "mlflow"}),
    "an evaluation": ({"mlflow.spanType": '"EVALUATOR"'}, {"kind": "evaluation", "dialect": "mlflow"}),
    "a type of the user's own": ({"mlflow.spanType": '"Brewing"'}, {"dialect": "mlflow"}),
}
GENERATION = {"langfuse.observation.type": "generation"}
LANGFUSE: Table = {
    "a generation, each count a bucket": (
        GENERATION
        | {
            "session.id": "s1",
            "user.id": "u1",
            "langfuse.environment": "staging",
            "langfuse.release": "r7",
            "langfuse.version": "v2",
            "langfuse.observation.model.name": "m-2",
            "langfuse.observation.input": json.dumps({"messages": GIVEN, "tools": [OPENAI]}),
            "langfuse.observation.output": json.dumps(MADE),
            "langfuse.observation.usage_details": json.dumps(
                {"input": 100, "input_cached_tokens": 20, "output": 4, "output_reasoning": 3, "total": 127}
            ),
            "langfuse.observation.cost_details": json.dumps({"total": 0.1}),
            "langfuse.observation.prompt.name": "parcel",
            "langfuse.observation.prompt.version": 4,
        },
        CALL
        | {
            "kind": "llm",
            "own_session": "s1",
            "user": "u1",
            "environment": "staging",
            "agent_version": "r7",
            "model": "m-2",
            "input_tokens": 120,
            "output_tokens": 7,
            "cache_read_tokens": 20,
            "reasoning_tokens": 3,
            "usage_basis": "reported",
            "cost_nusd": 100_000_000,
            "prompt_name": "parcel",
            "prompt_version": "4",
            "dialect": "langfuse",
        },
    ),
    "a total that counts what was cached within the input": (
        GENERATION
        | {
            "langfuse.observation.usage_details": json.dumps(
                {"input": 120, "input_cached_tokens": 20, "output": 7, "total": 127}
            )
        },
        {
            "kind": "llm",
            "input_tokens": 120,
            "output_tokens": 7,
            "cache_read_tokens": 20,
            "usage_basis": "reported",
            "dialect": "langfuse",
        },
    ),
    "usage as the provider reported it": (
        GENERATION
        | {
            "langfuse.observation.usage_details": json.dumps(
                {
                    "prompt_tokens": 120,
                    "completion_tokens": 7,
                    "total_tokens": 127,
                    "prompt_tokens_details": {"cached_tokens": 20},
                    "completion_tokens_details": {"reasoning_tokens": 3},
                }
            )
        },
        {
            "kind": "llm",
            "input_tokens": 120,
            "output_tokens": 7,
            "cache_read_tokens": 20,
            "reasoning_tokens": 3,
            "usage_basis": "reported",
            "dialect": "langfuse",
        },
    ),
    "no usage is unknown, not none": (
        GENERATION | {"langfuse.observation.usage_details": "{}"},
        {"kind": "llm", "dialect": "langfuse"},
    ),
    "a failure by its level": (
        {"langfuse.observation.type": "tool", "langfuse.observation.level": "ERROR"},
        {
            "kind": "tool",
            "error": True,
            "error_type": "level=ERROR",
            "error_class": "other",
            "dialect": "langfuse",
        },
    ),
    "a guardrail": ({"langfuse.observation.type": "guardrail"}, {"kind": "guardrail", "dialect": "langfuse"}),
    "an evaluation": (
        {"langfuse.observation.type": "evaluator"},
        {"kind": "evaluation", "dialect": "langfuse"},
    ),
    "a plain span around a model call of another instrumentation": (
        {"langfuse.observation.type": "span", "gen_ai.operation.name": "chat"},
        {"kind": "llm", "dialect": "langfuse"},
    ),
    "what Langfuse adds to the spans of others": (
        {"langfuse.session.id": "s1", "langfuse.user.id": "u1", "gen_ai.operation.name": "chat"}
        | {"gen_ai.request.model": "m"},
        {
            "kind": "llm",
            "own_session": "s1",
            "user": "u1",
            "model": "m",
            "model_requested": "m",
            "dialect": "gen_ai",
        },
    ),
}
GOLDEN = {
    f"{name}: {case}": said
    for name, table in (
        ("OpenLLMetry", OPENLLMETRY),
        ("Vercel AI SDK", VERCEL),
        ("MLflow", MLFLOW),
        ("Langfuse", LANGFUSE),
    )
    for case, said in table.items()
}


@pytest.mark.parametrize("case", GOLDEN)
def test_each_dialect_fills_its_fields_and_no_other(case: str) -> None:
    attributes, expected = GOLDEN[case]
    assert told_by(step_of(attributes)) == expected
