"""The audit log and the answers by idempotency key, by SQLAlchemy."""

import hashlib
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from trimtab.adapters.sql_state.engine import change, open_engine, retryable, rows
from trimtab.adapters.sql_state.tables import AUDIT, REPLIES
from trimtab.loop.access import INTERRUPTED, KEPT_NS, UNDER_WAY, AuditEntry, KeptReply

LONGEST_NS = 600 * 1_000_000_000
"""No answer takes longer; what is under way for longer was taken by a crash."""


class SqlAuditLog:
    """Every write; there is no way to change an entry, and the database itself refuses it."""

    def __init__(self, where: str) -> None:
        """Open a path, ":memory:", or a URL, and bring its schema up to date."""
        self._engine = open_engine(where)

    def append(self, entry: AuditEntry) -> None:
        """Keep an entry; it is durable on return."""
        values = {c.name: fitting(c, getattr(entry, c.name)) for c in AUDIT.c if c.name != "sequence"}
        change(self._engine, sa.insert(AUDIT).values(**values))

    def entries(self, projects: Collection[str], before: int, limit: int) -> list[AuditEntry]:
        """Entries of some projects ("" is the door, where nobody is known) below a sequence number, the latest first."""
        found = sa.select(AUDIT).where(AUDIT.c.project.in_(sorted(projects)), AUDIT.c.sequence < before)
        latest = found.order_by(AUDIT.c.sequence.desc()).limit(limit)
        return [AuditEntry(**row) for row in rows(self._engine, latest)]

    def close(self) -> None:
        """Give the file back."""
        self._engine.dispose()


class SqlReplies:
    """Answers by idempotency key; of the key itself only a hash is kept."""

    def __init__(self, where: str) -> None:
        """Open a path, ":memory:", or a URL; what was on its way when a server ended counts as interrupted.

        A file has one server, so that is known at its start; in a database it is what nobody answered for long.
        """
        self._engine = open_engine(where)
        self._alone = self._engine.dialect.name == "sqlite"
        if self._alone:
            left = sa.update(REPLIES).where(REPLIES.c.status == UNDER_WAY)
            change(self._engine, left.values(status=INTERRUPTED))

    def begin(self, who: str, key: str, digest: str, now_ns: int) -> KeptReply | None:
        """None where the key is new (it is taken from now on), else what stands for it."""
        taken = {"who": who, "name": hashed(key), "digest": digest, "at_ns": now_ns}
        try:
            with retryable(), self._engine.begin() as con:
                con.execute(sa.delete(REPLIES).where(REPLIES.c.at_ns < now_ns - KEPT_NS))
                con.execute(sa.insert(REPLIES).values(**taken, status=UNDER_WAY, media="", body=b""))
                return None
        except IntegrityError:
            found = rows(self._engine, sa.select(REPLIES).where(*self._named(who, key)))
        if not found:  # it ended in between
            return self.begin(who, key, digest, now_ns)
        names = ("digest", "status", "media", "body")
        kept = KeptReply(**{name: found[0][name] for name in names})
        forgotten = not self._alone and found[0]["at_ns"] < now_ns - LONGEST_NS
        return replace(kept, status=INTERRUPTED) if kept.status == UNDER_WAY and forgotten else kept

    def keep(self, who: str, key: str, reply: KeptReply) -> None:
        """Keep the answer of a key."""
        values = {"status": reply.status, "media": reply.media, "body": reply.body}
        change(self._engine, sa.update(REPLIES).where(*self._named(who, key)).values(**values))

    def release(self, who: str, key: str) -> None:
        """Let a key be used again: nothing was done."""
        change(self._engine, sa.delete(REPLIES).where(*self._named(who, key)))

    def close(self) -> None:
        """Give the file back."""
        self._engine.dispose()

    def _named(self, who: str, key: str) -> tuple[sa.ColumnElement[bool], ...]:
        return REPLIES.c.who == who, REPLIES.c.name == hashed(key)


def fitting(column: sa.Column[Any], value: object) -> object:
    """A value as any database can keep it: a write that was done is in the log, whatever its names are."""
    if not isinstance(value, str):
        return value
    kept = value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
    return kept[: getattr(column.type, "length", None)]


def hashed(key: str) -> str:
    """What is kept of a key that a client chose."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
