"""A call that changes something: once per unit of work, whatever breaks, and what nobody knows is said."""

from collections.abc import Generator
from dataclasses import replace
from typing import Any

from trimtab.edge.runtime.attempts import Trying, attempt_all
from trimtab.edge.runtime.audit import tell_grants, tell_start
from trimtab.edge.runtime.guard.retry import REPEATABLE
from trimtab.edge.runtime.model import Act, Outcome, Reply, Sleep
from trimtab.edge.runtime.record import Claim, Row, Settlement, UndoEntry, fingerprint_of
from trimtab.edge.runtime.verify import names_of, values_of, verify
from trimtab.vocabulary.contract import Decision, Fault

LEASE_MARGIN_S = 5.0
JOIN_S = 0.1
DAY_S = 86_400.0
DO_NOT_REPEAT = "nobody knows whether it happened; do not repeat it, look it up or ask a human"
FOUND = "found_by_looking"
Steps = Generator[Act, Reply | None, Outcome]


def write(trying: Trying, decision: Decision | None) -> Steps:
    """Do a unit of work once: take it in the ledger, reserve, send, and say how it ended; an undo has no decision."""
    row = yield from take(trying, again=decision is None)
    if not row.mine:
        return (yield from known(trying, row))
    if row.sent and trying.tool.effect not in REPEATABLE:
        trying.setting.ledger.settle(trying.key, trying.owner, Settlement(state="unknown"))
        return (yield from resolve(trying, DO_NOT_REPEAT))
    refused = tell_start(trying) or (None if row.sent else reserve(trying, decision))
    if refused:
        trying.setting.ledger.release(trying.key, trying.owner)
        return refused
    trying.before_send = lambda: trying.setting.ledger.mark_sent(trying.key, trying.owner)
    try:
        reply = yield from attempt_all(trying)
    except BaseException:
        trying.setting.ledger.settle(trying.key, trying.owner, Settlement(state="unknown"))
        raise
    return (
        yield from conclude(
            trying, replace(reply, ending="error") if doubted(row, reply) else reply, decision
        )
    )


def doubted(row: Row, reply: Reply) -> bool:
    """Whether it may have happened in an earlier life of this work, although not now."""
    return row.sent and reply.ending in ("not_sent", "busy", "failed")


def take(trying: Trying, *, again: bool) -> Generator[Act, Reply | None, Row]:
    """The row of the work; where another is at it, wait for that one as long as there is time."""
    setting, tool = trying.setting, trying.tool
    lease_s = tool.running.timeout_s + LEASE_MARGIN_S
    left_s = min(trying.remaining_s(), tool.running.timeout_s)
    while True:
        row = setting.ledger.begin(
            Claim(
                key=trying.key,
                fingerprint=fingerprint_of(trying.args),
                owner=trying.owner,
                session=trying.session.id,
                tool=tool.name,
                args=trying.args,
                now_ns=setting.clock.now_ns(),
                lease_ns=int((lease_s * tool.running.retry.attempts + tool.running.retry.most_s) * 1e9),
                ttl_ns=int((tool.idempotency.ttl_s if tool.idempotency else DAY_S) * 1e9),
                retake=tool.effect in REPEATABLE,
                again=again,
            )
        )
        waiting = not row.mine and row.state == "pending" and row.fingerprint == fingerprint_of(trying.args)
        if not waiting or left_s <= 0:
            return row
        left_s -= JOIN_S
        yield Sleep(seconds=JOIN_S)


def known(trying: Trying, row: Row) -> Steps:
    """What the ledger says of work that is not ours to do: done before, meant differently, under way, or unknown."""
    if row.fingerprint != fingerprint_of(trying.args):
        return refusal(trying, "key_reused", "the same unit of work was asked for with other arguments")
    if row.state == "succeeded":
        code = FOUND if row.result is None else ""
        return Outcome(status="succeeded", value=row.result, source="ledger", key=row.key, code=code)
    if row.state == "failed":
        return Outcome(
            status="failed", code="tool_failed", message=str(row.result), source="ledger", key=row.key
        )
    if row.state == "pending":
        return refusal(trying, "in_flight", "the same unit of work is under way; wait for it")
    return (yield from resolve(trying, DO_NOT_REPEAT))


def refusal(trying: Trying, code: str, message: str) -> Outcome:
    """A call that was not made."""
    return Outcome(status="refused", code=code, message=message, source="none", key=trying.key)


def reserve(trying: Trying, decision: Decision | None) -> Outcome | None:
    """Use up approvals and reserve budgets; a refusal where somebody was quicker."""
    if decision is None:
        return None
    if decision.reservations and not trying.setting.budget.reserve(decision.reservations):
        return refusal(trying, "budget", "the budget went to another call in the meantime")
    if decision.grants and not trying.setting.ledger.use_grants(decision.grants):
        trying.setting.budget.release(decision.reservations)
        return refusal(trying, "approval_used", "the approval was used before; ask again")
    tell_grants(trying.setting, trying.session, decision)
    return None


def conclude(trying: Trying, reply: Reply, decision: Decision | None) -> Steps:
    """Say in the ledger how it ended; what certainly did not happen gives its budget back."""
    setting = trying.setting
    if reply.ending == "ok":
        succeed(trying, reply.value)
        seen = yield from verify(trying)
        if seen is False:
            trying.guards.breaker.note(good=False)
        certainty = "unverified" if seen is None else "verified" if seen else "contradicted"
        return Outcome(status="succeeded", value=reply.value, certainty=certainty, key=trying.key)
    if decision and not reply.ambiguous:
        setting.budget.release(decision.reservations)
    others = say(trying, reply)
    if others:
        return (yield from known(trying, others))
    if reply.ambiguous:
        return (yield from resolve(trying, f"{reply.message}: {DO_NOT_REPEAT}"))
    if reply.ending == "failed":
        return Outcome(status="failed", code="tool_failed", message=reply.message, key=trying.key)
    return Outcome(status="failed", code=reply.ending, message=reply.message, source="none", key=trying.key)


def say(trying: Trying, reply: Reply) -> Row | None:
    """Say that it did not work; the row where it is no longer ours to say, for somebody took the work over and may have done it."""
    ledger, key, owner = trying.setting.ledger, trying.key, trying.owner
    if reply.ambiguous:
        return None if ledger.settle(key, owner, Settlement(state="unknown")) else ledger.look(key)
    if reply.ending == "failed":
        said = ledger.settle(key, owner, Settlement(state="failed", result=reply.message))
        return None if said else ledger.look(key)
    ledger.release(key, owner)
    return ledger.look(key)


def succeed(trying: Trying, result: Any) -> None:
    """Say that it happened, and how it is undone, in one."""
    settlement = Settlement(state="succeeded", result=result, undo=undo_of(trying, result))
    trying.setting.ledger.settle(trying.key, trying.owner, settlement)


def undo_of(trying: Trying, result: Any) -> UndoEntry | None:
    """How this effect is taken back; stuck where the contract's words have no value."""
    plan = trying.tool.undo
    if plan is None:
        return None
    entry = UndoEntry(id=trying.key, session=trying.session.id, tool=plan.tool, args={})
    try:
        return replace(entry, args=values_of(plan.arguments, names_of(trying, result)))
    except Fault as error:
        return replace(entry, state="stuck", message=error.message)


def resolve(trying: Trying, message: str) -> Steps:
    """Look whether it happened. That it is not to be seen yet proves nothing: the call may still be on its way."""
    seen = yield from verify(trying)
    if seen:
        succeed(trying, None)
        return Outcome(status="succeeded", certainty="verified", key=trying.key, code=FOUND)
    trying.guards.breaker.note(good=False)
    return Outcome(
        status="unknown", code="unknown_outcome", message=message, certainty="unknown", key=trying.key
    )
