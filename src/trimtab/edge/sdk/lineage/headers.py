"""A session over the border of a process: W3C trace context and baggage, in headers or in an environment.

https://www.w3.org/TR/trace-context/ and https://www.w3.org/TR/baggage/. The baggage names the session, the tenant and the variant, never
the user; what stands in it already stays.
"""

import re
from collections.abc import Mapping, MutableMapping
from urllib.parse import quote, unquote

from trimtab.edge.sdk.lineage.context import Lineage, Place
from trimtab.edge.sdk.words import SESSION, TENANT, VARIANT

PARENT = re.compile(r"^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$")
MAX_STATE, MAX_BAGGAGE, MAX_VALUE = 512, 8192, 200


def write(place: Place, headers: MutableMapping[str, str]) -> None:
    """Add where we are to headers."""
    headers["traceparent"] = f"00-{place.trace_id}-{place.span_id}-{place.flags & 0xFF:02x}"
    if place.state:
        headers["tracestate"] = place.state
    key = next((name for name in headers if name.lower() == "baggage"), "baggage")
    ours = {SESSION: place.lineage.session, TENANT: place.lineage.tenant, VARIANT: place.lineage.variant}
    members = [f"{name}={quote(value, safe='')}" for name, value in ours.items() if value]
    others = [
        member.strip()
        for member in headers.get(key, "").split(",")
        if member.strip() and member.partition("=")[0].strip() not in ours
    ]
    while members + others:
        baggage = ",".join(members + others)
        if len(baggage) <= MAX_BAGGAGE:
            headers[key] = baggage
            return
        (others or members).pop()


def read(headers: Mapping[str, str]) -> Place | None:
    """Where somebody else was, from headers in any case of letters; None where they do not say it, or say it wrong."""
    given = {name.lower(): headers[name] for name in headers if name.lower() in WANTED}
    match = PARENT.match(given.get("traceparent", "").strip().lower())
    if not match or match[1] == "ff" or (match[1] == "00" and match[5]):
        return None
    trace_id, span_id = match[2], match[3]
    if not int(trace_id, 16) or not int(span_id, 16):
        return None
    baggage = members_of(given.get("baggage", ""))
    lineage = Lineage(
        session=baggage.get(SESSION, ""),
        tenant=baggage.get(TENANT, ""),
        variant=baggage.get(VARIANT, ""),
    )
    return Place(trace_id, span_id, int(match[4], 16), given.get("tracestate", "")[:MAX_STATE], lineage)


WANTED = frozenset({"traceparent", "tracestate", "baggage"})


def members_of(baggage: str) -> dict[str, str]:
    """The members of a baggage header, without their properties."""
    found: dict[str, str] = {}
    for member in baggage[:MAX_BAGGAGE].split(","):
        name, equals, value = member.partition(";")[0].partition("=")
        if equals:
            found[name.strip()] = unquote(value.strip())[:MAX_VALUE]
    return found
