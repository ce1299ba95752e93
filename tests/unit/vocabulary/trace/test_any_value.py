"""Whatever stands in an attribute that a dialect reads: a step comes out, of the right types, and always the same."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.spans import step_of

from trimtab.vocabulary.trace import READERS, Step
from trimtab.vocabulary.trace.dialects import DIALECTS

ENDS = ("0.role", "0.content", "0.tool_calls.0.name", "1.message.role", "99999999999.x", "0", "", "x")
KEYS = sorted(
    {
        key
        for dialect in DIALECTS
        for key in (
            *dialect.FIELDS,
            *dialect.READS,
            *(start + end for start in dialect.PREFIXES for end in ENDS),
        )
    }
)
WORDS = st.sampled_from(
    [
        *("chat", "execute_tool", "LLM", "tool", "chain", "TOOL_CALL", "AGENT_TASK", "tools/call"),
        *("ai.generateText.doGenerate", "generation", '"CHAT_MODEL"', "user", "system", "assistant", "ERROR"),
        *("true", "12", "-1", "{", "[", '{"cache_read": 3}', "{'cache_read': 3}", "[" * 3000, "\0"),
    ]
)
NAMES = st.sampled_from(
    [
        *(
            "role",
            "type",
            "content",
            "parts",
            "text",
            "tool_calls",
            "message",
            "messages",
            "choices",
            "kwargs",
        ),
        *("id", "function", "name", "parameters", "function_declarations", "generations", "tools", "input"),
        *(
            "output",
            "total",
            "input_cached_tokens",
            "prompt_tokens",
            "prompt_tokens_details",
            "cached_tokens",
        ),
        *("contents", "config", "system_instruction", "usage_metadata", "thoughts_token_count", "event.name"),
    ]
)
SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.integers(0, 200),
    st.floats(),
    WORDS,
    st.text(max_size=5),
    st.binary(max_size=4),
)
NESTED = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)
VALUES = st.one_of(SCALARS, NESTED, NESTED.map(lambda value: json.dumps(value, default=str)))
ATTRIBUTES = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=10)


def check(attributes: dict[str, Any]) -> None:
    """All that holds of any step."""
    step = step_of(attributes)
    for field, value in zip(Step._fields, step, strict=True):
        declared = Step.__annotations__[field]
        allowed = tuple(kind for kind in get_args(declared) if isinstance(kind, type)) or declared
        assert field == "dims" or isinstance(value, allowed), f"{field} is {value!r}"
    assert step_of(dict(reversed(attributes.items()))) == step
    assert step_of({key: value for key, value in attributes.items() if READERS[key]}) == step


@pytest.mark.parametrize("kind", [[], {}, ["tool_call"], None, 1])
@pytest.mark.parametrize("key", ["gen_ai.prompt", "gen_ai.input.messages", "gen_ai.output.messages"])
def test_a_type_that_is_no_word_is_none(key: str, kind: Any) -> None:
    check({key: {"role": None, "type": kind}})
    check({key: json.dumps([{"role": "assistant", "type": kind, "parts": [{"type": kind}]}])})


def test_our_own_word_hides_a_weaker_one_whichever_comes_first() -> None:
    said = {"trimtab.session.id": "a", "langsmith.metadata.session_id": "b"}
    assert [step_of(said).dialect, step_of(dict(reversed(said.items()))).dialect] == ["other", "other"]


@settings(deadline=None, max_examples=300)
@given(ATTRIBUTES)
def test_any_value_gives_a_step(attributes: dict[str, Any]) -> None:
    check(attributes)


@pytest.mark.full
@settings(deadline=None, max_examples=5000)
@given(ATTRIBUTES)
def test_any_value_gives_a_step_at_length(attributes: dict[str, Any]) -> None:
    check(attributes)
