"""What was said is found whichever dialect said it, and of a conversation only what is new."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.support.bodies import pairs, span, traces_of
from tests.support.stores import entry

from trimtab.loop.ingest import said
from trimtab.loop.ingest.said import texts_of

RULES, OLD, NEW, ANSWER = "rules-here", "old-question", "new-question", "the-answer"
MESSAGES = [
    {"role": "system", "content": RULES},
    {"role": "user", "content": OLD},
    {"role": "assistant", "content": "old-answer"},
    {"role": "user", "content": NEW},
]
LANGCHAIN = [
    {"lc": 1, "id": ["langchain", kind], "kwargs": {"content": text}}
    for kind, text in (("HumanMessage", OLD), ("HumanMessage", NEW))
]
COMPLETION = {"model": "m", "choices": [{"message": {"role": "assistant", "content": ANSWER}}]}
TOOLS = [{"type": "function", "function": {"name": "f", "description": "settings-here"}}]
CALLS: dict[str, dict[str, Any]] = {
    "vercel, the loop": {
        "ai.prompt": {"system": RULES, "messages": MESSAGES},
        "ai.response.text": ANSWER,
    },
    "vercel, a prompt": {"ai.prompt": {"system": RULES, "prompt": NEW}, "ai.response.text": ANSWER},
    "vercel, the call": {"ai.prompt.messages": MESSAGES, "ai.response.text": ANSWER},
    "mlflow": {
        "mlflow.spanInputs": {"model": "m", "messages": MESSAGES, "tools": TOOLS},
        "mlflow.spanOutputs": COMPLETION,
    },
    "mlflow, responses": {
        "mlflow.spanInputs": {"instructions": RULES, "input": MESSAGES},
        "mlflow.spanOutputs": json.dumps(ANSWER),
    },
    "langfuse": {
        "langfuse.observation.input": {"messages": MESSAGES, "tools": TOOLS},
        "langfuse.observation.output": {"role": "assistant", "content": ANSWER},
    },
    "langfuse, a list": {"langfuse.observation.input": MESSAGES, "langfuse.observation.output": ANSWER},
    "langfuse, a state": {
        "langfuse.observation.input": {"messages": MESSAGES},
        "langfuse.observation.output": {"messages": [*MESSAGES, {"role": "assistant", "content": ANSWER}]},
    },
    "traceloop": {
        "traceloop.entity.input": {
            "inputs": {"messages": [LANGCHAIN]},
            "tags": ["settings-here"],
            "metadata": {"rules": RULES},
        },
        "traceloop.entity.output": {"outputs": ANSWER, "kwargs": {"tags": ["settings-here"]}},
    },
    "adk": {
        "gcp.vertex.agent.llm_request": {
            "model": "m",
            "contents": [{"role": "user", "parts": [{"text": text}]} for text in (OLD, NEW)],
            "config": {"system_instruction": RULES, "tools": TOOLS},
        },
        "gcp.vertex.agent.llm_response": {"content": {"role": "model", "parts": [{"text": ANSWER}]}},
    },
}
TOOL_STEPS: dict[str, dict[str, Any]] = {
    "vercel": {"ai.toolCall.args": {"city": NEW}, "ai.toolCall.result": {"found": ANSWER}},
    "mlflow": {"mlflow.spanInputs": {"city": NEW}, "mlflow.spanOutputs": [{"found": "x"}, {"found": ANSWER}]},
    "langfuse": {"langfuse.observation.input": {"args": [NEW]}, "langfuse.observation.output": [ANSWER]},
    "traceloop": {"traceloop.entity.input": {"kwargs": {"city": NEW}}, "traceloop.entity.output": ANSWER},
    "adk": {
        "gcp.vertex.agent.tool_call_args": {"city": NEW},
        "gcp.vertex.agent.tool_response": {"result": ANSWER},
    },
}
EVENTS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "a message each": [
        ("gen_ai.system.message", {"content": RULES}),
        ("gen_ai.user.message", {"content": OLD}),
        ("gen_ai.user.message", {"gen_ai.event.content": json.dumps({"content": NEW})}),
        ("gen_ai.choice", {"finish_reason": "stop", "message": json.dumps({"content": ANSWER})}),
    ],
    "the details": [
        (
            "gen_ai.client.inference.operation.details",
            {
                "gen_ai.input.messages": json.dumps(MESSAGES),
                "gen_ai.output.messages": json.dumps([{"role": "assistant", "content": ANSWER}]),
            },
        )
    ],
    "a whole prompt": [
        ("gen_ai.content.prompt", {"gen_ai.prompt": json.dumps(MESSAGES)}),
        ("gen_ai.content.completion", {"gen_ai.completion": ANSWER}),
    ],
}


def words(attributes: dict[str, Any], *events: tuple[str, dict[str, Any]]) -> str:
    """The text of a span; structures are given as JSON text."""
    flat = {k: v if isinstance(v, str | int) else json.dumps(v) for k, v in attributes.items()}
    noted = [Span.Event(name=name, attributes=pairs(held)) for name, held in events]
    found = texts_of(entry(traces_of([span(1, flat, events=noted)])))
    return found[0].text if found else ""


@pytest.mark.parametrize("name", CALLS)
def test_of_a_call_the_last_message_and_the_answer_are_found(name: str) -> None:
    assert words(CALLS[name]).split("\n")[-1] == ANSWER
    if name != "langfuse, a state":
        assert NEW in words(CALLS[name]).split("\n")


@pytest.mark.parametrize("name", CALLS)
def test_neither_what_was_said_before_nor_the_rules_are_found(name: str) -> None:
    for old in (RULES, OLD, "old-answer", "settings-here"):
        assert old not in words(CALLS[name])


@pytest.mark.parametrize("name", TOOL_STEPS)
def test_of_a_tool_its_arguments_and_its_result_are_found(name: str) -> None:
    found = words(TOOL_STEPS[name]).split("\n")
    assert NEW in found
    assert ANSWER in found


@pytest.mark.parametrize("name", EVENTS)
def test_messages_in_events_are_found_as_others_are(name: str) -> None:
    assert words({}, *EVENTS[name]).split("\n") == [NEW, ANSWER]


def test_text_that_only_looks_like_json_is_found_as_it_is() -> None:
    assert words({"ai.response.text": '"quoted" and more'}) == '"quoted" and more'
    assert words({"ai.response.text": "[not json"}) == "[not json"


def test_documents_are_all_found() -> None:
    documents = [{"page_content": "first-page"}, {"page_content": "second-page"}]
    assert words({"langfuse.observation.output": documents}) == "first-page\nsecond-page"


KEYS = st.sampled_from(sorted({*said.GIVEN, *said.SPOKEN, "ai.prompt", "input.value"}))
SHAPES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.sampled_from(["", "x", "[", '"', "user"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from([*said.HOLDERS, *said.WRAPS, "prompt", "role", "type", "content"]),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.dictionaries(KEYS, SHAPES, max_size=4))
def test_any_shape_gives_a_text(attributes: dict[str, Any]) -> None:
    assert len(words(attributes)) <= said.MAX_TEXT


def test_depth_has_no_end() -> None:
    deep = json.dumps(NEW)
    for _ in range(500):
        deep = f'{{"messages": [{deep}]}}' if len(deep) % 2 else f'{{"inputs": {deep}}}'
    assert NEW in words({"mlflow.spanInputs": deep})
