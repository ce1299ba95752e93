"""Recorded calls: which belong to one session, what they say, and what is wrong with a line."""

import json
from pathlib import Path
from typing import Any

from tests.support.model import of_anthropic, of_openai

from trimtab.adapters.genai_prices import GenaiPrices
from trimtab.loop.ingest import Rules, decode_entry
from trimtab.loop.ingest.imports import IMPORTERS, Tally
from trimtab.loop.store import Entry
from trimtab.vocabulary.trace import Step

Json = dict[str, Any]
RULES: Json = {"role": "system", "content": "You find parcels."}
ASKED: Json = {"role": "user", "content": "Where is parcel 7?"}
CALL = {"id": "c1", "type": "function", "function": {"name": "track", "arguments": '{"id": 7}'}}
CALLED: Json = {"role": "assistant", "content": None, "tool_calls": [CALL]}
GAVE: Json = {"role": "tool", "tool_call_id": "c1", "content": "Lyon"}
DONE: Json = {"role": "assistant", "content": "In Lyon."}


def read(tmp_path: Path, *rows: object) -> tuple[list[Step], Tally]:
    path, tally = tmp_path / "calls.jsonl", Tally()
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    steps: list[Step] = []
    for piece in IMPORTERS["openai-chat"](path, tally):
        entry = Entry(project="p", signal="traces", received_ns=1 << 61, body=piece.body, items=1, position=1)
        steps += decode_entry(entry, Rules(prices=GenaiPrices()))[0]
    return steps, tally


def of_chat(messages: list[Json], message: Json, finish: str = "stop", **more: Any) -> Json:
    response = of_openai(message, finish) | {"id": f"chatcmpl-{len(messages)}-{more.pop('n', 0)}"}
    return {"request": {"model": "gpt-4o", "messages": messages}, "response": response} | more


def test_a_conversation_that_grows_is_one_session_with_its_tools(tmp_path: Path) -> None:
    rows = [
        of_chat([RULES, ASKED], CALLED, "tool_calls"),
        of_chat([RULES, ASKED], CALLED, "tool_calls", n=1),
        of_chat([RULES, ASKED, CALLED, GAVE], DONE),
    ]
    steps, tally = read(tmp_path, *rows)
    assert tally.sessions == 2, "the same beginning twice is two conversations; the later one goes on"
    assert [step.kind for step in steps] == ["llm", "llm", "tool", "llm"]
    first, second, tool, last = steps
    assert second.own_session == tool.own_session == last.own_session != first.own_session
    assert (tool.tool, tool.error, tool.synthetic_time) == ("track", False, True)
    assert (first.tool_calls, first.finish, last.messages) == (1, "tool_call", 5)


def test_a_call_says_what_is_known_and_no_more(tmp_path: Path) -> None:
    about = {"time": "2026-01-31T12:00:00Z", "duration_ms": 1500, "session": "s", "agent": "parcels"}
    (timed,), _ = read(tmp_path, of_chat([ASKED], DONE, provider="openai", user="u", **about))
    assert (timed.own_session, timed.own_agent, timed.user, timed.provider) == ("s", "parcels", "u", "openai")
    assert (timed.end_ns - timed.start_ns, timed.synthetic_time) == (1_500_000_000, False)
    assert (timed.input_tokens, timed.output_tokens, timed.usage_basis) == (120, 7, "reported")
    bare = of_chat([ASKED], DONE)
    del bare["response"]["usage"]
    (silent,), _ = read(tmp_path, bare)
    assert (silent.input_tokens, silent.cost_nusd, silent.synthetic_time) == (None, None, True)


def test_responses_go_on_with_the_one_they_name(tmp_path: Path) -> None:
    usage = {"input_tokens": 10, "output_tokens": 5, "input_tokens_details": {"cached_tokens": 4}}
    response = {"object": "response", "id": "r1", "model": "m", "status": "completed", "usage": usage}
    call = {"type": "function_call", "call_id": "c1", "name": "track", "arguments": "{}"}
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "In Lyon."}]}
    gave = {"type": "function_call_output", "call_id": "c1", "output": "Lyon"}
    steps, tally = read(
        tmp_path,
        {"request": {"model": "m", "input": "Where?"}, "response": response | {"output": [call]}},
        {
            "request": {"model": "m", "input": [gave], "previous_response_id": "r1"},
            "response": response | {"id": "r2", "output": [said]},
        },
    )
    assert (tally.sessions, [step.kind for step in steps]) == (1, ["llm", "tool", "llm"])
    assert (steps[0].input_tokens, steps[0].cache_read_tokens, steps[0].finish) == (10, 4, "tool_call")
    assert (steps[0].tool_calls, steps[2].finish) == (1, "stop")


def test_what_anthropic_counts_as_cached_is_added_to_the_input(tmp_path: Path) -> None:
    use = {"type": "tool_use", "id": "c1", "name": "track", "input": {"id": 7}}
    failed = {"type": "tool_result", "tool_use_id": "c1", "content": "no such parcel", "is_error": True}
    first = of_anthropic(use, "tool_use")
    first["usage"] |= {"cache_read_input_tokens": 30, "cache_creation_input_tokens": 5}
    request: Json = {"model": "claude-sonnet-4-5", "system": "You find parcels.", "messages": [ASKED]}
    again = request | {
        "messages": [ASKED, {"role": "assistant", "content": [use]}, {"role": "user", "content": [failed]}]
    }
    answer = of_anthropic({"type": "text", "text": "Not found."}, "end_turn") | {"id": "msg_2"}
    steps, tally = read(
        tmp_path, {"request": request, "response": first}, {"request": again, "response": answer}
    )
    assert (tally.sessions, [step.kind for step in steps]) == (1, ["llm", "tool", "llm"])
    assert (steps[0].input_tokens, steps[0].cache_read_tokens, steps[0].cache_write_tokens) == (155, 30, 5)
    assert (steps[1].error, steps[1].error_type) == (True, "tool_error")


def test_a_refused_call_failed_for_the_reason_given(tmp_path: Path) -> None:
    error = {"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded"}}
    row = {"request": {"model": "m", "messages": [ASKED]}, "response": error, "status": 429}
    (step,), _ = read(tmp_path, row)
    assert (step.error, step.error_class, step.input_tokens) == (True, "rate_limit", None)


def test_what_is_no_call_is_skipped_and_named(tmp_path: Path) -> None:
    steps, tally = read(
        tmp_path,
        "{",
        {"request": {"model": "m"}},
        {"request": {"model": "m", "input": "x"}, "response": {"data": [], "usage": {}}},
        {"request": {"model": "m", "messages": [3]}, "response": {"choices": []}},
        of_chat([ASKED], DONE),
    )
    assert len(steps) == 1
    assert (tally.records, sum(tally.skipped.values())) == (5, 4)
    assert sorted(why.partition(":")[0] for why in tally.skipped) == [
        "neither OpenAI's chat or responses nor Anthropic's messages, or a stream",
        "no request with a response",
        "not a line of JSON with request and response",
        "not a recorded call",
    ]
