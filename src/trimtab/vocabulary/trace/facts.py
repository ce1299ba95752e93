"""How facts arrive: over the API, as evaluation events, as attributes of a span."""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from trimtab.vocabulary.kernel import Invalid
from trimtab.vocabulary.trace.dialects.reading import canonical
from trimtab.vocabulary.trace.fact import FACT_KINDS, FACT_SOURCES, OUTCOMES, Fact, FactKind, FactSource
from trimtab.vocabulary.trace.span import Attributes, Place

KEYS = frozenset(
    "id kind source session trace_id span_id name value label reason method time".split()  # noqa: SIM905
)
MAX_TEXT = 2000
LAST_S = 7_258_118_400
"""The year 2200: times are kept in nanoseconds, of which 64 bits hold until 2262."""
EVALUATION, EVALUATED = "gen_ai.evaluation.result", "gen_ai.evaluation.name"


def content_hash(value: object) -> int:
    """64 bits of a content, the same for the same content."""
    return int.from_bytes(hashlib.blake2b(canonical(value), digest_size=8).digest(), "big")


def fact_from_json(project: str, row: object, received_ns: int) -> Fact:
    """A fact as the API takes it; raises `Invalid`: what is wrong, where, and what to write instead."""
    if not isinstance(row, dict):
        raise Invalid("a fact is a JSON object", hint='{"id": ..., "kind": "outcome", ...}')
    given = cast("dict[str, Any]", row)
    if unknown := sorted(set(given) - KEYS):
        raise Invalid(f"unknown field {unknown[0]!r}", hint=f"known: {', '.join(sorted(KEYS))}")
    kind = choice(given, "kind", FACT_KINDS)
    label = string(given, "label")
    if kind == "outcome" and label not in OUTCOMES:
        raise Invalid(f"label {label!r} is no outcome", hint=f"one of {', '.join(OUTCOMES)}")
    session, trace_id, span_id = (
        string(given, "session"),
        hexadecimal(given, "trace_id", 16),
        hexadecimal(given, "span_id", 8),
    )
    if bool(session) == bool(trace_id) or (span_id and not trace_id):
        raise Invalid(
            "a fact names a session, or a trace_id, or a trace_id and a span_id",
            hint="set exactly one target",
        )
    value = given.get("value")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise Invalid(f"value {value!r} is not a number", hint="words go into label")
    return Fact(
        project=project,
        id=string(given, "id", required=True),
        kind=cast("FactKind", kind),
        source=cast("FactSource", choice(given, "source", FACT_SOURCES)),
        time_ns=moment(given.get("time"), received_ns),
        session=session,
        trace_id=trace_id,
        span_id=int.from_bytes(span_id, "big"),
        name=string(given, "name"),
        value=None if value is None else float(value),
        label=label,
        reason=string(given, "reason"),
        method=string(given, "method"),
        content_hash=content_hash(given),
    )


def string(row: dict[str, Any], key: str, *, required: bool = False) -> str:
    """A text field."""
    value = row.get(key)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value):
        raise Invalid(f"{key} is {value!r}, not a text", hint=f"give {key} as a string")
    if len(value) > MAX_TEXT:
        raise Invalid(f"{key} has {len(value)} characters", hint=f"at most {MAX_TEXT}")
    return value


def choice(row: dict[str, Any], key: str, known: tuple[str, ...]) -> str:
    """A field with few values."""
    value = row.get(key)
    if value not in known:
        raise Invalid(f"{key} is {value!r}", hint=f"one of {', '.join(known)}")
    return str(value)


def hexadecimal(row: dict[str, Any], key: str, size: int) -> bytes:
    """An identifier in hex, as OpenTelemetry writes it."""
    value = string(row, key)
    try:
        found = bytes.fromhex(value)
    except ValueError as error:
        raise Invalid(f"{key} {value!r} is not hex", hint=f"{2 * size} hex digits") from error
    if found and len(found) != size:
        raise Invalid(f"{key} has {len(value)} hex digits", hint=f"{2 * size} hex digits")
    return found


def moment(value: object, received_ns: int) -> int:
    """A time in ns: seconds since the epoch, or RFC 3339; absent is the receipt."""
    if value is None:
        return received_ns
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < LAST_S:
        return round(value * 1e9)
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not 0 <= found.timestamp() < LAST_S:
        raise Invalid(
            f"time {value!r} is not a time with a zone",
            hint="2026-01-31T12:00:00Z, or seconds since 1970; until 2200",
        )
    return int(found.timestamp() * 1e9)


def evaluation(
    place: Place, trace_id: bytes, span_id: int, time_ns: int, attributes: Attributes
) -> Fact | None:
    """An evaluation result as a score; an evaluator that failed gives no score."""
    name = attributes.get(EVALUATED)
    if not isinstance(name, str) or not trace_id:
        return None
    value, failed = attributes.get("gen_ai.evaluation.score.value"), attributes.get("error.type")
    scored = isinstance(value, int | float) and not isinstance(value, bool) and not failed
    label = "" if failed else str(attributes.get("gen_ai.evaluation.score.label") or "")
    reason = (
        f"evaluator failed: {failed}"
        if failed
        else str(attributes.get("gen_ai.evaluation.explanation") or "")
    )
    identity = content_hash([trace_id.hex(), span_id, name, time_ns])
    return Fact(
        project=place.project,
        id=f"eval-{identity:016x}",
        kind="score",
        source="judge",
        time_ns=time_ns or place.received_ns,
        trace_id=trace_id,
        span_id=span_id,
        name=name,
        value=float(value) if scored and value is not None else None,
        label=label[:MAX_TEXT],
        reason=reason[:MAX_TEXT],
        method=name,
        content_hash=content_hash([value, label, reason]),
    )


def evaluation_on_span(
    place: Place, trace_id: bytes, span_id: int, end_ns: int, attributes: Attributes
) -> Fact | None:
    """An evaluation result that stands on the span itself; one of a name, however often the span comes."""
    found = evaluation(place, trace_id, span_id, end_ns, attributes)
    if found is None:
        return None
    identity = content_hash([trace_id.hex(), span_id, found.name])
    return replace(found, id=f"eval-{identity:016x}")


def outcome_of_step(project: str, trace_id: bytes, span_id: int, end_ns: int, said: tuple[str, str]) -> Fact:
    """The outcome that an application wrote on a span (`trimtab.session.outcome`), and its reason."""
    label, reason = said
    return Fact(
        project=project,
        id=f"span-{trace_id.hex()}-{span_id:016x}",
        kind="outcome",
        source="app",
        time_ns=end_ns,
        trace_id=trace_id,
        span_id=span_id,
        label=label if label in OUTCOMES else "unknown",
        reason=reason,
        content_hash=content_hash([label, reason, end_ns]),
    )
