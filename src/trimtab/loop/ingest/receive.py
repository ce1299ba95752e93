"""The door: size, gunzip, validation, redaction, group commit; acknowledged means durable."""

import math
import zlib
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

from trimtab.loop.ingest.apply import Applier
from trimtab.loop.ingest.aside import Aside, Gone
from trimtab.loop.ingest.commit import GroupCommit
from trimtab.loop.ingest.decode import Limits, check_facts
from trimtab.loop.ingest.prepare import OtlpSignal, Prepared, prepare
from trimtab.loop.ingest.redaction import RedactionPolicy, Redactor
from trimtab.loop.store import Entry, Signal
from trimtab.vocabulary.kernel import Clock, Invalid, TooLarge, Unavailable

BUSY_BYTES = 1_000_000
"""So much waits to be applied that a second process is worth its while: to redact; to check alone costs less than the way there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorLimits:
    """What one request may bring; `backlog_bytes` bounds what is durable but not yet applied."""

    body_bytes: int = 32_000_000
    backlog_bytes: int = 128_000_000
    content: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A body that is on its way to the disk: wait for `durable` before you acknowledge it."""

    durable: Future[int]
    items: int
    rejected: int
    message: str


class Door:
    """Takes bodies from every path (HTTP, gRPC, importers) and gives them to the journal, redacted."""

    def __init__(
        self, clock: Clock, policy: RedactionPolicy, commit: GroupCommit, applier: Applier, limits: DoorLimits
    ) -> None:
        """Hand over to `commit`; refuse while `applier` is too far behind."""
        self._clock, self._commit, self._applier = clock, commit, applier
        self._redactor = Redactor(policy)
        self._busy_bytes = BUSY_BYTES if policy.enabled else math.inf
        self._aside = Aside(policy, limits.content)
        self.limits = limits

    def close(self) -> None:
        """End the second process, where there is one."""
        self._aside.close()

    def otlp(self, project: str, signal: OtlpSignal, body: bytes, *, json: bool = False) -> Future[Ticket]:
        """Accept OTLP, protobuf or JSON; raises, or its future does, `Invalid`, `TooLarge` or `Unavailable`.

        While rows wait to be applied the body is prepared by a second process, beside the applier.
        """
        self._make_room()
        if len(body) > self.limits.body_bytes:
            raise TooLarge(
                f"the body has {len(body)} bytes, the limit is {self.limits.body_bytes}",
                hint="send smaller batches",
            )
        busy = self._applier.backlog_bytes >= self._busy_bytes
        aside = self._aside.submit((signal, body, json)) if busy else None

        def here() -> Prepared:
            return prepare(self._redactor, self.limits.content, signal, body, json=json)

        def take(prepared: Future[Prepared] | None) -> Ticket:
            try:
                return self._submit(project, signal, prepared.result() if prepared else here())
            except Gone:
                return self._submit(project, signal, here())

        found: Future[Ticket] = Future()
        if aside is None:
            found.set_result(take(None))
        else:
            aside.add_done_callback(lambda prepared: settle(found, lambda: take(prepared)))
        return found

    def identity(self, name: str) -> str:
        """What a session, user or tenant of this name is called behind the door."""
        return self._redactor.redact_identity(name)

    def redact(self, text: str) -> str:
        """A text without what must not be kept."""
        return self._redactor.redact_text(text)[0]

    def facts(self, project: str, rows: object) -> Ticket:
        """Accept a JSON list of facts: all of them, or none with a message that names the wrong one."""
        self._make_room()
        listed = check_facts(project, rows, self._clock.now_ns())
        kept = redacted_facts(project, listed, self._redactor, self._clock.now_ns())
        prepared = Prepared(body=orjson.dumps(kept), items=len(listed), rejected=0, message="")
        return self._submit(project, "facts", prepared)

    def _submit(self, project: str, signal: Signal, prepared: Prepared) -> Ticket:
        entry = Entry(
            project=project,
            signal=signal,
            received_ns=self._clock.now_ns(),
            body=prepared.body,
            items=prepared.items,
        )
        return Ticket(
            durable=self._commit.submit(entry),
            items=prepared.items,
            rejected=prepared.rejected,
            message=prepared.message,
        )

    def _make_room(self) -> None:
        if self._applier.backlog_bytes > self.limits.backlog_bytes:
            raise Unavailable(
                "too much is waiting to be applied",
                hint="retry after the time in Retry-After",
                code="backlog",
                retry_after_s=2,
            )


def settle(found: Future[Ticket], take: Callable[[], Ticket]) -> None:
    """Give a ticket, or what stood against it, to who waits for it; nothing is taken for a client that went away."""
    if not found.set_running_or_notify_cancel():
        return
    try:
        found.set_result(take())
    except BaseException as error:  # noqa: BLE001 - whatever it was, the client must hear of it
        found.set_exception(error)


def redacted_facts(
    project: str, rows: list[dict[str, Any]], redactor: Redactor, now_ns: int
) -> list[dict[str, Any]]:
    """Facts that may be written and are still facts; raises `Invalid` where a redaction leaves none."""
    rows = [
        row | {name: redactor.redact_identity(str(row[name])) for name in ("id", "session") if row.get(name)}
        for row in rows
    ]
    found, hits = redactor.redact_json(rows)
    if not hits:
        return rows
    # Identifiers are hex, checked before: sixteen digits of one may look like a card.
    ids = [{name: row[name] for name in ("trace_id", "span_id") if name in row} for row in rows]
    kept = [row | own for row, own in zip(cast("list[dict[str, Any]]", found), ids, strict=True)]
    try:
        check_facts(project, kept, now_ns)
    except Invalid as error:
        raise Invalid(
            f"after redaction, {error.message}",
            hint=f"send it without personal data: {error.hint}",
            code="fact",
        ) from error
    return kept


def gunzip(body: bytes, limit: int) -> bytes:
    """Inflate a gzip body without ever holding more than `limit` bytes; raises `Invalid` or `TooLarge`."""
    parts: list[bytes] = []
    size, rest = 0, body
    # RFC 1952: a file may be several members, one behind the other; what follows the first must not be lost.
    while rest or not parts:
        inflater = zlib.decompressobj(wbits=31)
        try:
            plain = inflater.decompress(rest, limit + 1 - size)
        except zlib.error as error:
            raise Invalid(
                f"the body is not gzip: {error}", hint="check Content-Encoding", code="gzip"
            ) from error
        size += len(plain)
        if size > limit:
            raise TooLarge(f"the body inflates to more than {limit} bytes", hint="send smaller batches")
        if not inflater.eof:
            raise Invalid("the gzip body is cut off", hint="send it whole", code="gzip")
        parts.append(plain)
        rest = inflater.unused_data
    return b"".join(parts)
