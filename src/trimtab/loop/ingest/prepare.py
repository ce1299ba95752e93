"""From a body as it came to a body that may be stored: checked and redacted. A pure function of its input."""

from dataclasses import dataclass
from typing import Literal

from trimtab.loop.ingest.decode import Limits, check_body, from_json
from trimtab.loop.ingest.redaction import Redactor

OtlpSignal = Literal["traces", "logs", "metrics"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A body that may be stored; what was `rejected` is no longer in it, and `message` says why."""

    body: bytes
    items: int
    rejected: int
    message: str


def prepare(redactor: Redactor, limits: Limits, signal: OtlpSignal, body: bytes, *, json: bool) -> Prepared:
    """Check and redact OTLP, protobuf or JSON; raises `Invalid` or `TooLarge`."""
    checked = check_body(signal, from_json(signal, body) if json else body, limits)
    redacted = redactor.redact_body(signal, checked.body)
    if redacted.hits and signal == "metrics":
        # A mark may be longer than what it stands for: a fact must still be one.
        check_body(signal, redacted.body, limits)
    return Prepared(
        body=redacted.body, items=checked.items, rejected=checked.rejected, message=checked.message
    )
