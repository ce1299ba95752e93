"""A stored session as turns: decisions, what tools gave back, and what was said to the agents."""

from dataclasses import dataclass
from typing import Any

from trimtab.loop.failure import Turn, taxonomy, turns_of


@dataclass(frozen=True)
class Text:
    whole: str = ""
    given: str = ""
    gave: str = ""


def step(kind: str, ordinal: int, **more: Any) -> dict[str, Any]:
    empty = dict.fromkeys(
        ("tool", "handoff", "error_type", "error_class", "error_message", "inner_error"), ""
    )
    fields = {"kind": kind, "agent": "a", "error": False, "repeated": False, "body": 1, "ordinal": ordinal}
    return empty | fields | more


def turns(steps: list[dict[str, Any]], *texts: Text) -> list[Turn]:
    return turns_of(steps, {(1, n): text for n, text in enumerate(texts)}, taxonomy())


def test_a_run_reads_as_it_went() -> None:
    steps = [step("agent", 0), step("llm", 1), step("tool", 2, tool="get_room"), step("llm", 3)]
    found = turns(
        steps,
        Text(whole="all of it"),
        Text(whole="rules, task", given="task", gave="get_room 7"),
        Text(given='{"n": 7}', gave="room 7 is free"),
        Text(whole="rules, task, room 7 is free", given="room 7 is free", gave="it is free"),
    )
    assert [(t.kind, t.text, t.ref) for t in found] == [
        ("user", "rules, task", ""),
        ("say", "get_room 7", "1"),
        ("tool", "room 7 is free", "2"),
        ("say", "it is free", "3"),
    ]
    assert (found[2].tool, found[2].call, found[2].changes) == ("get_room", 'get_room({"n": 7})', False)


def test_a_tool_that_may_have_changed_something_is_told_from_one_that_reads_fails_or_hands_over() -> None:
    steps = [
        step("llm", 0),
        step("tool", 1, tool="book_room"),
        step("tool", 2, tool="book_room", error=True, error_message="full"),
        step("tool", 3, tool="transfer_to_desk", handoff="desk"),
        step("tool", 4, tool="book_room", inner_error="Timeout"),
    ]
    tools = [t for t in turns(steps) if t.kind == "tool"]
    assert [t.changes for t in tools] == [True, False, False, False]
    assert [t.error for t in tools] == ["", "full", "", "Timeout"]
    assert [t.handoff for t in tools] == ["", "", "desk", ""]


def test_without_model_calls_the_runs_of_agents_speak() -> None:
    found = turns([step("agent", 0), step("tool", 1, tool="pay")], Text(gave="paid"), Text(gave="done"))
    assert [(t.kind, t.text) for t in found] == [("say", "paid"), ("tool", "done")]


def test_without_agents_too_the_decision_to_call_stands_before_the_tool() -> None:
    found = turns([step("tool", 0, tool="pay"), step("tool", 1, tool="pay")])
    assert [(t.kind, t.ref) for t in found] == [("say", "0"), ("tool", "0"), ("say", "1"), ("tool", "1")]


def test_a_step_that_tells_of_a_call_again_is_no_turn() -> None:
    steps = [step("llm", 0), step("llm", 1, repeated=True), step("tool", 2, tool="pay", repeated=True)]
    assert [t.ref for t in turns(steps)] == ["0"]


def test_text_that_is_gone_is_empty_and_the_error_stays() -> None:
    (found,) = turns([step("llm", 7, error=True, error_type="RateLimit")])
    assert (found.text, found.error) == ("", "RateLimit")
