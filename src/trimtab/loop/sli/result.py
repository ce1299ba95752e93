"""From counts to what is shown: value, n, interval, method, and the health of the measurement."""

from collections.abc import Mapping
from typing import Any

from trimtab.loop.sli.model import Counts, Definition
from trimtab.vocabulary.kernel import Ratio, mean_interval, quantile, quantile_interval

Json = dict[str, Any]
UNKNOWN_SHARE = 0.05
"""Above this share of unknown events a measurement counts as degraded."""


def results(found: Definition, by_method: Mapping[str, Counts]) -> list[Json]:
    """What was measured by a definition in one group: one row, or one a quantile.

    Two methods are never mixed: then the value is None, and `series` holds one result for each of them.
    """
    methods = sorted(method for method in by_method if method)
    if len(methods) <= 1:
        whole = merged(list(by_method.values()))
        return [row | {"method": methods[0] if methods else ""} for row in rows_of(found, whole)]
    shown = rows_of(found, merged(list(by_method.values())))
    alone = {method: rows_of(found, by_method[method]) for method in methods}
    return [
        row
        | {
            "value": None,
            "interval": None,
            "method": "",
            "series": [alone[method][place] | {"method": method} for method in methods],
            "health": "degraded",
            "reasons": [f"measured by {len(methods)} methods, which are not mixed: {', '.join(methods)}"],
        }
        for place, row in enumerate(shown)
    ]


def merged(parts: list[Counts]) -> Counts:
    """The sum of counts."""
    whole = Counts()
    for part in parts:
        for name in ("events", "matured", "good", "bad", "excluded", "n", "squares", "per"):
            setattr(whole, name, getattr(whole, name) + getattr(part, name))
        if part.total is not None:
            whole.total = (whole.total or 0.0) + part.total
        for bucket, number in part.buckets.items():
            whole.buckets[bucket] = whole.buckets.get(bucket, 0) + number
    return whole


def rows_of(found: Definition, counts: Counts) -> list[Json]:
    """The rows of one definition and one method."""
    shared = {"title": found.title or found.name, "unit": found.unit, "better": found.better, "of": found.of}
    health, reasons = health_of(found, counts)
    matured = counts.matured / counts.events if counts.events else None
    state = {"matured": matured, "health": health, "reasons": reasons}
    if found.shape == "quantiles":
        return [
            {"name": f"{found.name}_p{q * 100:g}", **shared, **quantile_of(counts, q), **state}
            for q in found.quantiles
        ]
    return [{"name": found.name, **shared, **value_of(found, counts), **state}]


def quantile_of(counts: Counts, q: float) -> Json:
    """A quantile from the histogram, within 1 %."""
    interval = quantile_interval(counts.buckets, q)
    return {
        "n": sum(counts.buckets.values()),
        "value": quantile(counts.buckets, q),
        "interval": list(interval) if interval else None,
        "error": "<= 1 %",
    }


def value_of(found: Definition, counts: Counts) -> Json:
    """A ratio of events, a mean, or a sum for each."""
    if found.shape == "ratio":
        of = Ratio(good=counts.good, bad=counts.bad, excluded=counts.excluded, unknown=counts.unknown)
        return {
            "n": of.n,
            "value": of.value,
            "interval": list(of.interval) if of.interval else None,
            "good": of.good,
            "bad": of.bad,
            "excluded": of.excluded,
            "unknown": of.unknown,
        }
    if found.shape == "per":
        # What failed was paid for, too; and where any part is not known, the sum is not.
        complete = counts.per and counts.total is not None and counts.n == counts.events
        value = counts.total / counts.per if complete and counts.total is not None else None
        return {"n": counts.per, "value": value, "interval": None, "unknown": counts.events - counts.n}
    interval = mean_interval(counts.n, counts.total or 0.0, counts.squares) if counts.n else None
    return {
        "n": counts.n,
        "value": counts.mean,
        "interval": list(interval) if interval else None,
        "unknown": counts.events - counts.n,
    }


def health_of(found: Definition, counts: Counts) -> tuple[str, list[str]]:
    """Complete, degraded or unavailable, with reasons: it stands beside a number, never inside it."""
    if found.shape == "none":
        return "unavailable", [f"needs {found.needs}: {found.about}".rstrip(": ")]
    known = counts.good + counts.bad + counts.excluded if found.shape == "ratio" else counts.n
    if not known:
        why = (
            f"needs {found.needs}"
            if found.needs
            else "no such event"
            if not counts.events
            else "nothing is known of"
        )
        return "unavailable", [why if not counts.events or found.needs else f"{why} {counts.events} events"]
    unknown = counts.events - known
    if unknown > counts.events * UNKNOWN_SHARE:
        return "degraded", [f"{unknown} of {counts.events} events are unknown"]
    return "complete", []
