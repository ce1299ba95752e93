"""Journalled log records as facts, and as what they say of the messages of spans."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from trimtab.loop.ingest.decode.messages import parse
from trimtab.loop.ingest.decode.values import attributes_of, plain
from trimtab.vocabulary.trace import EVALUATION, LOGGED, Fact, Logged, Place, evaluation, read_record


class Record(NamedTuple):
    """A log record: its place in the body, its name ("" for a plain line of a log), what it says, where it belongs.

    `content_hash` tells it from every other one; the same record sent twice has the same.
    """

    ordinal: int
    name: str
    attributes: dict[str, Any]
    trace_id: bytes
    span_id: int
    time_ns: int
    content_hash: int


def records_of(request: Any) -> Iterator[Record]:
    """The records of a parsed logs request, in their order."""
    met: Counter[bytes] = Counter()
    found = (
        record
        for of_resource in request.resource_logs
        for of_scope in of_resource.scope_logs
        for record in of_scope.log_records
    )
    for ordinal, record in enumerate(found):
        attributes = attributes_of(record.attributes)
        name = record.event_name or attributes.get("event.name")
        if isinstance(more := plain(record.body), dict):
            attributes = cast("dict[str, Any]", more) | attributes
        content = record.SerializeToString()
        met[content] += (
            1  # two that say the same in one body are two messages; in two bodies they are one, sent twice
        )
        digest = hashlib.blake2b(content, digest_size=8, salt=met[content].to_bytes(8, "big")).digest()
        yield Record(
            ordinal,
            name if isinstance(name, str) else "",
            attributes,
            record.trace_id,
            int.from_bytes(record.span_id, "big"),
            record.time_unix_nano or record.observed_time_unix_nano,
            int.from_bytes(digest, "big"),
        )


def decode_logs(body: bytes, place: Place) -> tuple[list[Fact], list[Logged]]:
    """Evaluation results among log records, and what the others say of messages; a plain line of a log says nothing."""
    facts: list[Fact] = []
    logged: list[Logged] = []
    for record in records_of(parse("logs", body)):
        if record.name == EVALUATION:
            at = record.trace_id, record.span_id, record.time_ns
            fact = evaluation(place, *at, record.attributes)
            facts += [fact] if fact else []
        elif record.name in LOGGED and record.trace_id and record.span_id:
            logged.append(
                Logged(
                    project=place.project,
                    trace_id=record.trace_id,
                    span_id=record.span_id,
                    content_hash=record.content_hash,
                    time_ns=record.time_ns,
                    body=place.body,
                    ordinal=record.ordinal,
                    **read_record(record.name, record.attributes),
                )
            )
    return facts, logged
