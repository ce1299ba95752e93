"""The ledger in memory: the fake of the port, and enough where nothing must survive the process."""

import heapq
import json
import threading
from collections.abc import Sequence
from dataclasses import replace

from trimtab.edge.runtime.record.model import Claim, Row, Settlement, UndoEntry, UndoState
from trimtab.edge.runtime.record.rows import SWEPT, claimed, is_over, settled
from trimtab.edge.runtime.record.text import as_text


class MemoryLedger:
    """Units of work of this process. Safe in threads."""

    def __init__(self) -> None:
        """Begin empty."""
        self._rows: dict[str, Row] = {}
        self._ends: list[tuple[int, str]] = []
        self._position = 0
        self._undos: dict[str, UndoEntry] = {}
        self._used: set[str] = set()
        self._lock = threading.RLock()

    def begin(self, claim: Claim) -> Row:
        """The row of a unit of work, `mine` if the claim got it."""
        with self._lock:
            row = claimed(self._rows.get(claim.key), claim)
            if row.mine:
                self._rows[claim.key] = row
                self._sweep(claim.now_ns)
            return row

    def _sweep(self, now_ns: int) -> None:
        for _ in range(SWEPT):
            if not self._ends or self._ends[0][0] > now_ns:
                return
            key = heapq.heappop(self._ends)[1]
            if key in self._rows and is_over(self._rows[key], now_ns):
                del self._rows[key]

    def look(self, key: str) -> Row | None:
        """The row of a unit of work as it stands."""
        with self._lock:
            row = self._rows.get(key)
            return replace(row, mine=False) if row else None

    def mark_sent(self, key: str, owner: str) -> bool:
        """Note before sending that it may have left."""
        with self._lock:
            row = self._rows.get(key)
            if row is None or row.state != "pending" or row.owner != owner:
                return False
            self._rows[key] = replace(row, sent=True)
            return True

    def settle(self, key: str, owner: str, settlement: Settlement) -> bool:
        """Note how it ended."""
        with self._lock:
            kept = replace(settlement, result=json.loads(as_text(settlement.result)))
            row = settled(self._rows.get(key), owner, kept)
            if row is None:
                return False
            self._rows[key] = row
            if row.state != "unknown":
                heapq.heappush(self._ends, (row.expires_ns, key))
            undo = settlement.undo
            if undo and undo.id not in self._undos:
                self._position += 1
                self._undos[undo.id] = replace(undo, position=self._position)
            return True

    def release(self, key: str, owner: str) -> None:
        """Forget a pending row of the owner."""
        with self._lock:
            row = self._rows.get(key)
            if row and row.state == "pending" and row.owner == owner:
                del self._rows[key]

    def unresolved(self, session: str) -> list[Row]:
        """The rows of a session of which nobody knows how they ended."""
        with self._lock:
            found = [row for row in self._rows.values() if row.session == session and row.state == "unknown"]
            return sorted((replace(row, mine=False) for row in found), key=lambda row: row.key)

    def undos(self, session: str) -> list[UndoEntry]:
        """The undo entries of a session that are ready or stuck, the latest first."""
        with self._lock:
            found = [one for one in self._undos.values() if one.session == session]
            return sorted(found, key=lambda one: -one.position)

    def mark_undo(self, id: str, state: UndoState, message: str = "") -> None:  # noqa: A002 - it is the entry's id
        """Note how an undo went; what is undone is forgotten."""
        with self._lock:
            if state == "undone":
                self._undos.pop(id, None)
            elif id in self._undos:
                self._undos[id] = replace(self._undos[id], state=state, message=message)

    def use_grants(self, ids: Sequence[str]) -> bool:
        """Use these approvals up, all or none."""
        with self._lock:
            if self._used & set(ids):
                return False
            self._used |= set(ids)
            return True
