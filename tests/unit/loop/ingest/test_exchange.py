"""What a span was given and what it gave is the same in every dialect that says it."""

import json
from typing import Any

import pytest
from tests.support.bodies import span, traces_of

from trimtab.loop.ingest import Exchange
from trimtab.loop.ingest.exchange import exchanges_of
from trimtab.loop.store import Entry

ASKED, EARLIER, ANSWER = "where is parcel 12?", "hello", "it is in Oslo"


def message(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def plain(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": text}


SAID_BY: dict[str, dict[str, object]] = {
    "GenAI": {
        "gen_ai.input.messages": json.dumps([message("user", EARLIER), message("user", ASKED)]),
        "gen_ai.output.messages": json.dumps([message("assistant", ANSWER)]),
    },
    "OpenInference": {
        "llm.input_messages.0.message.content": EARLIER,
        "llm.input_messages.1.message.content": ASKED,
        "llm.output_messages.0.message.content": ANSWER,
        "input.value": json.dumps({"messages": [plain("user", EARLIER), plain("user", ASKED)]}),
        "output.value": json.dumps({"id": "x", "choices": [{"message": plain("assistant", ANSWER)}]}),
    },
    "OpenLLMetry": {
        "gen_ai.prompt.0.content": EARLIER,
        "gen_ai.prompt.1.content": ASKED,
        "gen_ai.completion.0.content": ANSWER,
    },
    "Vercel": {
        "ai.prompt.messages": json.dumps([plain("user", EARLIER), plain("user", ASKED)]),
        "ai.response.text": ANSWER,
    },
    "Langfuse": {
        "langfuse.observation.input": json.dumps([plain("user", EARLIER), plain("user", ASKED)]),
        "langfuse.observation.output": json.dumps(plain("assistant", ANSWER)),
    },
}


def exchange(attributes: dict[str, object], **more: Any) -> Exchange:
    body = traces_of([span(1, attributes, **more)])
    entry = Entry(project="p", signal="traces", received_ns=1, body=body, items=1, position=1)
    return exchanges_of(entry, {0})[0]


@pytest.mark.parametrize("dialect", SAID_BY)
def test_the_last_message_and_the_answer_are_told_apart_in_every_dialect(dialect: str) -> None:
    found = exchange(SAID_BY[dialect])
    assert (found.given, found.gave) == (ASKED, ANSWER)
    assert EARLIER in found.whole
    assert ASKED in found.whole


def test_messages_in_events_are_told_apart() -> None:
    events = [
        ("gen_ai.user.message", EARLIER),
        ("gen_ai.user.message", ASKED),
        ("gen_ai.choice", ANSWER),
    ]
    made = [
        {"name": name, "attributes": [{"key": "content", "value": {"string_value": text}}]}
        for name, text in events
    ]
    found = exchange({"gen_ai.operation.name": "chat"}, events=made)
    assert (found.given, found.gave) == (ASKED, ANSWER)
    assert EARLIER in found.whole


def test_arguments_and_results_keep_their_numbers() -> None:
    found = exchange({"gen_ai.tool.call.arguments": '{"id": 12}', "gen_ai.tool.call.result": '{"left": 3}'})
    assert found == Exchange(whole='{"id": 12}', given='{"id": 12}', gave='{"left": 3}')


def test_a_span_that_says_nothing_has_no_text() -> None:
    assert exchange({"gen_ai.operation.name": "chat"}) == Exchange(whole="", given="", gave="")


def test_only_the_spans_that_are_asked_for_are_read_and_other_signals_hold_none() -> None:
    body = traces_of([span(n, SAID_BY["GenAI"]) for n in (1, 2, 3)])
    entry = Entry(project="p", signal="traces", received_ns=1, body=body, items=3, position=1)
    assert exchanges_of(entry, {0, 2}).keys() == {0, 2}
    facts = Entry(project="p", signal="facts", received_ns=1, body=b"[]", items=0, position=2)
    assert exchanges_of(facts, {0}) == {}
