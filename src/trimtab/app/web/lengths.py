"""Lengths of time as an address or a form names them: 30m, 24h, 7d."""

import re

from trimtab.vocabulary.kernel import Invalid

LENGTH = re.compile(r"(\d{1,4})([mhd])")
UNIT_NS = {"m": 60_000_000_000, "h": 3_600_000_000_000, "d": 86_400_000_000_000}


def length_ns(name: str, raw: str) -> int:
    """A length of time in nanoseconds; raises `Invalid` that names where it stands."""
    found = LENGTH.fullmatch(raw)
    if found is None:
        raise Invalid(f"{name}={raw!r} is no length of time", hint=f"for example {name}=30m, 24h or 7d")
    return int(found[1]) * UNIT_NS[found[2]]
