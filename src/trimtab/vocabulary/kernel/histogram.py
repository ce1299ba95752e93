"""A mergeable log-bucket histogram: quantiles within 1 % of the value, the same in every engine.

Bucket i holds values v with GAMMA**i <= v < GAMMA**(i+1); with GAMMA = 1.02 the geometric middle of a
bucket is within 0.995 % of everything in it (the construction of DDSketch, Masson et al. 2019).
"""

import math
from collections.abc import Mapping

from trimtab.vocabulary.kernel.interval import Z95

GAMMA = 1.02
ZERO = -1_000_000
"""The bucket of values that are 0 or below."""
BUCKET_SQL = f"case when {{value}} > 0 then floor(ln({{value}}) / ln({GAMMA}))::integer else {ZERO} end"


def bucket_of(value: float) -> int:
    """The bucket of a value."""
    return math.floor(math.log(value) / math.log(GAMMA)) if value > 0 else ZERO


def middle(bucket: int) -> float:
    """The value that stands for a bucket."""
    return 0.0 if bucket == ZERO else GAMMA ** (bucket + 0.5)


def value_at(buckets: Mapping[int, int], rank: int) -> float:
    """The value at a rank, counted from 0, in ascending order."""
    for bucket in sorted(buckets):
        rank -= buckets[bucket]
        if rank < 0:
            return middle(bucket)
    return middle(max(buckets))


def quantile(buckets: Mapping[int, int], q: float) -> float | None:
    """The q-quantile (nearest rank), or None without values."""
    n = sum(buckets.values())
    return value_at(buckets, max(0, math.ceil(q * n) - 1)) if n else None


def quantile_interval(buckets: Mapping[int, int], q: float) -> tuple[float, float] | None:
    """Distribution-free 95 % interval of a quantile: order statistics at n q +- z sqrt(n q (1-q)).

    None where the ranks would leave the sample, so that an interval is never narrower than it should be.
    """
    n = sum(buckets.values())
    half = Z95 * math.sqrt(n * q * (1 - q))
    low, high = math.floor(n * q - half), math.ceil(n * q + half)
    if n == 0 or low < 0 or high > n - 1:
        return None
    return value_at(buckets, low), value_at(buckets, high)
