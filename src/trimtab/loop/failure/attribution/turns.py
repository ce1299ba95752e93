"""A stored session as turns: what its steps were given and gave, in their order."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from trimtab.loop.failure.classify import Row, what
from trimtab.loop.failure.model import Turn
from trimtab.loop.failure.taxonomy import Taxonomy

SPEAKING = (frozenset({"llm", "plan"}), frozenset({"agent"}))
"""Kinds of steps that decide; the second where a session shows none of the first."""
ANSWERING = frozenset({"tool", "retrieve", "rerank", "embedding", "memory"})


class Said(Protocol):
    """What a step was given, all of it and what is new, and what it gave; "" is not known."""

    @property
    def whole(self) -> str:
        """All that it was given."""
        ...

    @property
    def given(self) -> str:
        """The last message that it was given, or its arguments."""
        ...

    @property
    def gave(self) -> str:
        """What it gave."""
        ...


def turns_of(steps: Sequence[Row], said: Mapping[tuple[int, int], Said], taxonomy: Taxonomy) -> list[Turn]:
    """The turns of a session from its steps in order of time, and what was said at (body, ordinal).

    A model call is what the agent says, a plan a plan, a tool or a retrieval what a tool gave back. What a model
    call was given stands before it as a user's where no turn said it: all of it at an agent's first call, later
    its last message. Where a session shows no model call, the runs of its agents speak, and where it shows none of
    those either, the decision to call a tool stands before it, in no words. Steps that tell of a call again are
    skipped. `ref` is the place of the step among `steps`.
    """
    places = [place for place, step in enumerate(steps) if not step["repeated"]]
    present = {steps[place]["kind"] for place in places}
    speaking = next((kinds for kinds in SPEAKING if kinds & present), frozenset[str]())
    turns: list[Turn] = []
    heard: set[str] = set()
    met: set[str] = set()
    for place in places:
        step = steps[place]
        agent, of = step["agent"], said.get((step["body"], step["ordinal"]))
        if step["kind"] in speaking:
            given = "" if of is None else of.given if agent in met else of.whole
            if given and given not in heard:
                turns.append(Turn(kind="user", agent="user", text=given))
            met.add(agent)
            turns.append(decision(step, of, str(place)))
        elif step["kind"] in ANSWERING:
            if not speaking:
                turns.append(Turn(kind="say", agent=agent, text="", ref=str(place)))
            turns.append(result(step, of, str(place), taxonomy))
        heard.update(turn.text for turn in turns[-2:])
    return turns


def decision(step: Row, of: Said | None, ref: str) -> Turn:
    """What an agent said or planned."""
    text = "" if of is None else of.gave
    kind = "plan" if step["kind"] == "plan" else "say"
    return Turn(kind=kind, agent=step["agent"], text=text, error=error_of(step), ref=ref)


def result(step: Row, of: Said | None, ref: str, taxonomy: Taxonomy) -> Turn:
    """What a tool gave back; a tool whose name is no verb of reading may have changed something."""
    error, name = error_of(step), what(step)
    return Turn(
        kind="tool",
        agent=step["agent"],
        text="" if of is None else of.gave,
        tool=name,
        call=f"{name}({of.given})" if of is not None and of.given else "",
        changes=step["kind"] == "tool"
        and not error
        and not taxonomy.only_reads(name)
        and not step["handoff"],
        handoff=step["handoff"],
        error=error,
        ref=ref,
    )


def error_of(step: Row) -> str:
    """The error of a step in words, "" where it had none; a nested step of the same call counts."""
    if not step["error"]:
        return step["inner_error"]
    return step["error_message"] or step["error_type"] or step["error_class"] or "error"
