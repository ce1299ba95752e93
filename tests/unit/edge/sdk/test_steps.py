"""Sessions and steps as they are told: whose they are, how they nest, what they say."""

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import trimtab
from trimtab.vocabulary.kernel import VirtualClock


def nested(spans: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """(name, name of the parent) of each step."""
    names = {span["span_id"]: span["name"] for span in spans}
    return {(span["name"], names.get(span["parent_id"], "")) for span in spans}


def test_a_step_says_what_it_was_told() -> None:
    clock = VirtualClock()
    with trimtab.testing("support", clock=clock) as told, trimtab.session(user="u1", tenant="acme") as s:
        with trimtab.step("llm", model="gpt-5", provider="openai") as m:
            clock.advance(1.5)
            m.usage(input=120, output=30, cache_read=100)
            m.set(finish="stop", input=[{"role": "user", "content": "hi"}], own=1)
        s.outcome("success")
    llm, root = told.spans
    assert llm["name"] == "chat gpt-5"
    assert llm["end_ns"] - llm["start_ns"] == 1_500_000_000
    assert llm["attributes"] == {
        "trimtab.step.kind": "llm",
        "gen_ai.operation.name": "chat",
        "trimtab.agent": "support",
        "trimtab.tenant": "acme",
        "user.id": "u1",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.provider.name": "openai",
        "gen_ai.usage.input_tokens": 120,
        "gen_ai.usage.output_tokens": 30,
        "gen_ai.usage.cache_read.input_tokens": 100,
        "gen_ai.response.finish_reasons": "stop",
        "gen_ai.input.messages": '[{"role": "user", "content": "hi"}]',
        "own": 1,
    }
    assert root["attributes"]["trimtab.session.outcome"] == "success"
    assert root["attributes"]["trimtab.session.end"] is True
    assert {span["session"] for span in told.spans} == {s.id}
    assert len({span["trace_id"] for span in told.spans}) == 1


def test_steps_nest_over_threads_tasks_and_executors() -> None:
    def work(name: str) -> None:
        with trimtab.step("tool", name):
            pass

    async def aside(name: str) -> None:
        await asyncio.sleep(0)
        async with trimtab.step("tool", name):
            await asyncio.sleep(0)

    async def main() -> None:
        async with trimtab.session(), trimtab.step("plan"):
            await asyncio.gather(aside("a"), aside("b"))
            await asyncio.to_thread(work, "c")
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(trimtab.carry(work), ["d", "e", "f"]))
            thread = threading.Thread(target=trimtab.carry(work), args=["g"])
            thread.start()
            thread.join()

    with trimtab.testing() as told:
        asyncio.run(main())
    assert nested(told.spans) == {
        *((f"execute_tool {name}", "plan") for name in "abcdefg"),
        ("plan", "invoke_agent agent"),
        ("invoke_agent agent", ""),
    }
    assert len({span["session"] for span in told.spans}) == 1


def test_an_exception_goes_on_its_way_and_is_told() -> None:
    with trimtab.testing() as told:
        with pytest.raises(TimeoutError), trimtab.session(), trimtab.step("tool", "refund"):
            raise TimeoutError("no answer")
        with pytest.raises(KeyboardInterrupt), trimtab.session():
            raise KeyboardInterrupt
    tool, failed, stopped = told.spans
    assert tool["error"] == failed["error"] == {"type": "TimeoutError", "message": "no answer"}
    assert failed["attributes"]["trimtab.session.outcome"] == "failure"
    assert failed["attributes"]["trimtab.session.outcome_reason"] == "TimeoutError"
    assert "trimtab.session.outcome" not in stopped["attributes"]
    assert stopped["attributes"]["trimtab.session.end"] is True


def test_an_error_without_an_exception_is_told_by_hand() -> None:
    with trimtab.testing() as told, trimtab.session() as s:
        with trimtab.step("tool", "refund") as m:
            m.error("NotFound", "no such order")
        s.outcome("escalated", reason="deliberate")
    assert told.spans[0]["error"] == {"type": "NotFound", "message": "no such order"}
    assert told.spans[1]["attributes"]["trimtab.session.outcome_reason"] == "deliberate"


def test_facts_are_told_during_a_session_and_long_after() -> None:
    with trimtab.testing() as told:
        with trimtab.session("chat-1") as s:
            s.feedback(1)
            s.score("groundedness", 0.8, method="judge v1")
            s.ticket("refund")
        s.outcome("failure", reason="returned")
        trimtab.about("chat-1").label("topic", "billing", id="l1")
    assert [fact["kind"] for fact in told.facts] == ["feedback", "score", "ticket", "outcome", "label"]
    assert {fact["session"] for fact in told.facts} == {"chat-1"}
    assert len({fact["id"] for fact in told.facts}) == 5
    assert told.facts[1]["method"] == "judge v1"
    assert told.facts[3] | {"id": "", "time": 0} == {
        "id": "",
        "kind": "outcome",
        "source": "app",
        "session": "chat-1",
        "time": 0,
        "label": "failure",
        "reason": "returned",
    }


def test_an_agent_within_is_named_for_what_is_within_it() -> None:
    with trimtab.testing("front") as told, trimtab.session():
        with trimtab.step("agent", "billing"), trimtab.step("plan"):
            pass
        with trimtab.step("plan"):
            pass
    assert [(s["name"], s["agent"]) for s in told.spans[:3]] == [
        ("plan", "billing"),
        ("invoke_agent billing", "billing"),
        ("plan", "front"),
    ]


def test_a_hand_off_goes_on_in_another_process() -> None:
    with trimtab.testing("front") as told:
        with trimtab.session("s1", tenant="acme"), trimtab.step("tool", "ask_billing", handoff="billing"):
            headers = trimtab.inject({"Baggage": "theirs=1,trimtab.session.id=old"})
        assert "theirs=1" in headers["Baggage"]
        with trimtab.session(headers=headers, agent="billing"), trimtab.step("plan"):
            pass
    handed, front, plan, back = told.spans
    assert handed["attributes"]["trimtab.handoff"] == "billing"
    assert back["parent_id"] == handed["span_id"]
    assert {span["trace_id"] for span in told.spans} == {handed["trace_id"]}
    assert (back["session"], back["attributes"]["trimtab.tenant"], plan["agent"]) == ("s1", "acme", "billing")
    assert "trimtab.session.end" in front["attributes"]
    assert "trimtab.session.end" not in back["attributes"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"traceparent": "garbage"},
        {"traceparent": f"00-{'0' * 32}-{'1' * 16}-01"},
        {"traceparent": f"ff-{'1' * 32}-{'1' * 16}-01"},
        {"traceparent": f"00-{'1' * 32}-{'1' * 16}-01-more", "baggage": "%%%,=,;"},
    ],
)
def test_wrong_headers_begin_a_session_of_their_own(headers: dict[str, str]) -> None:
    with trimtab.testing() as told, trimtab.session(headers=headers) as s:
        assert s.id
    assert told.spans[0]["parent_id"] == ""
    assert told.spans[0]["attributes"]["trimtab.session.end"] is True


def test_traced_functions_are_steps() -> None:
    @trimtab.traced
    def plain(x: int) -> int:
        return x + 1

    @trimtab.traced("retrieve", "docs")
    async def later() -> str:
        await asyncio.sleep(0)
        return "found"

    @trimtab.traced("llm", model="gpt-5")
    def stream() -> Any:
        with trimtab.step("tool", "inside"):
            sent = yield 1
        return sent

    with trimtab.testing() as told:
        assert plain(1) == 2
        assert asyncio.run(later()) == "found"
        running = stream()
        assert next(running) == 1
        with pytest.raises(StopIteration) as stopped:
            running.send("x")
        assert stopped.value.value == "x"
    assert [(s["kind"], s["name"]) for s in told.spans] == [
        ("other", "plain"),
        ("retrieve", "docs"),
        ("tool", "execute_tool inside"),
        ("llm", "stream"),
    ]
    assert plain.__name__ == "plain"


async def test_a_traced_stream_does_not_become_the_parent_of_its_reader() -> None:
    @trimtab.traced("llm")
    async def stream() -> Any:
        for number in range(2):
            await asyncio.sleep(0)
            yield number

    with trimtab.testing() as told, trimtab.session():
        async with contextlib.aclosing(stream()) as items:
            async for number in items:
                with trimtab.step("tool", f"t{number}"):
                    pass
    assert nested(told.spans) >= {("execute_tool t0", "invoke_agent agent"), ("stream", "invoke_agent agent")}


def test_a_part_that_fails_is_not_the_failure_of_the_session() -> None:
    with (
        trimtab.testing() as told,
        trimtab.session("s1"),
        pytest.raises(ValueError),
        trimtab.session(headers=trimtab.inject(), agent="billing"),
    ):
        raise ValueError("no")
    part, whole = told.spans
    assert part["error"]["type"] == "ValueError"
    assert part["session"] == whole["session"] == "s1"
    assert "trimtab.session.outcome" not in {**part["attributes"], **whole["attributes"]}


def test_none_is_nothing() -> None:
    none: Any = None
    with trimtab.testing() as told, trimtab.session(none, user=none, tenant=none, agent=none) as s:
        with trimtab.step("tool", none, model=none) as m:
            m.usage(input=none)
            m.error("Odd", none)
        s.outcome("refused", none)
        s.ticket("x", none, id=none)
    assert s.id != "None"
    assert "None" not in str([span["attributes"] for span in told.spans] + told.facts)
    assert told.spans[0]["error"] == {"type": "Odd", "message": ""}


def test_without_init_nothing_happens() -> None:
    with trimtab.session(user="u") as s, trimtab.step("llm") as m:
        m.usage(input=1)
        s.outcome("success")
        s.feedback(1)
        assert trimtab.inject() == {}
    assert trimtab.flush() is True


def test_our_words_are_those_of_the_vocabulary() -> None:
    from trimtab.edge.sdk import words
    from trimtab.vocabulary.trace import FACT_SOURCES, KINDS, OUTCOMES

    assert words.OUTCOMES == OUTCOMES
    assert words.SOURCES == FACT_SOURCES
    assert words.KINDS == KINDS
