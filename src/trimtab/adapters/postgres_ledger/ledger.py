"""Units of work in PostgreSQL: plain transactions over locked rows, and the one rule of who gets a row."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from trimtab.adapters.postgres_ledger.database import PostgresDatabase
from trimtab.edge.runtime import SWEPT, Claim, Row, Settlement, UndoEntry, as_text, claimed, settled
from trimtab.edge.runtime.ports import UndoState
from trimtab.vocabulary.kernel import Unavailable

if TYPE_CHECKING:
    from psycopg import Connection

MOST_TRIES = 1000
COLUMNS = "key, fingerprint, owner, session, tool, args, state, sent, lease_ends_ns, expires_ns, result"
MARKS = "%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s"
INSERT = f"insert into trimtab_work ({COLUMNS}) values ({MARKS}) on conflict do nothing"
UPDATE = f"update trimtab_work set ({COLUMNS}) = ({MARKS}) where key = %s"
LOCKED = f"select {COLUMNS} from trimtab_work where key = %s for update"
SWEEP = (
    "delete from trimtab_work where key in (select key from trimtab_work where state in ('succeeded', 'failed')"
    " and expires_ns <= %s order by expires_ns limit %s for update skip locked)"
)


class PostgresLedger:
    """Units of work in a database."""

    def __init__(self, database: PostgresDatabase) -> None:
        """Keep them in a database."""
        self._database = database

    def begin(self, claim: Claim) -> Row:
        """The row of a unit of work, `mine` if the claim got it."""
        for _ in range(MOST_TRIES):
            with self._database.writing() as db:
                row = begun(db, claim)
                if row and row.mine:
                    db.execute(SWEEP, (claim.now_ns, SWEPT))
            if row:
                return row
        raise Unavailable(f"the work {claim.key} changes all the time", hint="ask again")

    def look(self, key: str) -> Row | None:
        """The row of a unit of work as it stands."""
        with self._database.writing() as db:
            found = db.execute(f"select {COLUMNS} from trimtab_work where key = %s", (key,)).fetchone()
        return row_of(found) if found else None

    def mark_sent(self, key: str, owner: str) -> bool:
        """Note before sending that it may have left."""
        with self._database.writing() as db:
            found = db.execute(
                "update trimtab_work set sent = true where key = %s and owner = %s and state = 'pending'",
                (key, owner),
            )
            return found.rowcount == 1

    def settle(self, key: str, owner: str, settlement: Settlement) -> bool:
        """Note how it ended."""
        with self._database.writing() as db:
            found = db.execute(LOCKED, (key,)).fetchone()
            row = settled(row_of(found) if found else None, owner, settlement)
            if row is None:
                return False
            db.execute(UPDATE, (*values_of(row), key))
            undo = settlement.undo
            if undo:
                db.execute(
                    "insert into trimtab_undo (id, session, tool, args, state, message)"
                    " values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
                    (undo.id, undo.session, undo.tool, as_text(dict(undo.args)), undo.state, undo.message),
                )
            return True

    def release(self, key: str, owner: str) -> None:
        """Forget a pending row of the owner."""
        with self._database.writing() as db:
            db.execute(
                "delete from trimtab_work where key = %s and owner = %s and state = 'pending'", (key, owner)
            )

    def unresolved(self, session: str) -> list[Row]:
        """The rows of a session of which nobody knows how they ended."""
        with self._database.writing() as db:
            found = db.execute(
                f"select {COLUMNS} from trimtab_work where session = %s and state = 'unknown'", (session,)
            ).fetchall()
        return sorted(map(row_of, found), key=lambda row: row.key)

    def undos(self, session: str) -> list[UndoEntry]:
        """The undo entries of a session that are ready or stuck, the latest first."""
        with self._database.writing() as db:
            found = db.execute(
                "select id, session, tool, args, state, position, message from trimtab_undo"
                " where session = %s order by position desc",
                (session,),
            ).fetchall()
        names = ("id", "session", "tool", "args", "state", "position", "message")
        return [
            UndoEntry(**dict(zip(names, one, strict=True)) | {"args": json.loads(one[3])}) for one in found
        ]

    def mark_undo(self, id: str, state: UndoState, message: str = "") -> None:  # noqa: A002 - it is the entry's id
        """Note how an undo went; what is undone is forgotten."""
        with self._database.writing() as db:
            if state == "undone":
                db.execute("delete from trimtab_undo where id = %s", (id,))
            else:
                db.execute(
                    "update trimtab_undo set state = %s, message = %s where id = %s", (state, message, id)
                )

    def use_grants(self, ids: Sequence[str]) -> bool:
        """Use these approvals up, all or none."""
        wanted = sorted(set(ids))
        with self._database.writing() as db:
            found = db.execute(
                "insert into trimtab_used_grant select unnest(%s::text[]) order by 1 on conflict do nothing",
                (wanted,),
            )
            if found.rowcount != len(wanted):
                db.rollback()
                return False
            return True


def begun(db: "Connection[Any]", claim: Claim) -> Row | None:
    """The row after a claim; None where it vanished while we looked."""
    new = claimed(None, claim)
    if db.execute(INSERT, values_of(new)).rowcount == 1:
        return new
    found = db.execute(LOCKED, (claim.key,)).fetchone()
    if found is None:
        return None
    row = claimed(row_of(found), claim)
    if row.mine:
        db.execute(UPDATE, (*values_of(row), claim.key))
    return row


def row_of(found: tuple[Any, ...]) -> Row:
    """A row as it is kept."""
    names = [name.strip() for name in COLUMNS.split(",")]
    values = dict(zip(names, found, strict=True))
    return Row(**values | {"args": json.loads(values["args"]), "result": json.loads(values["result"])})


def values_of(row: Row) -> tuple[Any, ...]:
    """A row in the order of the columns."""
    kept = replace(row, args={}, result=None)
    values = {name.strip(): getattr(kept, name.strip()) for name in COLUMNS.split(",")}
    return tuple((values | {"args": as_text(dict(row.args)), "result": as_text(row.result)}).values())
