"""Times and structures as records write them."""

from datetime import UTC, datetime

import orjson


def time_ns(given: str | float) -> int:
    """Nanoseconds since the Unix epoch of an ISO 8601 time (of UTC where it names no zone), or of seconds since then."""
    if not isinstance(given, str):
        return round(given * 1e9)
    at = datetime.fromisoformat(given.replace("z", "Z"))
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return int(at.replace(microsecond=0).timestamp()) * 1_000_000_000 + at.microsecond * 1000


def text_of(value: object) -> str:
    """A text, or a structure as JSON text."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
