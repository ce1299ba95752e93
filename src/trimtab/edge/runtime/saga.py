"""What a session did, taken back: the latest first, each once, also after a restart."""

from collections.abc import Generator
from dataclasses import dataclass

from trimtab.edge.runtime.attempts import Trying
from trimtab.edge.runtime.audit import tell
from trimtab.edge.runtime.model import Act, Outcome, Reply
from trimtab.edge.runtime.record import Row, UndoEntry, key_of_work
from trimtab.edge.runtime.record.told import Told
from trimtab.edge.runtime.session import Session
from trimtab.edge.runtime.setting import Setting
from trimtab.edge.runtime.writing import write


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What was taken back; `left` and `unresolved` need a person: undo entries that stuck, work nobody knows about."""

    undone: tuple[UndoEntry, ...]
    left: tuple[UndoEntry, ...]
    unresolved: tuple[Row, ...]


def undo_all(setting: Setting, session: Session) -> Generator[Act, Reply | None, Undone]:
    """Take back what the session did, from the latest; the first that cannot be undone stops it.

    The contract named the undo when it allowed the effect, so no further leave is asked.
    """
    undone: list[UndoEntry] = []
    for entry in setting.ledger.undos(session.id):
        outcome = yield from undo_one(setting, session, entry)
        tell_undo(setting, session, entry, outcome)
        if outcome.status != "succeeded":
            setting.ledger.mark_undo(entry.id, "stuck", outcome.message)
            break
        setting.ledger.mark_undo(entry.id, "undone")
        undone.append(entry)
    return Undone(
        undone=tuple(undone),
        left=tuple(setting.ledger.undos(session.id)),
        unresolved=tuple(setting.ledger.unresolved(session.id)),
    )


def tell_undo(setting: Setting, session: Session, entry: UndoEntry, outcome: Outcome) -> None:
    """Tell the audit log that an effect was taken back, or that it was not."""
    done = outcome.status == "succeeded"
    told = Told(
        event="call.compensated"
        if done
        else "call.unknown"
        if outcome.status == "unknown"
        else "call.failed",
        tool=entry.tool,
        unit=entry.id[:32],
        args=entry.args,
        reasons=(outcome.code,) if outcome.code else (),
        detail={"undo": True},
    )
    tell(setting, session, told)


def undo_one(setting: Setting, session: Session, entry: UndoEntry) -> Generator[Act, Reply | None, Outcome]:
    """Take back one effect: a unit of work of its own, with its own key."""
    tool = setting.contract.tools.get(entry.tool)
    if tool is None or (entry.state == "stuck" and not entry.args):
        message = entry.message or f"there is no tool {entry.tool}"
        return Outcome(status="failed", code="no_undo", message=message)
    scope = (session.tenant, session.id, f"undo/{entry.id}", tool.name)
    key = key_of_work(setting.secret, scope, entry.args, None)
    return (yield from write(Trying(setting, session, tool, entry.args, key), None))
