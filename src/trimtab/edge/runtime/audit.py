"""What the runtime tells the audit log: what was decided, what began, how it ended, what was taken back."""

from collections.abc import Mapping
from typing import Any

from trimtab.edge.runtime.attempts import Trying
from trimtab.edge.runtime.model import Outcome, Work
from trimtab.edge.runtime.record.told import Told
from trimtab.edge.runtime.session import Session
from trimtab.edge.runtime.setting import Setting
from trimtab.vocabulary.contract import Decision

ENDED = {
    "succeeded": "call.settled",
    "failed": "call.failed",
    "refused": "call.failed",
    "unknown": "call.unknown",
    "waiting": "approval.requested",
}
UNWRITABLE = "audit_unwritable"


def tell(setting: Setting, session: Session | None, told: Told) -> None:
    """Tell the log, where there is one."""
    if setting.audit is not None:
        setting.audit.tell(told, session, setting.contract)


def tell_decision(setting: Setting, session: Session, work: Work, decision: Decision) -> None:
    """Tell what was decided about a call, and why."""
    if setting.audit is not None:
        tell(setting, session, told_of(decision, work.tool, work.args))


def told_of(decision: Decision, tool: str = "", args: Mapping[str, Any] | None = None) -> Told:
    """A decision in the words of the log."""
    detail: dict[str, str | int | bool | None] = {"mode": decision.mode}
    if decision.point != "pre_tool_call":
        detail["point"] = decision.point
    if decision.would != decision.verdict:
        detail["would"] = decision.would
    return Told(
        event="decision",
        tool=tool,
        effect=decision.effect or "",
        args=args if decision.args is None else decision.args,
        decision=decision.verdict,
        reasons=tuple(dict.fromkeys(one.code for one in decision.reasons)),
        detail=detail,
    )


def tell_start(trying: Trying) -> Outcome | None:
    """Tell that a call that changes something begins; one that cannot be taken back does not begin untold."""
    setting, tool = trying.setting, trying.tool
    if setting.audit is None:
        return None
    told = Told(
        event="call.started", tool=tool.name, effect=tool.effect, unit=trying.key[:32], args=trying.args
    )
    if tool.effect != "irreversible":
        setting.audit.tell(told, trying.session, setting.contract)
        return None
    why = setting.audit.tell_first(told, trying.session, setting.contract)
    if not why:
        return None
    return Outcome(
        status="refused",
        code=UNWRITABLE,
        message=f"the audit log cannot be written ({why}), and {tool.name} cannot be taken back: it was not called",
        source="none",
        key=trying.key,
    )


def tell_seen(setting: Setting, session: Session, work: Work) -> None:
    """Tell that a call begins which nothing here may hold up, written or not."""
    tool = setting.contract.tools.get(work.tool)
    if setting.audit is None or tool is None or not tool.writes:
        return
    told = Told(event="call.started", tool=work.tool, effect=tool.effect, unit=work.unit, args=work.args)
    say = setting.audit.tell_first if tool.effect == "irreversible" else setting.audit.tell
    say(told, session, setting.contract)


def tell_grants(setting: Setting, session: Session, decision: Decision) -> None:
    """Tell which approvals were used up."""
    for grant in decision.grants:
        tell(setting, session, Told(event="approval.used", tool=decision.tool, approval=grant))


def tell_end(setting: Setting, session: Session, work: Work, outcome: Outcome) -> None:
    """Tell how a call ended; that it was not let through, the decision says."""
    decision = outcome.decision
    if setting.audit is None:
        return
    if outcome.status == "refused" and decision is not None and not decision.allowed:
        return
    detail: dict[str, str | int | bool | None] = {"certainty": outcome.certainty}
    if outcome.source != "tool":
        detail["source"] = outcome.source
    if outcome.attempts:
        detail["attempts"] = len(outcome.attempts)
    reasons = (outcome.code,) if outcome.code else ()
    if outcome.after is not None:
        reasons += tuple(one.code for one in outcome.after.reasons)
    tell(
        setting,
        session,
        Told(
            event=ENDED[outcome.status],
            tool=work.tool,
            effect=effect_of(setting, work),
            unit=outcome.key[:32] or work.unit,
            result=outcome.value if outcome.status == "succeeded" else None,
            reasons=tuple(dict.fromkeys(reasons)),
            approval=",".join(decision.grants) if decision else "",
            detail=detail,
        ),
    )


def tell_break(setting: Setting, session: Session, work: Work, error: BaseException) -> None:
    """Tell that a call was broken off: of one that changes something nobody knows how it ended."""
    tool = setting.contract.tools.get(work.tool)
    event = "call.failed" if tool is not None and not tool.writes else "call.unknown"
    detail = {"error": type(error).__name__}
    told = Told(event=event, tool=work.tool, effect=effect_of(setting, work), unit=work.unit, detail=detail)
    tell(setting, session, told)


def effect_of(setting: Setting, work: Work) -> str:
    """What a tool's contract says that it does; nothing of one that it does not name."""
    tool = setting.contract.tools.get(work.tool)
    return tool.effect if tool else ""
