"""Steps as lines of a log, in the schema that `trimtab schema` prints and `trimtab import steps` reads."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trimtab.edge.sdk.delivery.encode import attributes_of, encode_fact, to_json
from trimtab.edge.sdk.delivery.mask import mask
from trimtab.edge.sdk.delivery.ports import TAKEN, Answer, Batch
from trimtab.edge.sdk.ports import Fact
from trimtab.edge.sdk.span import Plain, Span
from trimtab.edge.sdk.steps import name_of
from trimtab.edge.sdk.words import (
    AGENT,
    ATTRIBUTES,
    BUNDLE,
    COHORT,
    ENDS,
    MESSAGES,
    OUTCOME,
    REASON,
    SAID,
    TENANT,
    USAGE,
    USER,
)

FIELDS = {
    AGENT: "agent",
    ATTRIBUTES["tool"]: "tool",
    ATTRIBUTES["provider"]: "provider",
    ATTRIBUTES["model"]: "model",
    ATTRIBUTES["finish"]: "finish",
    ATTRIBUTES["schema_ok"]: "schema_ok",
    USER: "user",
    TENANT: "tenant",
    BUNDLE: "bundle",
    ENDS: "end",
    OUTCOME: "outcome",
    REASON: "outcome_reason",
} | {attribute: f"{word}_tokens" for word, attribute in USAGE.items()}
"""Attribute -> field of a line."""
SHARED = {
    "service.name": "service",
    "service.version": "agent_version",
    "deployment.environment.name": "environment",
    BUNDLE: "bundle",
    AGENT: "agent",
}
FLAGS = frozenset({"schema_ok", "end"})
MAX_COHORTS = 32


class Log:
    """Carries steps to a file, one line each; facts go beside it, for the log has no place for them."""

    def __init__(self, path: Path, resource: Mapping[str, str]) -> None:
        """Append to `path`, and facts to a file beside it."""
        self._path, self._facts = path, path.with_name(f"{path.stem}.facts.jsonl")
        self._shared = {SHARED[key]: value for key, value in resource.items() if key in SHARED}

    def encode_span(self, span: Span) -> bytes:
        """A step as a line."""
        return to_json(line_of(span, self._shared))

    def encode_fact(self, fact: Fact) -> bytes:
        """A fact as the API takes it."""
        return encode_fact(fact)

    def carry(self, batch: Batch, timeout_s: float) -> Answer:  # noqa: ARG002 - a file answers at once
        """Append; a line that a full disk tore is ended, and comes again."""
        path = self._path if batch.signal == "span" else self._facts
        raw = b"".join(item + b"\n" for item in batch.items)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                whole = os.write(descriptor, raw) == len(raw)
                if not whole:
                    os.write(descriptor, b"\n")
            finally:
                os.close(descriptor)
        except OSError as error:
            return Answer(verdict="later", why=str(error))
        return TAKEN if whole else Answer(verdict="later", why=f"{path} took only a part")

    def forget(self) -> None:
        """Nothing is open between two batches."""

    def close(self) -> None:
        """Nothing is open between two batches."""


def rfc3339(time_ns: int) -> str:
    """A time that keeps its nanoseconds, which a JSON number would not."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest:09d}Z"


def line_of(span: Span, shared: Mapping[str, str]) -> dict[str, Any]:
    """A step as the schema wants it; what it has no field for is left out."""
    told = attributes_of(span)
    found: dict[str, Any] = {
        "time": rfc3339(span.start_ns),
        "session": span.place.lineage.session or span.place.trace_id,
        "kind": span.kind,
        "id": span.place.span_id,
        "name": mask(name_of(span)),
        "duration_ms": (span.end_ns - span.start_ns) / 1e6,
    }
    if span.parent_id:
        found["parent"] = span.parent_id
    found |= shared
    for key, value in told.items():
        if field := FIELDS.get(key):
            found[field] = value if field in FLAGS or field.endswith("_tokens") else mask(str(value))
    found |= spoken(span.kind, told)
    first_s = told.get(ATTRIBUTES["first_token_s"])
    if isinstance(first_s, int | float) and first_s >= 0:
        found["first_token_ms"] = first_s * 1e3
    if span.error is not None:
        found["error"] = {"type": mask(span.error[0]) or "_OTHER", "message": mask(span.error[1])}
    if found.get("outcome") == "unknown":
        del found["outcome"]
    return found


def spoken(kind: str, told: Mapping[str, Plain]) -> dict[str, Any]:
    """What went in and came out, and the dimensions of the user's own."""
    found: dict[str, Any] = {}
    for field, key in zip(("input", "output"), SAID.get(kind, MESSAGES), strict=True):
        if key in told:
            found[field] = mask(str(told[key]))
    cohort = {k.removeprefix(COHORT): mask(str(v)) for k, v in told.items() if k.startswith(COHORT)}
    if cohort:
        found["cohort"] = dict(list(cohort.items())[:MAX_COHORTS])
    return found
