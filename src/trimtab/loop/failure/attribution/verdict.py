"""Who is to blame for a stored session that failed: its suspects with the steps they are."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from trimtab.loop.failure.attribution.rank import blame
from trimtab.loop.failure.attribution.rules import rules
from trimtab.loop.failure.attribution.turns import Said, turns_of
from trimtab.loop.failure.classify import UNKNOWN, Row
from trimtab.loop.failure.courses import courses
from trimtab.loop.failure.fingerprint import sign_session
from trimtab.loop.failure.taxonomy import taxonomy
from trimtab.loop.store import Analytics
from trimtab.vocabulary.kernel import Invalid

RUNNERS_UP = 4
TOLD = ("trace_id", "span_id", "start_ns", "kind", "name", "tool", "synthetic_time")
MAX_SAID = 400
STANDS_OUT = 2.0
"""A first suspect stands out with so many times the share that each decision would have by lot."""


def failed(session: Row) -> bool:
    """Whether a session failed, as the groups of failures count it."""
    escalated = session["outcome"] == "escalated" and session["outcome_reason"] == "defect"
    return escalated or session["outcome"] in {"failure", "abandoned"}


def judge(
    analytics: Analytics,
    project: str,
    opened: Mapping[str, Any],
    said: Mapping[tuple[int, int], Said],
    limit: int = 1 + RUNNERS_UP,
) -> dict[str, Any]:
    """The suspects of an opened session, the likeliest first, each with its share, step and evidence; and the agents.

    `stands_out` is whether the first of them has twice the share of one by lot: else the trace does not tell.
    `said` is the text of its steps, by body and ordinal; `text_unknown` counts the turns that have none. Raises
    `Invalid` for a session that did not fail, or that shows nothing to blame.
    """
    session, steps, known = opened["session"], opened["steps"], taxonomy()
    if not failed(session):
        raise Invalid(
            f"{session['session']} did not fail: its outcome is {session['outcome']}",
            hint="`trimtab sessions --outcome failure` lists those that did",
        )
    turns = turns_of(steps, said, known)
    verdict = blame(turns)
    if not verdict.suspects:
        raise Invalid(
            f"{session['session']} shows no decision: no model call, no agent, no tool",
            hint="`trimtab coverage` says what to instrument",
        )
    course = courses(analytics, project, [session], known).get(session["session"], UNKNOWN)
    signature = sign_session(session["agent"], course, known)
    return {
        "session": session["session"],
        "outcome": session["outcome"],
        "taxonomy": known.version,
        "rules": rules().version,
        "fingerprint": signature.fingerprint,
        "title": signature.title,
        "decisions": len(verdict.suspects),
        "stands_out": verdict.suspects[0].share >= STANDS_OUT / len(verdict.suspects),
        "turns": sum(turn.kind != "user" for turn in turns),
        "text_unknown": sum(turn.kind != "user" and not turn.text for turn in turns),
        "agents": [{"agent": agent, "share": share} for agent, share in verdict.agents],
        "suspects": [
            asdict(one)
            | {"step": {name: steps[int(one.ref)][name] for name in TOLD}}
            | {"number": 1 + sum(of.place < one.place for of in verdict.suspects)}
            | {"said": turns[one.place].text[:MAX_SAID]}
            for one in verdict.suspects[:limit]
        ],
    }
