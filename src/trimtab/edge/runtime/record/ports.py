"""What must survive a crash."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from trimtab.edge.runtime.record.model import Claim, Row, Settlement, UndoEntry, UndoState
from trimtab.vocabulary.contract import Reservation


class Ledger(Protocol):
    """Units of work, each once. What is told is durable when the method returns."""

    def begin(self, claim: Claim) -> Row:
        """The row of a unit of work, `mine` if the claim got it: it is new, or its lease ended, or it may be retaken.

        What succeeded or failed is forgotten at its end of time, and a claim that gets its work sweeps some of that
        away; what is pending or unknown never is. A row under another fingerprint is given back as it stands.
        """
        ...

    def look(self, key: str) -> Row | None:
        """The row of a unit of work as it stands, never `mine`; None where there is none."""
        ...

    def mark_sent(self, key: str, owner: str) -> bool:
        """Note before sending that it may have left; False where the row is no longer the owner's."""
        ...

    def settle(self, key: str, owner: str, settlement: Settlement) -> bool:
        """Note how it ended; False where that is not the owner's to say. Success is true whoever says it, and stays."""
        ...

    def release(self, key: str, owner: str) -> None:
        """Forget a pending row of the owner: nothing was sent, or certainly nothing happened."""
        ...

    def unresolved(self, session: str) -> list[Row]:
        """The rows of a session of which nobody knows how they ended, in the order of their keys."""
        ...

    def undos(self, session: str) -> list[UndoEntry]:
        """The undo entries of a session that are ready or stuck, the latest first."""
        ...

    def mark_undo(self, id: str, state: UndoState, message: str = "") -> None:  # noqa: A002 - it is the entry's id
        """Note how an undo went; what is undone is forgotten."""
        ...

    def use_grants(self, ids: Sequence[str]) -> bool:
        """Use these approvals up, all or none; False where one was used before."""
        ...


class Budget(Protocol):
    """What calls reserve before they happen."""

    @property
    def spent(self) -> Mapping[str, float]:
        """What is spent or reserved, by key; a day's until it ends, a session's for a month after its last call."""
        ...

    def reserve(self, reservations: Iterable[Reservation]) -> bool:
        """Make all of these, or none where one is over its budget."""
        ...

    def release(self, reservations: Iterable[Reservation]) -> None:
        """Give back what is known not to have happened."""
        ...
