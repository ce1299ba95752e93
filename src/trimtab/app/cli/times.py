"""Times as a person types them."""

import re
import time
from datetime import UTC, datetime

from trimtab.vocabulary.kernel import Invalid

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def since_ns(text: str | None, now_ns: int | None = None) -> int | None:
    """`7d` ago, or an ISO 8601 time (UTC unless it names a zone), as ns since the Unix epoch."""
    if text is None:
        return None
    if found := re.fullmatch(r"(\d+)([smhdw])", text.strip()):
        now = time.time_ns() if now_ns is None else now_ns
        return now - int(found[1]) * SECONDS[found[2]] * 1_000_000_000
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Invalid(f"{text!r} is not a time", hint="30m, 12h, 7d, or 2026-01-31T12:00:00Z") from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1e9)


def until_ns(text: str) -> int:
    """`2h` from now, or an ISO 8601 time, as ns since the Unix epoch."""
    now_ns = time.time_ns()
    found = since_ns(text, now_ns)
    assert found is not None  # noqa: S101 - a text was given
    return 2 * now_ns - found if re.fullmatch(r"\d+[smhdw]", text.strip()) else found
