"""Messages that stand in the events of a span say what messages on the span say."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.spans import step_of, told_by

from trimtab.vocabulary.trace import Event, Step
from trimtab.vocabulary.trace.dialects.conversation import prompt

RULES, ASKED = "You find parcels.", "Where is parcel 7?"
CALL = {"id": "c1", "type": "function", "function": {"name": "track", "arguments": '{"id": "7"}'}}
CHAT = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
GIVEN = [
    {"role": "system", "parts": [{"type": "text", "content": RULES}]},
    {"role": "user", "parts": [{"type": "text", "content": ASKED}]},
    {"role": "assistant", "parts": [{"type": "tool_call", "id": "c0", "name": "login"}]},
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c0", "response": "ok"}]},
]
MADE = [{"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "track"}]}]
ON_THE_SPAN = {
    "gen_ai.input.messages": json.dumps(GIVEN),
    "gen_ai.output.messages": json.dumps(MADE),
    "gen_ai.response.finish_reasons": ["tool_calls"],
}
FLAT = [
    ("gen_ai.system.message", {"content": RULES}),
    ("gen_ai.user.message", {"content": ASKED}),
    ("gen_ai.assistant.message", {"tool_calls": json.dumps([CALL])}),
    ("gen_ai.tool.message", {"content": "ok", "id": "c0"}),
    (
        "gen_ai.choice",
        {"index": 0, "finish_reason": "tool_calls", "message": json.dumps({"tool_calls": [CALL]})},
    ),
]
AS_CONTENT: list[tuple[str, dict[str, Any]]] = [
    (name, {"gen_ai.system": "openai", "gen_ai.event.content": json.dumps(held)})
    for name, held in (
        ("gen_ai.system.message", {"role": "system", "content": RULES}),
        ("gen_ai.user.message", {"role": "user", "content": ASKED}),
        ("gen_ai.assistant.message", {"tool_calls": [CALL]}),
        ("gen_ai.tool.message", {"content": "ok", "id": "c0"}),
        ("gen_ai.choice", {"index": 0, "finish_reason": "tool_calls", "message": {"tool_calls": [CALL]}}),
    )
]
BEDROCK: list[tuple[str, dict[str, Any]]] = [
    ("gen_ai.system.message", {"content": json.dumps([{"text": RULES}])}),
    ("gen_ai.user.message", {"content": json.dumps([{"text": ASKED}])}),
    (
        "gen_ai.assistant.message",
        {"content": json.dumps([{"toolUse": {"toolUseId": "c0", "name": "login"}}])},
    ),
    ("gen_ai.tool.message", {"content": json.dumps([{"toolResult": {"toolUseId": "c0"}}])}),
    (
        "gen_ai.choice",
        {
            "finish_reason": "tool_use",
            "message": json.dumps([{"toolUse": {"toolUseId": "c1", "name": "track"}}]),
        },
    ),
]
OPENAI = [
    {"role": "system", "content": RULES},
    {"role": "user", "content": ASKED},
    {"role": "assistant", "tool_calls": [CALL]},
    {"role": "tool", "content": "ok"},
]
IN_ONE: list[tuple[str, dict[str, Any]]] = [
    ("gen_ai.content.prompt", {"gen_ai.prompt": json.dumps(OPENAI)}),
    (
        "gen_ai.content.completion",
        {"gen_ai.completion": json.dumps([{"role": "assistant", "tool_calls": [CALL]}])},
    ),
    ("gen_ai.choice", {"finish_reason": "tool_calls"}),
]
DETAILS = [("gen_ai.client.inference.operation.details", CHAT | ON_THE_SPAN)]


def spoken(attributes: dict[str, Any], events: list[tuple[str, dict[str, Any]]]) -> Step:
    """The step of a span with events."""
    return step_of(attributes, 0, "", *(Event(name, 5, held) for name, held in events))


def test_what_is_compared_is_what_was_said() -> None:
    step = step_of(CHAT | ON_THE_SPAN)
    assert (step.messages, step.user_messages, step.tool_calls, step.finish) == (5, 1, 1, "tool_call")
    assert step.prompt_hash == prompt(RULES)


@pytest.mark.parametrize(
    "events",
    [
        pytest.param(FLAT, id="flat"),
        pytest.param(AS_CONTENT, id="as content"),
        pytest.param(BEDROCK, id="bedrock"),
        pytest.param(DETAILS, id="details"),
    ],
)
def test_events_say_what_the_span_would_say(events: list[tuple[str, dict[str, Any]]]) -> None:
    assert told_by(spoken(CHAT, events)) == told_by(step_of(CHAT | ON_THE_SPAN))


def test_a_prompt_in_one_event_says_the_same_but_for_its_choice() -> None:
    found = spoken(CHAT, IN_ONE[:2])
    assert found._replace(finish="tool_call") == step_of(CHAT | ON_THE_SPAN)


def test_the_word_of_the_span_wins_over_its_events() -> None:
    said = CHAT | ON_THE_SPAN
    other = [("gen_ai.user.message", {"content": "x"}), ("gen_ai.choice", {"finish_reason": "stop"})]
    assert spoken(said, other) == step_of(said)
    assert spoken(said, [(DETAILS[0][0], {"gen_ai.request.model": "n"})]) == step_of(said)


def test_the_details_tell_all_that_an_empty_span_leaves_out() -> None:
    used = CHAT | {"gen_ai.usage.input_tokens": 5, "gen_ai.conversation.id": "s"}
    assert spoken({}, [(DETAILS[0][0], used)]) == step_of(used)


def test_a_choice_that_does_not_say_what_it_is_leaves_the_calls_unknown() -> None:
    found = spoken(CHAT, [FLAT[1], ("gen_ai.choice", {"finish_reason": "tool_calls"})])
    assert (found.messages, found.tool_calls, found.finish) == (2, None, "tool_call")


def test_messages_that_are_not_kept_are_counted_and_have_no_identity() -> None:
    found = spoken(CHAT, [(name, {}) for name, _ in FLAT[:2]])
    assert (found.messages, found.user_messages, found.prompt_hash) == (2, 1, "")


@pytest.mark.parametrize("operation", ["execute_tool", "invoke_agent"])
def test_only_a_model_call_speaks(operation: str) -> None:
    found = spoken({"gen_ai.operation.name": operation}, FLAT)
    assert (found.messages, found.tool_calls, found.prompt_hash) == (None, None, "")


VALUES = st.one_of(
    st.none(),
    st.integers(),
    st.sampled_from(["", "[", "{", "x", "[1]", '{"a": [', '{"message": 3}', '[{"toolUse": 1}]', "null"]),
    st.lists(st.one_of(st.integers(), st.dictionaries(st.text(max_size=2), st.integers())), max_size=2),
    st.dictionaries(st.sampled_from(["message", "content", "role", "tool_calls"]), st.integers()),
)
KEYS = st.sampled_from(
    [
        *("content", "role", "message", "tool_calls", "finish_reason", "gen_ai.event.content"),
        *("gen_ai.prompt", "gen_ai.completion", *ON_THE_SPAN),
    ]
)
NAMES = st.sampled_from([name for name, _ in (*FLAT, *IN_ONE, *DETAILS)])


@given(st.lists(st.tuples(NAMES, st.dictionaries(KEYS, VALUES, max_size=4)), max_size=5))
def test_whatever_an_event_holds_the_step_is_of_the_right_types(
    events: list[tuple[str, dict[str, Any]]],
) -> None:
    step = spoken(CHAT, events)
    for count in (step.messages, step.user_messages, step.tool_calls):
        assert count is None or count >= 0
    assert isinstance(step.finish, str)
    assert isinstance(step.prompt_hash, str)
