"""The alert store by SQLAlchemy: plain SQL that SQLite and PostgreSQL both speak."""

import hashlib
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from trimtab.adapters.sql_state.engine import change, open_engine, put, rows, transact
from trimtab.adapters.sql_state.tables import (
    ACKNOWLEDGEMENTS,
    ALERT_GROUPS,
    ALERT_RULES,
    ALERTS,
    ATTEMPTS,
    LEASES,
    OUTBOX,
    SILENCES,
)
from trimtab.loop.alert import (
    Acknowledgement,
    Alert,
    Attempt,
    Lease,
    Matcher,
    Message,
    Queued,
    Silence,
    Standing,
    Writes,
    pack_message,
    unpack_message,
)
from trimtab.vocabulary.kernel import Conflict


class SqlAlertStore:
    """Alerts, groups, silences, the outbox and leases; safe to share between threads, and between servers."""

    def __init__(self, where: str) -> None:
        """Open a path, ":memory:", or a URL, and bring its schema up to date."""
        self._engine = open_engine(where)

    def write(self, writes: Writes, now_ns: int, lease: Lease | None = None) -> None:
        """Store all or nothing; raises `Conflict` when the lease is no longer held."""

        def work(con: sa.Connection) -> None:
            if lease is not None:
                fence(con, lease, now_ns)
            for alert in writes.alerts:
                put(con, ALERTS, alert_row(alert))
            for table, given in ((ALERT_RULES, writes.rules), (ALERT_GROUPS, writes.groups)):
                for (project, name), state in given.items():
                    put_state(con, table, (project, name), state)
            enqueue(con, writes.messages, now_ns)

        transact(self._engine, work)

    def alerts(self, project: str) -> list[Alert]:
        """The alerts of a project by their start."""
        found = sa.select(ALERTS).where(ALERTS.c.project == project)
        return [
            alert_of(row)
            for row in rows(self._engine, found.order_by(ALERTS.c.starts_ns, ALERTS.c.fingerprint))
        ]

    def forget_alerts(self, project: str, before_ns: int) -> int:
        """Remove alerts that ended before a time."""
        return change(
            self._engine, sa.delete(ALERTS).where(ALERTS.c.project == project, ALERTS.c.ends_ns < before_ns)
        )

    def rules(self, project: str) -> dict[str, str]:
        """The states of a project's rules by name."""
        return self._states(ALERT_RULES, project)

    def groups(self, project: str) -> dict[str, str]:
        """The groups of a project by key."""
        return self._states(ALERT_GROUPS, project)

    def _states(self, table: sa.Table, project: str) -> dict[str, str]:
        found = sa.select(table.c.name, table.c.state).where(table.c.project == project)
        return {row["name"]: row["state"] for row in rows(self._engine, found)}

    def put_silence(self, silence: Silence) -> None:
        """Keep a silence; one of the same id is replaced."""
        transact(self._engine, lambda con: put(con, SILENCES, silence_row(silence)))

    def silences(self, project: str, after_ns: int = 0) -> list[Silence]:
        """The silences of a project that end after a time, by their start."""
        found = sa.select(SILENCES).where(SILENCES.c.project == project, SILENCES.c.ends_ns > after_ns)
        return [
            silence_of(row) for row in rows(self._engine, found.order_by(SILENCES.c.starts_ns, SILENCES.c.id))
        ]

    def acknowledge(self, given: Acknowledgement) -> bool:
        """Keep the first acknowledgement of a key; False where there is one."""
        row = {
            "project": given.project,
            "name": given.key,
            "person": given.by,
            "at_ns": given.at_ns,
            "note": given.note,
        }
        try:
            change(self._engine, sa.insert(ACKNOWLEDGEMENTS).values(**row))
        except IntegrityError:
            return False
        return True

    def acknowledgements(self, project: str) -> dict[str, Acknowledgement]:
        """The acknowledgements of a project by key."""
        found = sa.select(ACKNOWLEDGEMENTS).where(ACKNOWLEDGEMENTS.c.project == project)
        return {
            row["name"]: Acknowledgement(
                project=project, key=row["name"], by=row["person"], at_ns=row["at_ns"], note=row["note"]
            )
            for row in rows(self._engine, found)
        }

    def lanes(self, now_ns: int) -> list[tuple[str, str]]:
        """(project, receiver) with a message that is due and that nobody holds."""
        found = sa.select(OUTBOX.c.project, OUTBOX.c.receiver).where(*ready(now_ns)).distinct()
        lanes = rows(self._engine, found.order_by(OUTBOX.c.project, OUTBOX.c.receiver))
        return [(row["project"], row["receiver"]) for row in lanes]

    def take(self, lane: tuple[str, str], holder: str, now_ns: int, until_ns: int) -> Queued | None:
        """Hold the next message of a lane alone until a time."""
        mine = sa.and_(OUTBOX.c.project == lane[0], OUTBOX.c.receiver == lane[1])
        first = sa.select(OUTBOX).where(mine, *ready(now_ns)).order_by(OUTBOX.c.sequence).limit(1)
        found = rows(self._engine, first)
        if not found:
            return None
        row = found[0]
        hold = (
            sa.update(OUTBOX)
            .where(OUTBOX.c.sequence == row["sequence"], OUTBOX.c.attempts == row["attempts"])
            .where(OUTBOX.c.standing == "waiting", OUTBOX.c.until_ns <= now_ns)
            .values(holder=holder, until_ns=until_ns, attempts=row["attempts"] + 1)
        )
        if change(self._engine, hold) == 0:
            return None  # another was quicker
        return queued_of(row | {"holder": holder, "until_ns": until_ns, "attempts": row["attempts"] + 1})

    def settle(self, taken: Queued, attempt: Attempt, standing: Standing, due_ns: int) -> bool:
        """Note what came of a message, and its line in the log; False where another holds it since."""
        mine = sa.and_(
            OUTBOX.c.sequence == taken.sequence,
            OUTBOX.c.standing == "waiting",
            OUTBOX.c.holder == taken.holder,
            OUTBOX.c.attempts == taken.attempts,
        )
        noted = {"standing": standing, "due_ns": due_ns, "reason": attempt.reason}

        def work(con: sa.Connection) -> bool:
            free = sa.update(OUTBOX).where(mine).values(**noted, holder="", until_ns=0)
            if con.execute(free).rowcount == 0:
                return False
            con.execute(sa.insert(ATTEMPTS).values(**attempt_row(attempt)))
            return True

        return transact(self._engine, work)

    def queued(self, project: str, standing: Standing, limit: int = 100) -> list[Queued]:
        """Messages of a standing, the latest first."""
        found = sa.select(OUTBOX).where(OUTBOX.c.project == project, OUTBOX.c.standing == standing)
        latest = found.order_by(OUTBOX.c.sequence.desc()).limit(limit)
        return [queued_of(row) for row in rows(self._engine, latest)]

    def revive(self, project: str, message_id: str, now_ns: int) -> bool:
        """Let a refused or dead message wait again, with new attempts."""
        given_up = sa.update(OUTBOX).where(
            OUTBOX.c.project == project,
            OUTBOX.c.id == message_id,
            OUTBOX.c.standing.in_(["refused", "dead"]),
        )
        return change(self._engine, given_up.values(standing="waiting", due_ns=now_ns, attempts=0)) > 0

    def log(self, project: str, since_ns: int = 0, limit: int = 100) -> list[Attempt]:
        """Attempts since a time, the latest first."""
        found = sa.select(ATTEMPTS).where(ATTEMPTS.c.project == project, ATTEMPTS.c.at_ns >= since_ns)
        latest = found.order_by(ATTEMPTS.c.sequence.desc()).limit(limit)
        return [attempt_of(row) for row in rows(self._engine, latest)]

    def prune(self, before_ns: int) -> int:
        """Remove delivered messages, attempts, acknowledgements and silences of before a time."""
        done = sa.and_(OUTBOX.c.standing == "delivered", OUTBOX.c.decided_ns < before_ns)
        old = (
            sa.delete(OUTBOX).where(done),
            sa.delete(ATTEMPTS).where(ATTEMPTS.c.at_ns < before_ns),
            sa.delete(ACKNOWLEDGEMENTS).where(ACKNOWLEDGEMENTS.c.at_ns < before_ns),
            sa.delete(SILENCES).where(SILENCES.c.ends_ns < before_ns),
        )
        return transact(self._engine, lambda con: sum(con.execute(one).rowcount for one in old))

    def lease(self, name: str, holder: str, now_ns: int, until_ns: int) -> Lease | None:
        """Take or renew the right to do something alone; None while another has it."""
        named = LEASES.c.name == name

        def work(con: sa.Connection) -> Lease | None:
            held = sa.update(LEASES).where(named, LEASES.c.holder == holder, LEASES.c.until_ns > now_ns)
            free = sa.update(LEASES).where(named, LEASES.c.until_ns <= now_ns)
            taken = {"holder": holder, "token": LEASES.c.token + 1, "until_ns": until_ns}
            changed = con.execute(held.values(until_ns=until_ns)).rowcount
            changed = changed or con.execute(free.values(**taken)).rowcount
            row = con.execute(sa.select(LEASES).where(named)).mappings().first()
            if row is None:
                con.execute(sa.insert(LEASES).values(name=name, holder=holder, token=1, until_ns=until_ns))
                return Lease(name=name, holder=holder, token=1, until_ns=until_ns)
            return Lease(**row) if changed else None

        return transact(self._engine, work)

    def release(self, lease: Lease) -> None:
        """Give a lease back before its time."""
        mine = sa.update(LEASES).where(LEASES.c.name == lease.name, LEASES.c.token == lease.token)
        change(self._engine, mine.values(until_ns=0))

    def close(self) -> None:
        """Give the file back."""
        self._engine.dispose()


def fence(con: sa.Connection, lease: Lease, now_ns: int) -> None:
    """Keep others from taking the lease until this transaction ends; raises `Conflict` when one has."""
    held = sa.update(LEASES).where(
        LEASES.c.name == lease.name, LEASES.c.token == lease.token, LEASES.c.until_ns > now_ns
    )
    if con.execute(held.values(until_ns=LEASES.c.until_ns)).rowcount == 0:
        raise Conflict(f"{lease.name} is done by another now", hint="begin again with its state")


def put_state(con: sa.Connection, table: sa.Table, named: tuple[str, str], state: str | None) -> None:
    """Keep a state by project and name, or remove it; the name may be of any length, its digest is the key."""
    project, name = named
    digest = digest_of(name)
    if state is None:
        con.execute(sa.delete(table).where(table.c.project == project, table.c.digest == digest))
    else:
        put(con, table, {"project": project, "digest": digest, "name": name, "state": state})


def digest_of(name: str) -> str:
    """The key of a state whose name may be of any length."""
    return hashlib.blake2b(name.encode(), digest_size=32).hexdigest()


def enqueue(con: sa.Connection, messages: tuple[Message, ...], now_ns: int) -> None:
    """Put messages into the outbox; one that is there already stays as it is."""
    ids = [one.id for one in messages]
    known = (
        set(con.execute(sa.select(OUTBOX.c.id).where(OUTBOX.c.id.in_(ids))).scalars()) if ids else set[str]()
    )
    for message in messages:
        if message.id in known:
            continue
        known.add(message.id)
        con.execute(
            sa.insert(OUTBOX).values(
                id=message.id,
                project=message.project,
                receiver=message.receiver,
                name=message.key,
                message=pack_message(message),
                decided_ns=message.at_ns,
                standing="waiting",
                due_ns=now_ns,
                attempts=0,
                holder="",
                until_ns=0,
                reason="",
            )
        )


def ready(now_ns: int) -> list[sa.ColumnElement[bool]]:
    """Conditions on a message that may be sent: due, held by nobody, none of its key before it still waits."""
    before = OUTBOX.alias()
    earlier = sa.exists().where(
        before.c.standing == "waiting",
        before.c.project == OUTBOX.c.project,
        before.c.receiver == OUTBOX.c.receiver,
        before.c.name == OUTBOX.c.name,
        before.c.sequence < OUTBOX.c.sequence,
    )
    return [
        OUTBOX.c.standing == "waiting",
        OUTBOX.c.due_ns <= now_ns,
        OUTBOX.c.until_ns <= now_ns,
        sa.not_(earlier),
    ]


def alert_row(alert: Alert) -> dict[str, Any]:
    """An alert as a row."""
    return {
        "project": alert.project,
        "fingerprint": alert.fingerprint,
        "labels": orjson.dumps(dict(alert.labels)).decode(),
        "annotations": orjson.dumps(dict(alert.annotations)).decode(),
        "starts_ns": alert.starts_ns,
        "ends_ns": alert.ends_ns,
    }


def alert_of(row: dict[str, Any]) -> Alert:
    """The alert of a row."""
    return Alert(
        project=row["project"],
        labels=orjson.loads(row["labels"]),
        annotations=orjson.loads(row["annotations"]),
        starts_ns=row["starts_ns"],
        ends_ns=row["ends_ns"],
    )


def silence_row(silence: Silence) -> dict[str, Any]:
    """A silence as a row."""
    held = [[one.label, one.op, one.value] for one in silence.matchers]
    names = ("id", "project", "starts_ns", "ends_ns", "author", "comment")
    return {name: getattr(silence, name) for name in names} | {"matchers": orjson.dumps(held).decode()}


def silence_of(row: dict[str, Any]) -> Silence:
    """The silence of a row."""
    held = orjson.loads(row["matchers"])
    matchers = tuple(Matcher(label=label, op=op, value=value) for label, op, value in held)
    return Silence(matchers=matchers, **{name: row[name] for name in row if name != "matchers"})


def queued_of(row: dict[str, Any]) -> Queued:
    """The message in the outbox of a row."""
    names = ("sequence", "standing", "due_ns", "attempts", "holder", "until_ns", "reason")
    return Queued(message=unpack_message(row["message"]), **{name: row[name] for name in names})


def attempt_row(attempt: Attempt) -> dict[str, Any]:
    """A line of the log as a row."""
    names = ("message_id", "project", "receiver", "kind", "number", "at_ns", "outcome", "reason")
    return {name: getattr(attempt, name) for name in names} | {"name": attempt.key}


def attempt_of(row: dict[str, Any]) -> Attempt:
    """The line of the log of a row."""
    return Attempt(key=row["name"], **{name: row[name] for name in row if name not in {"name", "sequence"}})
