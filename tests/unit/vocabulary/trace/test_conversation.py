"""Messages and tools in the shapes of several providers: the same content is the same, other content is not."""

import json
from typing import Any

import pytest

from trimtab.vocabulary.trace.dialects.conversation import calls_in, conversation, is_user, prompt, tools

SCHEMA = {"type": "object", "properties": {"id": {"type": "string"}}}
TRACK = {"name": "track", "description": "Where it is", "parameters": SCHEMA}


@pytest.mark.parametrize(
    "wrapped",
    [
        [TRACK],
        [{"type": "function"} | TRACK],
        [{"type": "function", "function": TRACK}],
        [{"name": "track", "description": "Where it is", "input_schema": SCHEMA}],
        [{"name": "track", "description": "Where it is", "inputSchema": SCHEMA}],
        [{"function_declarations": [TRACK]}],
        [json.dumps(TRACK | {"parameters": json.dumps(SCHEMA)})],
    ],
)
def test_a_tool_is_the_same_in_every_wrapping(wrapped: Any) -> None:
    assert tools(wrapped) == tools([TRACK])


@pytest.mark.parametrize(
    "other",
    [
        [TRACK | {"strict": True}],
        [TRACK | {"description": "Where it was"}],
        [TRACK | {"parameters": {}}],
        [TRACK | {"type": "bash_20250124"}],
        [TRACK, TRACK],
        [{"type": "web_search"}],
    ],
)
def test_another_tool_is_another(other: Any) -> None:
    assert tools(other) not in (tools([TRACK]), None)


def test_no_tools_are_no_set_of_tools() -> None:
    assert tools([]) is tools("[]") is tools(None) is None


@pytest.mark.parametrize(
    "wrapped",
    [
        "Be kind.",
        ["Be kind."],
        [{"type": "text", "content": "Be kind."}],
        [{"type": "text", "text": "Be kind."}],
        '[{"type":"text","text":"Be kind."}]',
        {"text": "Be kind."},
    ],
)
def test_a_prompt_is_the_same_in_every_wrapping(wrapped: Any) -> None:
    assert prompt(wrapped) == prompt("Be kind.") != prompt("Be brief.")


@pytest.mark.parametrize(
    "holder",
    [
        [{"role": "user", "content": "x"}],
        {"messages": [{"role": "user", "content": "x"}]},
        {"messages": [[{"role": "user", "content": "x"}]]},
        {"choices": [{"index": 0, "message": {"role": "user", "content": "x"}}]},
        {"candidates": [{"content": {"role": "user", "parts": [{"text": "x"}]}}]},
        {"input": [{"type": "human", "content": "x"}]},
        {"messages": [{"id": ["langchain", "HumanMessage"], "kwargs": {"content": "x"}}]},
    ],
)
def test_messages_are_found_where_they_are_kept(holder: Any) -> None:
    found = conversation(holder)
    assert found is not None
    assert [is_user(message) for message in found] == [True]


@pytest.mark.parametrize("nothing", [None, 7, "x", "{}", [], {"messages": []}, {"answer": "x"}, [["x"]]])
def test_what_holds_no_messages_is_no_conversation(nothing: Any) -> None:
    assert conversation(nothing) is None


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "tool_calls": [{"id": "1"}]},
        {"role": "assistant", "content": [{"type": "text"}, {"type": "tool_use"}]},
        {"role": "assistant", "parts": [{"type": "tool_call"}]},
        {"role": "model", "parts": [{"text": "x"}, {"functionCall": {"name": "track"}}]},
        {"role": "assistant", "content": [{"type": "tool-call"}]},
        {"type": "function_call", "name": "track"},
    ],
)
def test_a_proposed_call_is_counted_once(message: dict[str, Any]) -> None:
    assert calls_in(message) == 1


@pytest.mark.parametrize(
    "part",
    [{"type": "tool_result"}, {"functionResponse": {"name": "track"}}, {"type": "tool_call_response"}],
)
def test_the_result_of_a_tool_is_not_the_user_speaking(part: dict[str, Any]) -> None:
    assert not is_user({"role": "user", "content": [part]})
    assert is_user({"role": "user", "content": [part, {"type": "text", "text": "and?"}]})
