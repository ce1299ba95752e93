"""A contract at work in this process: every tool of the agent is called through here."""

import inspect
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Any

from trimtab.edge.audit import AuditLog
from trimtab.edge.runtime import Outcome, Runtime, Session, Told
from trimtab.edge.sdk.lineage.context import Lineage
from trimtab.edge.sdk.steps import Step
from trimtab.edge.sdk.tools.ask import Ask, Question, RanOut, aside, grants_of, here_first
from trimtab.edge.sdk.tools.given import GIVEN, UNIT, Given
from trimtab.edge.sdk.tools.stopped import Stopped
from trimtab.edge.sdk.tools.tell import tell_decision, tell_outcome, tell_version
from trimtab.edge.sdk.warn import warn_once
from trimtab.vocabulary.contract import (
    Contract,
    Facts,
    Grant,
    Point,
    explain,
    masked_stream,
    stream_of,
)

if TYPE_CHECKING:
    from trimtab.vocabulary.kernel import Clock
    from trimtab.vocabulary.redaction import Stream

MOST_SESSIONS = 10_000
WAIT_S = 60.0
"""So long a call waits for a yes where the contract does not list its tool."""


class Bound:
    """The contract, the runtime that keeps it, and what is known of the sessions that run.

    `chosen` is what a control document chooses now, by kind: bundle, model, split.
    """

    def __init__(
        self,
        contract: Contract,
        runtime: Runtime,
        clock: "Clock",
        ask: Ask | None = None,
        audit: AuditLog | None = None,
    ) -> None:
        """Begin without a session."""
        self.contract, self.runtime, self._clock, self._ask = contract, runtime, clock, ask
        self.audit = audit
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self.version, self.asks_afar = 0, False
        self.chosen: Mapping[str, str] = {}

    def ask_afar(self, ask: Ask) -> None:
        """Ask people elsewhere from now on: that takes its time, and must not hold up an event loop."""
        self._ask, self.asks_afar = ask, True

    def ask_here(self, ask: Ask) -> None:
        """Ask here first from now on, and as before where that gives None: nobody here can be asked."""
        self._ask, self.asks_afar = here_first(ask, self._ask), False

    def obey(self, contract: Contract, version: int) -> None:
        """Go on under the contract as a version of the control document lets it be; what was decided before goes its way."""
        self.contract, self.version = contract, version
        self.runtime.obey(contract)

    def enter(self, lineage: Lineage, intent: str = "") -> Session:
        """The session as its tool calls need it; one that ran before goes on."""
        found = self._sessions.get(lineage.session)
        if found is not None:
            return found
        name = lineage.session or secrets.token_hex(16)  # a call outside of a session is a session of its own
        found = self.runtime.session(name, tenant=lineage.tenant, user=lineage.user, intent=intent)
        if lineage.session:
            self._sessions[lineage.session] = found
        while len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return found

    def used(self, lineage: Lineage, tokens: int) -> None:
        """Count tokens against the limits of a session."""
        if lineage.session:
            self.enter(lineage).tokens += tokens

    def leave(self, session: str) -> None:
        """Forget a session that has ended."""
        self._sessions.pop(session, None)

    def flush(self) -> bool:
        """Write the audit log; whether it is on disk."""
        return self.audit is None or self.audit.flush()

    def close(self) -> None:
        """Sign the audit log and close it."""
        if self.audit is not None:
            self.audit.close()

    def call(self, given: Given, lineage: Lineage, step: Step) -> Any:
        """Call a tool; raises `Stopped`, or the tool's own error."""
        session = self.enter(lineage)
        self._check_readable(given)
        token = GIVEN.set(given)
        try:
            outcome = self.runtime.call(session, given.entry.name, given.args, unit=UNIT.get())
            if (question := self._question(session, given, outcome)) and self._ask:
                names = self._ask(question)
                grants = self._grants(session, outcome, names)
                outcome = self.runtime.call(
                    session, given.entry.name, given.args, unit=UNIT.get(), grants=grants
                )
        except Exception as error:
            if self._falls_through(given, error):
                return given.entry.run(given.values)
            raise
        finally:
            GIVEN.reset(token)
        return self._value(given, session, outcome, step)

    async def acall(self, given: Given, lineage: Lineage, step: Step) -> Any:
        """Call a tool from asynchronous code; raises `Stopped`, or the tool's own error."""
        session = self.enter(lineage)
        self._check_readable(given)
        token = GIVEN.set(given)
        try:
            outcome = await self.runtime.acall(session, given.entry.name, given.args, unit=UNIT.get())
            if (question := self._question(session, given, outcome)) and self._ask:
                names = await aside(self._ask, question) if self.asks_afar else self._ask(question)
                if isinstance(names, Awaitable):
                    names = await names
                grants = self._grants(session, outcome, names)
                outcome = await self.runtime.acall(
                    session, given.entry.name, given.args, unit=UNIT.get(), grants=grants
                )
        except Exception as error:
            if self._falls_through(given, error):
                return await given.entry.run(given.values)
            raise
        finally:
            GIVEN.reset(token)
        return self._value(given, session, outcome, step)

    def check(self, point: Point, text: str, session: Session, step: Step, model: str = "") -> str:
        """Decide at a point that is no tool call; the text that goes on. Raises `Stopped`."""
        facts = Facts(
            text=text,
            model=model,
            session=session.state,
            provenance=session.provenance,
            now_ns=self._clock.now_ns(),
        )
        decision = self.runtime.decide(point, facts)
        tell_version(step, self.version)
        tell_decision(step, decision, self.contract.digest)
        if decision.reasons:
            self.runtime.audited(session, decision)
        if not decision.allowed:
            ended = "waiting" if decision.verdict == "ask" else "refused"
            code = decision.reasons[-1].code
            step.error(code, decision.reasons[-1].message)
            raise Stopped(explain(decision), status=ended, code=code, decision=decision)
        return text if decision.text is None or decision.mode != "enforce" else decision.text

    def masks(self) -> "Stream | None":
        """What masks an answer piece by piece; None where the contract must see all of it, or only looks on."""
        contract = self.contract
        more = contract.answer is not None or any(one.point == "output" for one in contract.checks)
        return None if more or contract.mode != "enforce" else stream_of(contract.filter)

    def masked(self, stream: "Stream", session: Session, step: Step) -> None:
        """Tell what was masked in an answer that came in pieces."""
        decision = masked_stream(self.contract, stream)
        tell_version(step, self.version)
        tell_decision(step, decision, self.contract.digest)
        if decision.reasons:
            self.runtime.audited(session, decision)

    def looks_at(self, point: Point) -> bool:
        """Whether the contract has anything to say at a point."""
        contract, limits = self.contract, self.contract.limits
        return (
            any(one.point == point for one in contract.checks)
            or self.runtime.advised_at(point)
            or (point == "output" and (contract.answer is not None or contract.filter.on))
            or (
                point == "pre_model_call"
                and (limits.cost_usd, limits.tokens, limits.duration_s) != (None,) * 3
            )
        )

    def _question(self, session: Session, given: Given, outcome: Outcome) -> Question | None:
        need = outcome.decision.need if outcome.decision and outcome.status == "waiting" else None
        if need is None or outcome.decision is None:
            return None
        tool = self.contract.tools.get(need.tool)
        return Question(
            tool=need.tool,
            args=given.args if outcome.decision.args is None else outcome.decision.args,
            why=explain(outcome.decision),
            role=need.role,
            quorum=need.quorum,
            session=session.id,
            user=session.user,
            doubts={one.argument: one.message for one in outcome.decision.reasons if one.argument},
            args_digest=need.args_digest,
            contract_digest=need.contract_digest,
            not_requester=need.not_requester,
            ttl_s=need.ttl_s,
            wait_s=tool.running.timeout_s if tool else WAIT_S,
        )

    def _grants(self, session: Session, outcome: Outcome, names: object) -> tuple[Grant, ...]:
        if inspect.isawaitable(names):
            raise TypeError("the `ask` of init is asynchronous, and the tool is not")
        need = outcome.decision.need if outcome.decision else None
        grants = grants_of(need, names, self._clock.now_ns()) if need else ()
        for one in grants:
            told = Told(event="approval.granted", tool=one.tool, approval=one.id, person=one.approver)
            self.runtime.audited(session, told)
        if need and not grants:
            event = "approval.expired" if isinstance(names, RanOut) else "approval.denied"
            self.runtime.audited(session, Told(event=event, tool=need.tool))
        return grants

    def _enforced(self, given: Given) -> bool:
        tool = self.contract.tools.get(given.entry.name)
        return (tool.mode if tool else self.contract.mode) == "enforce"

    def _check_readable(self, given: Given) -> None:
        """What a contract cannot read it cannot let through; where it only looks on, the call goes its way."""
        if given.fault is not None and self._enforced(given):
            said = f"the arguments of {given.entry.name} cannot be read: {given.fault}"
            raise Stopped(said, status="refused", code="arguments") from given.fault

    def _falls_through(self, given: Given, error: Exception) -> bool:
        """Whether the agent should be served as without us: our own fault, and nothing is enforced here."""
        if given.started or self._enforced(given):
            return False
        warn_once(f"the contract failed at {given.entry.name}: {type(error).__name__}: {error}"[:300])
        return True

    def _value(self, given: Given, session: Session, outcome: Outcome, step: Step) -> Any:
        """What the agent gets: the value, or an exception."""
        tell_version(step, self.version)
        if outcome.status == "succeeded":
            tell_outcome(step, outcome, self.contract.digest)
            return session.marked(given.entry.name, self.contract, given.original(outcome.value))
        tell_outcome(step, outcome, self.contract.digest)
        if outcome.status == "failed" and given.error is not None and not outcome.hops:
            raise given.error
        said = outcome.message or f"{given.entry.name}: {outcome.code}"
        raise Stopped(said, status=outcome.status, code=outcome.code, outcome=outcome) from given.error
