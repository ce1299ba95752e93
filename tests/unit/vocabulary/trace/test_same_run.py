"""One run, written down by eight emitters: the steps are the same but for what an emitter cannot say.

What may differ is listed per emitter in `UNSAID`, with the reason.
"""

from typing import Any

import pytest
from tests.support.same_run import EMITTERS, RULES, TRACK, Run, gen_ai
from tests.support.spans import PLACE

from trimtab.vocabulary.trace import RawSpan, Step, normalise, shared_by
from trimtab.vocabulary.trace.dialects.conversation import prompt, tools

UNSAID: dict[str, dict[str, str]] = {
    "early": {"tools_hash": "the era had no place for the tools offered"},
    "mlflow": {"own_agent": "the name of the span"},
    "langfuse": {
        "own_agent": "the name of the span",
        "tool": "the name of the span",
        "provider": "not recorded",
        "model_requested": "not recorded apart",
        "finish": "not recorded",
    },
    "langsmith": {"kind": "an agent is a chain among others"},
}


def steps_of(run: Run) -> list[Step]:
    """The steps of a run, in the order agent, call, call, tool, tool that fails; all else is equal."""
    shared = shared_by({"service.name": "shop"}, PLACE)
    found: list[Step] = []
    for at, attributes in enumerate(run):
        failed = at == len(run) - 1
        place = (b"\1" * 16, at + 1, int(at > 0), "a step", at, at + 1)
        said = "TimeoutError: no answer" if failed else ""
        found.append(normalise(RawSpan(*place, 2 if failed else 0, said, attributes, [], 7), shared, at))
    return found


def test_the_run_is_as_it_was() -> None:
    agent, first, second, track, notify = steps_of(gen_ai())
    assert [step.kind for step in (agent, first, second, track, notify)] == [
        "agent",
        "llm",
        "llm",
        "tool",
        "tool",
    ]
    assert {(step.own_session, step.user) for step in (agent, first, second, track, notify)} == {("s1", "u1")}
    assert (first.input_tokens, first.cache_read_tokens, first.output_tokens) == (120, 20, 30)
    assert (first.messages, first.user_messages, first.tool_calls) == (3, 1, 2)
    assert (second.messages, second.user_messages, second.tool_calls) == (6, 1, 0)
    assert (first.prompt_hash, first.tools_hash) == (prompt(RULES), tools([TRACK]))
    assert (first.provider, first.model, first.model_requested) == ("openai", "m-2", "m")
    assert (notify.tool, notify.error, notify.error_class) == ("notify", True, "timeout")


@pytest.mark.parametrize("emitter", EMITTERS[1:], ids=lambda emitter: emitter.__name__)
def test_the_same_run_gives_the_same_steps(emitter: Any) -> None:
    unsaid = UNSAID.get(emitter.__name__, {})
    for step, expected in zip(steps_of(emitter()), steps_of(gen_ai()), strict=True):
        told = {
            field
            for field, value, wanted in zip(Step._fields, step, expected, strict=True)
            if value != wanted
        }
        assert told - {"dialect"} <= unsaid.keys(), (step, expected)


@pytest.mark.parametrize("emitter", EMITTERS[1:], ids=lambda emitter: emitter.__name__)
def test_what_is_said_to_differ_does(emitter: Any) -> None:
    differing = {
        field
        for step, expected in zip(steps_of(emitter()), steps_of(gen_ai()), strict=True)
        for field, value, wanted in zip(Step._fields, step, expected, strict=True)
        if value != wanted
    }
    assert UNSAID.get(emitter.__name__, {}).keys() <= differing
