"""What a contract says of each event of the host, and what is remembered of it."""

from collections import ChainMap
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, cast

from trimtab.edge.runtime import Budget, advisers_of, decided
from trimtab.edge.sdk.hooks import wire
from trimtab.edge.sdk.hooks.memory import Memory
from trimtab.edge.sdk.hooks.replay import Replayed
from trimtab.edge.sdk.hooks.tell import Teller
from trimtab.edge.sdk.hooks.wire import Answer, Event
from trimtab.edge.sdk.tools.tell import words_of
from trimtab.vocabulary.contract import Contract, Decision, Facts, Point, Reason, explain
from trimtab.vocabulary.kernel import Clock

NOT_HERE = "which cannot be done here"


class Points:
    """One event of one session, under the contract. `permits`: a yes of the contract spares the host's own question."""

    def __init__(
        self,
        contract: Contract,
        clock: Clock,
        memory: Memory,
        known: Replayed,
        teller: Teller,
        *,
        budget: Budget,
    ) -> None:
        """Know everything that is asked."""
        self._contract, self._clock, self._memory = contract, clock, memory
        self._known, self._teller, self._budget = known, teller, budget
        self.permits = False

    def answer(self, event: Event) -> Answer:
        """What the host is answered."""
        found: Callable[[Event], Answer] | None = {
            "SessionStart": self.begun,
            wire.SAID: self.said,
            wire.BEFORE: self.before,
            wire.AFTER: self.after,
            wire.FAILED: self.failed,
            wire.ANSWERED: self.answered,
            "SessionEnd": self.ended,
        }.get(event.name)
        if found is not None:
            return found(event)
        self._teller.note(self._known, event)
        return {}

    def begun(self, event: Event) -> Answer:
        """The session begins, or goes on."""
        del event
        decision = self.at("agent_startup", "")
        return {} if decision.allowed else {"continue": False, "stopReason": explain(decision)}

    def said(self, event: Event) -> Answer:
        """The user says something: from here on it is the user's word, unless it is stopped."""
        text = event.text("prompt")
        decision = self.at("input", text)
        if stop := stopped(decision, "what the user says"):
            return wire.block(stop)
        self.remember("hear", source="user", text=text)
        turn = self._teller.ids()
        self.remember("turn", ns=self._clock.now_ns(), trace=turn[0], span=turn[1], text=text)
        return {}

    def before(self, event: Event) -> Answer:
        """A call is about to happen."""
        name, args, known = event.tool, event.args, self._known
        again = known.calls.get(event.text("tool_use_id"))
        if again is not None and (again.tool, again.args) == (name, args):
            return dict(again.said)  # a hook that is configured twice decides once
        if self.mode_of(name) == "enforce":
            known.check_room()
        decision = self.decided("pre_tool_call", Facts(tool=name, args=args, spent=self.spent()))
        decision = self.reserved(self.askable(decision, event))
        said = self.said_of(decision)
        told = words_of(decision, self._contract.digest)
        if decision.verdict == "deny":
            self._teller.refused(known, event, decision, told)
            return said
        self.remember(
            "call",
            id=event.text("tool_use_id"),
            tool=name,
            args=args,
            ns=self._clock.now_ns(),
            asked=decision.verdict == "ask",
            spent={one.key: one.amount for one in decision.reservations if not one.ends_ns},
            said=said,
            told=told,
        )
        return said

    def said_of(self, decision: Decision) -> Answer:
        """The answer of a decision before a call."""
        if decision.mode != "enforce":
            return {}
        changed, why = decision.args, explain(decision)
        verdict = decision.verdict if decision.verdict in ("deny", "ask") else "allow" if self.permits else ""
        if changed is not None and not verdict:
            verdict = "ask"  # without a verdict the host takes no other arguments
        note = why if decision.verdict == "warn" else ""
        return wire.before(verdict, why, None if verdict == "deny" else changed, note)

    def askable(self, decision: Decision, event: Event) -> Decision:
        """The decision, as a deny where nobody whose yes would count can be asked at this terminal."""
        need = decision.need
        if decision.verdict != "ask" or need is None:
            return decision
        why = ""
        if event.text("permission_mode") in wire.NOBODY_ASKED:
            why = f"nobody is asked in the mode {event.text('permission_mode')}"
        elif need.role or need.quorum > 1 or need.not_requester:
            whose = f"{need.quorum} yes of {need.role or 'somebody else than who asked for it'}"
            why = f"it needs {whose}, which nobody can give at this terminal"
        return denied(decision, "approval", why) if why else decision

    def reserved(self, decision: Decision) -> Decision:
        """The decision once the day's budgets are taken from, which other sessions share."""
        wanted = [one for one in decision.reservations if one.ends_ns]
        if not wanted or self._budget.reserve(wanted) or decision.mode != "enforce":
            return decision
        return denied(decision, "budget", "the budget went to another call")

    def after(self, event: Event) -> Answer:
        """A call gave a result; the host has it already, and it is remembered before anything else."""
        value = wire.value_of(event.words.get("tool_response"))
        facts = Facts(tool=event.tool, args=event.args, result=value)
        began = self._known.calls.get(event.text("tool_use_id"))
        decision = self.decided("post_tool_call", facts)
        self.learn(event, value, valid=decision.would != "deny")
        self._teller.called(self._known, event, began, decision, value)
        if decision.mode != "enforce":
            return {}
        if not decision.allowed:
            return wire.block(explain(decision))
        if decision.result is not None:
            return wire.masked(event.words.get("tool_response"), decision.result, explain(decision))
        return {}

    def failed(self, event: Event) -> Answer:
        """A call failed; what it says of that is read like a result."""
        began = self._known.calls.get(event.text("tool_use_id"))
        self.learn(event, {"error": event.text("error")}, valid=False)
        self._teller.called(self._known, event, began, None, None)
        return {}

    def learn(self, event: Event, value: Any, *, valid: bool) -> None:
        """Remember what a tool gave."""
        self.remember(
            "read",
            id=event.text("tool_use_id"),
            tool=event.tool,
            args=event.args,
            value=value,
            valid=valid,
        )

    def answered(self, event: Event) -> Answer:
        """The model has answered; it is sent back once where the contract stops the answer."""
        text = event.text("last_assistant_message")
        decision = self.at("output", text)
        stop = stopped(decision, "the answer")
        if stop and event.words.get("stop_hook_active") is not True:
            return wire.block(stop)
        self._teller.answered(self._known, text, self._clock.now_ns())
        self.remember("answered")
        return {"systemMessage": stop} if stop else {}

    def ended(self, event: Event) -> Answer:
        """The session ends; calls that were never seen to happen are told of."""
        self.at("agent_shutdown", "")
        self._teller.ended(self._known, event)
        return {}

    def at(self, point: Point, text: str) -> Decision:
        """The decision at a point that is no tool call."""
        decision = self.decided(point, Facts(text=text))
        if decision.reasons:
            self._teller.decided(self._known, point, decision, words_of(decision, self._contract.digest))
        return decision

    def decided(self, point: Point, facts: Facts) -> Decision:
        """A decision about what is known of the session."""
        session = self._known.session
        facts.session, facts.provenance = session.state, session.provenance
        facts.results, facts.now_ns = session.results, self._clock.now_ns()
        return decided(advisers_of(self._contract), self._contract, point, facts)

    def spent(self) -> Mapping[str, float]:
        """What is spent of the session's budgets, and of those that it shares."""
        return ChainMap(self._known.spent, cast("MutableMapping[str, float]", self._budget.spent))

    def mode_of(self, tool: str) -> str:
        """The mode in which a tool is called, the contract's for one that is not listed."""
        found = self._contract.tools.get(tool)
        return found.mode if found else self._contract.mode

    def remember(self, kind: str, **words: Any) -> None:
        """Keep a line, and know it."""
        self._memory.add(kind, **words)
        self._known.take(self._contract, self._memory.lines[-1])


def stopped(decision: Decision, what: str) -> str:
    """Why a text does not go on, "" where it does; no hook takes another text."""
    if not decision.allowed:
        return explain(decision)
    if decision.text is not None and decision.mode == "enforce":
        return f"the contract replaces {what}, {NOT_HERE}: {explain(decision)}"
    return ""


def denied(decision: Decision, code: str, why: str) -> Decision:
    """A decision as a deny, for one more reason."""
    reason = Reason(code=code, verdict="deny", message=why)
    return Decision(
        point=decision.point,
        verdict="deny",
        would="deny",
        mode=decision.mode,
        tool=decision.tool,
        effect=decision.effect,
        reasons=(*decision.reasons, reason),
    )
