"""A tool call from the wish to the outcome, as steps that a driver performs: the same for threads and for asyncio.

deadline, policy, ledger, budget, rate, bulkhead, breaker, attempts, verification, stand-ins
"""

from collections.abc import Generator
from dataclasses import replace

from trimtab.edge.runtime.advice.asking import consulted
from trimtab.edge.runtime.attempts import Trying, attempt_all
from trimtab.edge.runtime.audit import tell_break, tell_decision, tell_end, tell_grants, tell_seen
from trimtab.edge.runtime.deadline import CURRENT
from trimtab.edge.runtime.model import Act, Context, Invoke, Outcome, Reply, Work
from trimtab.edge.runtime.record import key_of_work
from trimtab.edge.runtime.session import Session
from trimtab.edge.runtime.setting import Setting
from trimtab.edge.runtime.standin import stand_in
from trimtab.edge.runtime.writing import FOUND, known, write
from trimtab.vocabulary.contract import Decision, Facts, Grant, Tool, decide, explain
from trimtab.vocabulary.kernel import Invalid

REPLAYABLE = frozenset(
    ["approval", "budget", "fixed", "flow", "intent", "link", "pre", "rule_of_two", "source", "suspected"]
)
"""Reasons against doing something now; they are none against telling that it was done."""
Steps = Generator[Act, Reply | None, Outcome]


def call(setting: Setting, session: Session, work: Work, grants: tuple[Grant, ...] = ()) -> Steps:
    """Do one unit of work as the contract says, and tell the audit log how it ended."""
    try:
        outcome = yield from done(setting, session, work, grants)
    except BaseException as error:
        tell_break(setting, session, work, error)
        raise
    tell_end(setting, session, work, outcome)
    return outcome


def done(setting: Setting, session: Session, work: Work, grants: tuple[Grant, ...]) -> Steps:
    """Do one unit of work as the contract says."""
    tool = setting.contract.tools.get(work.tool)
    facts = facts_of(setting, session, work, grants)
    if setting.advisers:
        decision = yield from consulted(setting.advisers, setting.contract, "pre_tool_call", facts)
    else:
        decision = decide(setting.contract, "pre_tool_call", facts)
    tell_decision(setting, session, work, decision)
    if not decision.allowed:
        return (yield from stopped(setting, session, work, decision))
    session.began(work.tool, tool)
    if tool is None or decision.mode != "enforce":
        return (yield from observe(setting, session, work, decision))
    try:
        trying = trying_of(setting, session, tool, work, decision)
    except Invalid as error:
        return Outcome(
            status="refused", code=error.code, message=error.message, source="none", decision=decision
        )
    outcome = yield from (write(trying, decision) if tool.writes else read(trying, decision))
    outcome.decision, outcome.attempts = decision, tuple(trying.attempts)
    if outcome.source in ("tool", "ledger") and outcome.status == "succeeded":
        show(trying, outcome, facts)
        if setting.advisers:
            outcome.after = yield from consulted(setting.advisers, setting.contract, "post_tool_call", facts)
        else:
            outcome.after = decide(setting.contract, "post_tool_call", facts)
        received(trying, outcome, outcome.after)
    if outcome.status == "failed":
        outcome = yield from stand_in(setting, session, work, outcome, call)
    setting.watch(outcome)
    return outcome


def facts_of(setting: Setting, session: Session, work: Work, grants: tuple[Grant, ...]) -> Facts:
    """What a decision may know."""
    return Facts(
        tool=work.tool,
        args=work.args,
        session=session.state,
        provenance=session.provenance,
        results=session.results,
        spent=setting.budget.spent,
        grants=grants,
        now_ns=setting.clock.now_ns(),
    )


def trying_of(setting: Setting, session: Session, tool: Tool, work: Work, decision: Decision) -> Trying:
    """The call with its key; reads need none."""
    args = work.args if decision.args is None else decision.args
    key = ""
    if tool.writes:
        scope = (session.tenant, session.id, work.unit, tool.name)
        key = key_of_work(setting.secret, scope, args, tool.idempotency)
    return Trying(setting, session, tool, args, key)


def stopped(setting: Setting, session: Session, work: Work, decision: Decision) -> Steps:
    """A call that is not let through; work that was done before is answered from the ledger all the same."""
    tool = setting.contract.tools.get(work.tool)
    if tool and tool.writes and {one.code for one in decision.reasons} <= REPLAYABLE:
        try:
            trying = trying_of(setting, session, tool, work, decision)
        except Invalid as error:
            return Outcome(status="refused", code=error.code, message=error.message, source="none")
        row = setting.ledger.look(trying.key)
        if row and row.state in ("succeeded", "unknown"):
            outcome = yield from known(trying, row)
            return replace(outcome, decision=decision, attempts=tuple(trying.attempts))
    outcome = Outcome(
        status="waiting" if decision.verdict == "ask" else "refused",
        code=decision.reasons[-1].code if decision.reasons else decision.verdict,
        message=explain(decision),
        source="none",
        decision=decision,
    )
    setting.watch(outcome)
    return outcome


def observe(setting: Setting, session: Session, work: Work, decision: Decision) -> Steps:
    """The call as it would be without us; its error, too, is the caller's own."""
    setting.budget.reserve(decision.reservations)
    now_ns = setting.clock.now_ns()
    tell_seen(setting, session, work)
    context = Context(tool=work.tool, key="", attempt=1, previous=0, deadline_ns=CURRENT.get() or 2**63)
    reply = (yield Invoke(tool=work.tool, args=work.args, context=context, timeout_s=None)) or Reply(
        ending="error"
    )
    if reply.error is not None:
        raise reply.error
    tool = setting.contract.tools.get(work.tool)
    facts = facts_of(setting, session, work, ())
    facts.result, facts.now_ns = reply.value, now_ns
    after = yield from consulted(setting.advisers, setting.contract, "post_tool_call", facts)
    session.learned(work.tool, tool, work.args, reply.value, valid=after.would != "deny")
    suspicion = session.look(work.tool, setting.contract, reply.value)
    outcome = Outcome(
        status="succeeded", value=reply.value, decision=decision, after=after, suspicion=suspicion
    )
    setting.watch(outcome)
    return outcome


def read(trying: Trying, decision: Decision) -> Steps:
    """A call that changes nothing."""
    setting = trying.setting
    if decision.reservations and not setting.budget.reserve(decision.reservations):
        return Outcome(
            status="refused", code="budget", message="the budget went to another call", source="none"
        )
    if decision.grants and not setting.ledger.use_grants(decision.grants):
        return Outcome(
            status="refused", code="approval_used", message="the approval was used before", source="none"
        )
    tell_grants(setting, trying.session, decision)
    reply = yield from attempt_all(trying)
    if reply.ending == "ok":
        return Outcome(status="succeeded", value=reply.value)
    code = "tool_failed" if reply.ending == "failed" else reply.ending
    return Outcome(status="failed", code=code, message=reply.message)


def show(trying: Trying, outcome: Outcome, facts: Facts) -> None:
    """Let the facts of the call say what came of it."""
    facts.args, facts.result, facts.advice = trying.args, outcome.value, ()
    facts.keeps_schema = not trying.tool.writes  # a reading that does not is no success
    if trying.tool.after:
        facts.session = trying.session.state


def received(trying: Trying, outcome: Outcome, after: Decision) -> None:
    """Make of the result what the agent may see: checked, masked, remembered. A write that broke its promise did happen."""
    setting, session = trying.setting, trying.session
    denied = after.verdict == "deny" and outcome.code != FOUND
    session.learned(trying.tool.name, trying.tool, trying.args, outcome.value, valid=not denied)
    outcome.suspicion = session.look(trying.tool.name, setting.contract, outcome.value)
    if not denied:
        if after.result is not None:
            outcome.value = after.result
        if not trying.tool.writes:
            setting.keep(session, trying.tool, trying.args, outcome.value)
        return
    trying.guards.breaker.note(good=False)
    outcome.value, outcome.code, outcome.message = None, after.reasons[-1].code, explain(after)
    if trying.tool.writes:
        outcome.certainty = "contradicted"
    else:
        outcome.status = "failed"
