"""Lengths of time as they are written: 200ms, 30s, 5m, 24h, 7d."""

import re

from trimtab.vocabulary.kernel import Invalid

WRITTEN = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s|m|h|d)")
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def seconds_of(text: str) -> float:
    """A length in seconds; raises `Invalid`."""
    found = WRITTEN.fullmatch(text)
    if not found:
        raise Invalid(
            f"{text!r} is no length of time", hint="a number and one of ms s m h d, for example 30s"
        )
    return float(found[1]) * SECONDS[found[2]]
