"""What stands in for a tool that could not be used: another tool, an older answer, a fixed one, a human."""

from collections.abc import Callable, Generator
from dataclasses import replace

from trimtab.edge.runtime.model import Act, Outcome, Reply, Work
from trimtab.edge.runtime.session import Session
from trimtab.edge.runtime.setting import Setting
from trimtab.vocabulary.contract import Fallback

MOST_HOPS = 4
NOT_FOR = frozenset({"tool_failed", "budget", "approval_used", "key_reused", "in_flight"})
"""Endings that another way to do the same would only evade."""
Steps = Generator[Act, Reply | None, Outcome]
Call = Callable[[Setting, Session, Work], Steps]


def stand_in(setting: Setting, session: Session, work: Work, outcome: Outcome, call: Call) -> Steps:
    """The outcome, or that of the first stand-in that works; only where certainly nothing happened."""
    tool = setting.contract.tools[work.tool]
    if outcome.status != "failed" or outcome.code in NOT_FOR:
        return outcome
    hops: tuple[str, ...] = ()
    for one in tool.running.fallbacks:
        hops = (*hops, f"{one.kind}:{one.tool}" if one.tool else one.kind)
        found = yield from stand_in_one(setting, session, work, one, call)
        if found:
            return replace(found, hops=(*hops, *found.hops), attempts=(*outcome.attempts, *found.attempts))
    return replace(outcome, hops=hops)


def stand_in_one(
    setting: Setting, session: Session, work: Work, fallback: Fallback, call: Call
) -> Generator[Act, Reply | None, Outcome | None]:
    """What one stand-in gives; None where it does not work either."""
    match fallback.kind:
        case "tool":
            if fallback.tool in work.hops or len(work.hops) >= MOST_HOPS:
                return None
            hopped = replace(work, tool=fallback.tool, hops=(*work.hops, work.tool))
            found = yield from call(setting, session, hopped)
            return found if found.status in ("succeeded", "unknown") else None
        case "cache":
            kept = setting.cache.get(session, work.tool, work.args, setting.clock.now_ns())
            if kept is None or kept[0] > fallback.age_s:
                return None
            return Outcome(status="succeeded", value=kept[1], source="cache", age_s=kept[0], code="stale")
        case "answer":
            return Outcome(status="succeeded", value=fallback.answer, source="answer", code="degraded")
        case "human":
            return Outcome(status="waiting", source="human", code="human", message="a human takes over")
