"""Attributes that no dialect reads are never looked at: leaving them out changes no step."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.vocabulary.trace import READERS, Place, RawSpan, normalise, shared_by

PLACE = Place("p", 1, 1_800_000_000_000_000_000, 300_000_000_000)
KEYS = [
    "gen_ai.operation.name",
    "gen_ai.conversation.id",
    "gen_ai.request.model",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.total_tokens",
    "gen_ai.tool.name",
    "gen_ai.tool.call.id",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.retrieval.documents",
    "mcp.method.name",
    "openinference.span.kind",
    "llm.input_messages.0.message.role",
    "llm.output_messages.0.message.tool_calls.0.tool_call.id",
    "llm.tools.0.tool.json_schema",
    "llm.token_count.prompt",
    "trimtab.cohort.language",
    "trimtab.step.kind",
    "trimtab.session.outcome",
    "error.type",
    "app.anything",
    "llm.input_messages",
    "gen_ai",
    "",
]
VALUES = st.sampled_from(
    [
        "chat",
        "execute_tool",
        "LLM",
        "TOOL",
        "tools/call",
        "tool",
        "user",
        "system",
        "success",
        "transfer_to_x",
    ]
) | st.one_of(
    st.integers(0, 5000),
    st.booleans(),
    st.text(max_size=5),
    st.just('[{"role":"user","parts":[{"type":"tool_call"}]}]'),
)


def step_of(attributes: dict[str, Any]) -> object:
    span = RawSpan(b"\1" * 16, 1, 0, "x", 5, 9, 0, "", attributes, [], 7)
    return normalise(span, shared_by({"service.name": "shop"}, PLACE), 0)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), VALUES))
def test_what_nobody_reads_says_nothing(attributes: dict[str, Any]) -> None:
    known = {key: value for key, value in attributes.items() if READERS[key]}
    assert step_of(known) == step_of(attributes)


def test_the_order_of_attributes_does_not_matter() -> None:
    given_twice = {"gen_ai.provider.name": "openai", "llm.provider": "azure", "gen_ai.system": "x"}
    assert step_of(given_twice) == step_of(dict(reversed(given_twice.items())))
