"""How values are worded: times, money, shares, and text of strangers that must not act."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from markupsafe import Markup

SHOWN = 4000
"""Characters of one text on a page; the whole text is one link away."""
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
"""What is not seen and acts: controls, escapes of terminals, marks of direction, invisible tags, halves of characters."""
NO_DATA = "no data"


def visible(match: re.Match[str]) -> str:
    """A character that acts unseen, by its number."""
    return f"⟨U+{ord(match.group()):04X}⟩"


def inert(value: object) -> object:
    """A value as it is printed: what acts unseen becomes visible, what is too long is cut and says so."""
    if value is None:
        return ""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    cut = f"{value[:SHOWN]} … (cut after {SHOWN:,} characters)" if len(value) > SHOWN else value
    return UNSEEN.sub(visible, cut)


def moment(ns: int | None) -> str:
    """A time with its zone, to the second."""
    return "" if ns is None else f"{datetime.fromtimestamp(ns // 10**9, UTC):%Y-%m-%d %H:%M:%S} UTC"


def iso(ns: int) -> str:
    """A time for machines."""
    return f"{datetime.fromtimestamp(ns // 10**9, UTC):%Y-%m-%dT%H:%M:%SZ}"


def ago(ns: int | None, now_ns: int) -> str:
    """How long ago, or in how long, in one unit."""
    if ns is None:
        return "-"
    seconds = (now_ns - ns) / 1e9
    size = next((one for one in UNITS if abs(seconds) < one[0]), UNITS[-1])
    text = f"{abs(seconds) / size[1]:.0f} {size[2]}"
    return f"{text} ago" if seconds >= 0 else f"in {text}"


UNITS = (
    (90, 1, "s"),
    (5400, 60, "min"),
    (172_800, 3600, "h"),
    (5_184_000, 86_400, "days"),
    (63_072_000, 2_592_000, "months"),
    (0, 31_536_000, "years"),
)


def duration(ns: int | None) -> str:
    """A length of time."""
    if ns is None:
        return "-"
    seconds = ns / 1e9
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def usd(nusd: int | None) -> str:
    """Money from nano dollars; unknown is never 0."""
    return "unknown" if nusd is None else dollars(nusd / 1e9)


def dollars(value: float | None) -> str:
    """Money in dollars, small sums with their digits."""
    if value is None:
        return NO_DATA
    return f"${value:,.2f}" if value >= 1 or value == 0 else f"${value:.4f}"


def percent(share: float | None, digits: int = 1) -> str:
    """A share."""
    return NO_DATA if share is None else f"{share * 100:.{digits}f} %"


def count(number: float | None) -> str:
    """A number with marks between thousands; unknown is said."""
    return "unknown" if number is None else f"{number:,.0f}"


def rate(value: float | None) -> str:
    """How many times as fast as the budget allows."""
    return NO_DATA if value is None else f"{value:.2f}x"


def measured(one: Mapping[str, Any]) -> str:
    """The value of an indicator in its unit."""
    value = one["value"]
    if value is None:
        return NO_DATA
    if one["unit"] in {"ratio", "share"}:
        return percent(value)
    return dollars(value) if one["unit"] == "USD" else f"{value:,.3g} {one['unit']}"


def differs(one: Mapping[str, Any]) -> str:
    """The interval of a difference in its unit, its smaller end first; of shares in points, since a percent would mean two things."""
    ends = sorted(abs(end) for end in one["interval"])
    if one["unit"] in {"ratio", "share"}:
        return f"{ends[0] * 100:.1f} to {ends[1] * 100:.1f} points"
    low, high = (measured({"value": end, "unit": one["unit"]}) for end in ends)
    return f"{low} to {high}"


def segment(text: object) -> str:
    """A text as one part of a path."""
    return quote(str(text), safe="")


def session_url(session: str, **query: object) -> str:
    """The page of a session."""
    return f"/sessions/{segment(session)}" + (f"?{urlencode(query)}" if query else "")


def matcher(name: str, value: str) -> str:
    """A condition on a label of alerts, as a silence is written."""
    return f"{name}={orjson.dumps(value).decode()}"


def query_of(values: Mapping[str, object]) -> str:
    """A query string of what is not empty."""
    kept = {name: value for name, value in values.items() if value not in (None, "")}
    return f"?{urlencode(kept)}" if kept else ""


FILTERS: dict[str, Callable[..., Any]] = {
    "moment": moment,
    "iso": iso,
    "ago": ago,
    "duration": duration,
    "usd": usd,
    "dollars": dollars,
    "percent": percent,
    "count": count,
    "rate": rate,
    "measured": measured,
    "differs": differs,
    "segment": segment,
    "query": query_of,
}
