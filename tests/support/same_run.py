"""One run, written down by eight emitters: an agent asks a model, which proposes two tools, of which one fails.

Attributes alone; ids, times and status are the same for all.
"""

import json
from typing import Any

RULES, ASKED, ANSWER = "You find parcels.", "Where is parcel 7?", "In Lyon."
TRACK: dict[str, Any] = {
    "name": "track",
    "description": "Where a parcel is",
    "parameters": {"type": "object", "properties": {"id": {"type": "string"}}},
}
OPENAI_TOOL = {"type": "function", "function": TRACK}
CALL_1 = {"id": "c1", "type": "function", "function": {"name": "track", "arguments": '{"id": "7"}'}}
CALL_2 = {"id": "c2", "type": "function", "function": {"name": "notify", "arguments": "{}"}}
GIVEN_1 = [{"role": "system", "content": RULES}, {"role": "user", "content": ASKED}]
MADE_1: dict[str, Any] = {"role": "assistant", "content": "", "tool_calls": [CALL_1, CALL_2]}
GIVEN_2: list[dict[str, Any]] = [
    *GIVEN_1,
    MADE_1,
    {"role": "tool", "tool_call_id": "c1", "content": "Lyon"},
    {"role": "tool", "tool_call_id": "c2", "content": "TimeoutError"},
]
MADE_2: dict[str, Any] = {"role": "assistant", "content": ANSWER}
TURNS = ((GIVEN_1, MADE_1, 120, 20, 30, "tool_calls"), (GIVEN_2, MADE_2, 200, 100, 9, "stop"))
"""Given, made, input tokens (inclusive), of which cached, output tokens, why it ended."""
Attributes = dict[str, Any]
Run = tuple[Attributes, ...]
"""Attributes of the agent, the first call, the tool, the tool that fails, the second call."""


def parts(message: dict[str, Any]) -> dict[str, Any]:
    """A message of OpenAI as OpenTelemetry writes it."""
    calls = message.get("tool_calls", [])
    made = [{"type": "tool_call", "id": c["id"], "name": c["function"]["name"]} for c in calls]
    if message["role"] == "tool":
        return {"role": "tool", "parts": [{"type": "tool_call_response", "response": message["content"]}]}
    text = [{"type": "text", "content": message["content"]}] if message["content"] else []
    return {"role": message["role"], "parts": [*text, *made]}


def indexed(prefix: str, messages: list[dict[str, Any]], inner: str = "", call: str = "") -> Attributes:
    """Messages as attributes by index."""
    found: Attributes = {}
    for at, message in enumerate(messages):
        found[f"{prefix}.{at}.{inner}role"] = message["role"]
        found[f"{prefix}.{at}.{inner}content"] = message["content"]
        for number, called in enumerate(message.get("tool_calls", ())):
            start = f"{prefix}.{at}.{inner}tool_calls.{number}.{call}"
            found[f"{start}id"] = called["id"]
            found[f"{start}name"] = called["function"]["name"]
    return found


def gen_ai() -> Run:
    """OpenTelemetry, the newest era."""
    who = {"gen_ai.conversation.id": "s1", "user.id": "u1"}
    tool = {"gen_ai.operation.name": "execute_tool"} | who
    return (
        {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "parcels"} | who,
        *(
            who
            | {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "openai",
                "gen_ai.request.model": "m",
                "gen_ai.response.model": "m-2",
                "gen_ai.usage.input_tokens": used,
                "gen_ai.usage.cache_read.input_tokens": cached,
                "gen_ai.usage.output_tokens": out,
                "gen_ai.usage.total_tokens": used + out,
                "gen_ai.response.finish_reasons": [why],
                "gen_ai.input.messages": json.dumps([parts(message) for message in given]),
                "gen_ai.output.messages": json.dumps([parts(made)]),
                "gen_ai.tool.definitions": json.dumps([{"type": "function"} | TRACK]),
            }
            for given, made, used, cached, out, why in TURNS
        ),
        tool | {"gen_ai.tool.name": "track"},
        tool | {"gen_ai.tool.name": "notify"},
    )


def early() -> Run:
    """OpenTelemetry up to 1.36."""
    agent, *calls, track, notify = gen_ai()
    for call, (given, made, used, cached, out, _) in zip(calls, TURNS, strict=True):
        for gone in ("provider.name", "input.messages", "output.messages", "tool.definitions"):
            del call[f"gen_ai.{gone}"]
        for gone in ("usage.input_tokens", "usage.output_tokens", "usage.cache_read.input_tokens"):
            del call[f"gen_ai.{gone}"]
        call.update(indexed("gen_ai.prompt", given) | indexed("gen_ai.completion", [made]))
        call.update(
            {
                "gen_ai.system": "openai",
                "gen_ai.usage.prompt_tokens": used,
                "gen_ai.usage.completion_tokens": out,
                "gen_ai.usage.cache_read_input_tokens": cached,
            }
        )
    return agent, *calls, track, notify


def openinference() -> Run:
    """Arize's instrumentations."""
    who = {"session.id": "s1", "user.id": "u1"}
    return (
        {"openinference.span.kind": "AGENT", "agent.name": "parcels"} | who,
        *(
            who
            | indexed("llm.input_messages", given, "message.", "tool_call.")
            | indexed("llm.output_messages", [made], "message.", "tool_call.")
            | {
                "openinference.span.kind": "LLM",
                "llm.provider": "openai",
                "llm.system": "openai",
                "llm.request.model_name": "m",
                "llm.model_name": "m-2",
                "llm.finish_reason": why,
                "llm.token_count.prompt": used,
                "llm.token_count.prompt_details.cache_read": cached,
                "llm.token_count.completion": out,
                "llm.token_count.total": used + out,
                "llm.tools.0.tool.json_schema": json.dumps(OPENAI_TOOL),
            }
            for given, made, used, cached, out, why in TURNS
        ),
        {"openinference.span.kind": "TOOL", "tool.name": "track"} | who,
        {"openinference.span.kind": "TOOL", "tool.name": "notify"} | who,
    )


def openllmetry() -> Run:
    """Traceloop's instrumentations."""
    start = "traceloop.association.properties."
    who = {f"{start}session_id": "s1", f"{start}user_id": "u1"}
    agent, *calls, track, notify = early()
    for call in calls:
        call["llm.request.type"] = "chat"
        call["llm.usage.total_tokens"] = call.pop("gen_ai.usage.total_tokens")
        call.update({f"llm.request.functions.0.{key}": value for key, value in TRACK.items()})
        call["llm.request.functions.0.parameters"] = json.dumps(TRACK["parameters"])
        del call["gen_ai.operation.name"]
    agent = {"traceloop.span.kind": "agent", "traceloop.entity.name": "parcels"}
    track, notify = (
        {"traceloop.span.kind": "tool", "traceloop.entity.name": name} for name in ("track", "notify")
    )
    found = agent, *calls, track, notify
    for attributes in found:
        for gone in ("gen_ai.conversation.id", "user.id"):
            attributes.pop(gone, None)
    return tuple(attributes | who for attributes in found)


def vercel() -> Run:
    """The Vercel AI SDK; its agent repeats the usage of the calls."""
    start = "ai.telemetry.metadata."
    who = {f"{start}sessionId": "s1", f"{start}userId": "u1"}
    return (
        who | {"ai.operationId": "ai.generateText", "ai.telemetry.functionId": "parcels"},
        *(
            who
            | {
                "ai.operationId": "ai.generateText.doGenerate",
                "ai.model.provider": "openai.chat",
                "ai.model.id": "m",
                "ai.response.model": "m-2",
                "ai.response.finishReason": why.replace("_", "-"),
                "ai.response.text": made["content"],
                "ai.response.toolCalls": json.dumps(
                    [{"toolCallId": called["id"]} for called in made.get("tool_calls", ())]
                ),
                "ai.prompt.messages": json.dumps(given),
                "ai.prompt.tools": [json.dumps({"type": "function"} | TRACK)],
                "ai.usage.inputTokens": used,
                "ai.usage.cachedInputTokens": cached,
                "ai.usage.outputTokens": out,
                "ai.usage.totalTokens": used + out,
            }
            for given, made, used, cached, out, why in TURNS
        ),
        who | {"ai.operationId": "ai.toolCall", "ai.toolCall.name": "track"},
        who | {"ai.operationId": "ai.toolCall", "ai.toolCall.name": "notify"},
    )


def mlflow() -> Run:
    """MLflow."""
    who = {"session.id": "s1", "user.id": "u1"}
    return (
        who | {"mlflow.spanType": '"AGENT"'},
        *(
            who
            | {
                "mlflow.spanType": '"CHAT_MODEL"',
                "mlflow.spanInputs": json.dumps({"model": "m", "messages": given, "tools": [OPENAI_TOOL]}),
                "mlflow.spanOutputs": json.dumps({"choices": [{"finish_reason": why, "message": made}]}),
                "mlflow.llm.model": '"m-2"',
                "mlflow.llm.provider": '"openai"',
                "mlflow.chat.tokenUsage": json.dumps(
                    {
                        "input_tokens": used,
                        "output_tokens": out,
                        "total_tokens": used + out,
                        "cache_read_input_tokens": cached,
                    }
                ),
            }
            for given, made, used, cached, out, why in TURNS
        ),
        who | {"mlflow.spanType": '"TOOL"', "mlflow.spanFunctionName": '"track"'},
        who | {"mlflow.spanType": '"TOOL"', "mlflow.spanFunctionName": '"notify"'},
    )


def langfuse() -> Run:
    """Langfuse's SDK; its counts are buckets beside each other."""
    who = {"session.id": "s1", "user.id": "u1"}
    start = "langfuse.observation."
    return (
        who | {f"{start}type": "agent"},
        *(
            who
            | {
                f"{start}type": "generation",
                f"{start}model.name": "m-2",
                f"{start}input": json.dumps({"messages": given, "tools": [OPENAI_TOOL]}),
                f"{start}output": json.dumps(made),
                f"{start}usage_details": json.dumps(
                    {
                        "input": used - cached,
                        "input_cached_tokens": cached,
                        "output": out,
                        "total": used + out,
                    }
                ),
            }
            for given, made, used, cached, out, _ in TURNS
        ),
        who | {f"{start}type": "tool"},
        who
        | {
            f"{start}type": "tool",
            f"{start}level": "ERROR",
            f"{start}status_message": "TimeoutError: no answer",
        },
    )


def langsmith() -> Run:
    """LangChain by LangSmith; an agent is a chain."""
    who = {"langsmith.metadata.session_id": "s1", "langsmith.metadata.user_id": "u1"}
    return (
        who | {"langsmith.span.kind": "chain", "langsmith.metadata.lc_agent_name": "parcels"},
        *(
            who
            | {
                "langsmith.span.kind": "llm",
                "langsmith.metadata.ls_provider": "openai",
                "gen_ai.operation.name": "chat",
                "gen_ai.system": "openai",
                "gen_ai.request.model": "m",
                "gen_ai.response.model": "m-2",
                "gen_ai.response.finish_reasons": [why],
                "gen_ai.usage.input_tokens": used,
                "gen_ai.usage.output_tokens": out,
                "gen_ai.usage.total_tokens": used + out,
                "gen_ai.usage.input_token_details": str({"cache_read": cached}),
                "gen_ai.tool.definitions": json.dumps([OPENAI_TOOL]),
                "gen_ai.prompt": json.dumps({"messages": given}),
                "gen_ai.completion": json.dumps({"choices": [{"message": made}]}),
            }
            for given, made, used, cached, out, why in TURNS
        ),
        who | {"langsmith.span.kind": "tool", "langsmith.trace.name": "track"},
        who | {"langsmith.span.kind": "tool", "langsmith.trace.name": "notify"},
    )


EMITTERS = (gen_ai, early, openinference, openllmetry, vercel, mlflow, langfuse, langsmith)
"""The newest conventions first: what the others are compared with."""
