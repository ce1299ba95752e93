"""A contract as one interceptor of a host that speaks agent-hooks."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, cast

from trimtab.edge.runtime import Budget, Session
from trimtab.vocabulary.contract import Contract, Decision, Facts, Point, Tally, decide, explain
from trimtab.vocabulary.kernel import Clock, SystemClock

MOST_SESSIONS = 10_000
Context = Mapping[str, Any]
Wire = dict[str, Any]
SPOKEN = {"input": "input", "post_model_call": "response", "output": "output"}


class Contracted:
    """Decides at every point as a contract says; what a session said and spent is known to this object alone.

    What needs a yes is a deny that an approval lifts, a warning an allow with warnings. A call that another interceptor then stops
    stays counted.
    """

    def __init__(self, contract: Contract, clock: Clock | None = None, budget: Budget | None = None) -> None:
        """Begin without a session."""
        self._contract, self._clock = contract, clock or SystemClock()
        self._budget = budget or Tally()
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()

    def intercept(self, context: Context) -> Wire:
        """The verdict about what is about to happen, or did."""
        with self._lock:
            point = cast("Point", context["interception_point"])
            session = self._session(context)
            facts = self._facts(point, context, session)
            decision = decide(self._contract, point, facts)
            if decision.allowed:
                decision = self._learn(point, session, facts, decision)
            return verdict_of(decision, place_of(point, context))

    def _session(self, context: Context) -> Session:
        name = str(context["session"]["id"])
        found = self._sessions.get(name)
        if found is None:
            found = self._sessions[name] = Session(name, self._clock)
            while len(self._sessions) > MOST_SESSIONS:
                self._sessions.popitem(last=False)
        return found

    def _facts(self, point: Point, context: Context, session: Session) -> Facts:
        call: Mapping[str, Any] = context.get("tool_call") or {}
        if point == "pre_model_call":
            for one in context["messages"]:
                if one.get("role") == "system":
                    session.provenance.hear("system", str(one.get("content") or ""))
        result: Any = None
        if point == "post_tool_call":
            result = context["tool_result"]["value"]
            tool = self._contract.tools.get(call["name"])
            session.provenance.read(tool, result, name=call["name"], args=call["args"])
        return Facts(
            tool=str(call.get("name") or ""),
            args=call.get("args") or {},
            result=result,
            text=text_of(point, context),
            model=str((context.get("model") or {}).get("id") or ""),
            session=session.state,
            provenance=session.provenance,
            results=session.results,
            spent=self._budget.spent,
            now_ns=self._clock.now_ns(),
        )

    def _learn(self, point: Point, session: Session, facts: Facts, decision: Decision) -> Decision:
        """Remember what was let through."""
        if point == "input":
            session.provenance.hear("user", facts.text)
        elif point == "pre_tool_call":
            session.began(facts.tool, self._contract.tools.get(facts.tool))
            self._budget.reserve(decision.reservations)
        elif point == "post_tool_call" and decision.would != "deny":
            session.valid(facts.tool, facts.result)
        return decision


def text_of(point: Point, context: Context) -> str:
    """The text that a point is about."""
    if point == "pre_model_call":
        messages = context["messages"]
        return str(messages[-1].get("content") or "") if messages else ""
    found = context.get(SPOKEN.get(point, ""))
    return str(found.get("content") or "") if found else ""


def place_of(point: Point, context: Context) -> str:
    """Where, below the target, that stands which a contract may replace."""
    if point in ("pre_tool_call", "post_tool_call"):
        return "$target"
    return (
        f"$target[{len(context['messages']) - 1}].content" if point == "pre_model_call" else "$target.content"
    )


def verdict_of(decision: Decision, place: str) -> Wire:
    """A decision in the words of agent-hooks."""
    reasons = decision.reasons
    code = f"trimtab:{reasons[-1].code}" if reasons else None
    if not decision.allowed:
        found: Wire = {"decision": "deny", "reason": code, "message": explain(decision)}
        return found | ({"approval": {}} if decision.verdict == "ask" else {})
    value = next((one for one in (decision.args, decision.result, decision.text) if one is not None), None)
    warnings = [{"reason": f"trimtab:{one.code}", "message": one.message} for one in reasons]
    beside: Wire = {"warnings": warnings} if warnings else {}
    if value is not None and decision.mode == "enforce":
        kept = dict(decision.args) if decision.args is not None else value
        return {"decision": "transform", "transform": {"path": place, "value": kept}} | beside
    return {"decision": "allow"} | beside
