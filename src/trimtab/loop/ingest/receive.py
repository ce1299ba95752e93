"""The door: size, gunzip, validation, redaction, group commit; acknowledged means durable."""

import zlib
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import orjson

from trimtab.loop.ingest.apply import Applier
from trimtab.loop.ingest.commit import GroupCommit
from trimtab.loop.ingest.decode import Limits, check_body, check_facts, from_json
from trimtab.loop.ingest.redaction import Redactor
from trimtab.loop.store import Entry, Signal
from trimtab.vocabulary.kernel import Clock, Invalid, TooLarge, Unavailable

OtlpSignal = Literal["traces", "logs", "metrics"]


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
        self, clock: Clock, redactor: Redactor, commit: GroupCommit, applier: Applier, limits: DoorLimits
    ) -> None:
        """Hand over to `commit`; refuse while `applier` is too far behind."""
        self._clock, self._redactor, self._commit, self._applier = clock, redactor, commit, applier
        self.limits = limits

    def otlp(
        self, project: str, signal: OtlpSignal, body: bytes, *, received_ns: int | None = None
    ) -> Ticket:
        """Accept serialised OTLP; raises `Invalid`, `TooLarge` or `Unavailable`."""
        self._make_room()
        if len(body) > self.limits.body_bytes:
            raise TooLarge(
                f"the body has {len(body)} bytes, the limit is {self.limits.body_bytes}",
                hint="send smaller batches",
            )
        checked = check_body(signal, body, self.limits.content)
        redacted = self._redactor.redact_body(signal, checked.body)
        if redacted.hits and signal == "metrics":
            # A mark may be longer than what it stands for: a fact must still be one.
            check_body(signal, redacted.body, self.limits.content)
        return self._submit(
            project, signal, redacted.body, checked.items, received_ns, checked.rejected, checked.message
        )

    def otlp_json(self, project: str, signal: OtlpSignal, body: bytes) -> Ticket:
        """Accept OTLP/JSON."""
        self._make_room()
        return self.otlp(project, signal, from_json(signal, body))

    def facts(self, project: str, rows: object, *, received_ns: int | None = None) -> Ticket:
        """Accept a JSON list of facts: all of them, or none with a message that names the wrong one."""
        self._make_room()
        listed = check_facts(project, rows, self._clock.now_ns())
        kept = redacted_facts(project, listed, self._redactor, self._clock.now_ns())
        return self._submit(project, "facts", orjson.dumps(kept), len(listed), received_ns, 0, "")

    def _submit(  # noqa: PLR0913 - one private place where an entry is made
        self,
        project: str,
        signal: Signal,
        body: bytes,
        items: int,
        received_ns: int | None,
        rejected: int,
        message: str,
    ) -> Ticket:
        received = self._clock.now_ns() if received_ns is None else received_ns
        entry = Entry(project=project, signal=signal, received_ns=received, body=body, items=items)
        return Ticket(durable=self._commit.submit(entry), items=items, rejected=rejected, message=message)

    def _make_room(self) -> None:
        if self._applier.backlog_bytes > self.limits.backlog_bytes:
            raise Unavailable(
                "too much is waiting to be applied",
                hint="retry after the time in Retry-After",
                code="backlog",
                retry_after_s=2,
            )


def redacted_facts(
    project: str, rows: list[dict[str, Any]], redactor: Redactor, now_ns: int
) -> list[dict[str, Any]]:
    """Facts that may be written and are still facts; raises `Invalid` where a redaction leaves none."""
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
