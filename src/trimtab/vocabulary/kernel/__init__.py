"""The words beneath all others: clock, identifiers, errors, intervals, money, one JSON for the same content."""

from trimtab.vocabulary.kernel.canonical import canonical_json
from trimtab.vocabulary.kernel.clock import Clock, SystemClock, VirtualClock
from trimtab.vocabulary.kernel.errors import (
    Conflict,
    Invalid,
    Missing,
    Refused,
    TooLarge,
    TrimtabError,
    Unauthorised,
    Unavailable,
)
from trimtab.vocabulary.kernel.histogram import BUCKET_SQL, bucket_of, quantile, quantile_interval
from trimtab.vocabulary.kernel.interval import Z95, Ratio, difference, mean_interval, wilson
from trimtab.vocabulary.kernel.line import line_sum
from trimtab.vocabulary.kernel.money import NANO, cost_usd

__all__ = [
    "BUCKET_SQL",
    "NANO",
    "Z95",
    "Clock",
    "Conflict",
    "Invalid",
    "Missing",
    "Ratio",
    "Refused",
    "SystemClock",
    "TooLarge",
    "TrimtabError",
    "Unauthorised",
    "Unavailable",
    "VirtualClock",
    "bucket_of",
    "canonical_json",
    "cost_usd",
    "difference",
    "line_sum",
    "mean_interval",
    "quantile",
    "quantile_interval",
    "wilson",
]
