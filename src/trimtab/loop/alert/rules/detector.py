"""An e-detector on single events: it notices a drop of the success rate in a few tasks, with a bound on false alarms.

Per level g below the target T, R = (R + 1) x LR with LR = (g/T)^good x ((1-g)/(1-T))^bad (Shiryaev-Roberts); the alarm is
mean over g of R >= c. While the rate is at least T, a false alarm takes at least c events on average, however the rate moves
above T (Shin, Ramdas and Rinaldo 2022, arXiv 2203.03532). R is kept as a logarithm: in an outage it overflows.

Events come counted by minute; their order within it is not known. We take the one that makes R the smallest: bad events
first, and look only at the end of a minute. With R at most what it would be in the true order, by induction at every
minute's end, an alarm is never raised before the true order would have raised it: the bound on false alarms holds. With one
event, or one kind of event, in a minute it is exact. Events of a slice are shares of one: (R + 1) x LR, which is at most
the mean of the two outcomes (convexity), so the bound holds for them as well.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from trimtab.loop.alert.rules.model import Bools, Detector, Floats, Ints, Json
from trimtab.vocabulary.kernel import Invalid

TIMES = (2, 3, 4, 6, 10, 30, 100, 300)
"""Levels for a small budget b: so many times b bad, up to half of the events."""
PARTS = (0.1, 0.2, 0.3, 0.5, 0.75)
"""Levels for a budget above a tenth: so far from b on the way to an outage."""
BLOCK = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where a detector stands: log R by level; whether it alarms, at which level (-1: none), and log R of the way back."""

    log_r: tuple[float, ...]
    alarmed: bool = False
    level: int = -1
    log_back: float = -math.inf
    events: float = 0.0


def detector_of(target: float, days: float, events_per_day: float) -> Detector:
    """A detector with at most one false alarm in `days` days at this traffic, on average.

    Raises `Invalid` for what is not a target or leaves less than one event.
    """
    if not 0 < target < 1 or days * events_per_day <= 1:
        raise Invalid(
            f"no detector for a target of {target} and {days * events_per_day:g} events",
            hint="the target lies between 0 and 1; there is traffic",
        )
    return Detector(target=target, levels=levels_of(target), threshold=days * events_per_day)


def levels_of(target: float) -> tuple[float, ...]:
    """Success rates below the target that are watched for, the highest first; for 95 % they are .9 .85 .8 .7 .5."""
    budget = round(1 - target, 12)
    if budget > 0.1:
        return tuple(round(1 - (budget + part * (1 - budget)), 12) for part in PARTS)
    small = (times * budget for times in TIMES if times * budget < 0.5 - 1e-9)
    return (*(round(1 - bad, 12) for bad in small), 0.5)


def fresh(detector: Detector) -> Evidence:
    """A detector that has seen nothing."""
    return Evidence(log_r=(-math.inf,) * len(detector.levels))


def log_ratios(detector: Detector) -> tuple[Floats, Floats]:
    """Logarithms of the likelihood ratio of each level to the target, of a good and of a bad event."""
    levels = np.array(detector.levels, dtype=np.float64)
    return np.log(levels / detector.target), np.log((1 - levels) / (1 - detector.target))


def log_sum(log_ratio: Floats | float, n: Floats) -> Floats:
    """log(L + L^2 + ... + L^n), -inf for no term; works for L on either side of 1, and where L^n overflows."""
    size = np.abs(log_ratio)
    with np.errstate(divide="ignore"):
        terms = np.log(-np.expm1(-n * size)) - np.log(-np.expm1(-size))
    return np.asarray(terms + np.where(np.asarray(log_ratio) > 0, n * size, -size), dtype=np.float64)


def take_batch(
    rising: Floats | float, falling: Floats | float, n_rising: Floats, n_falling: Floats
) -> tuple[Floats, Floats]:
    """log(a), log(b) of R -> a R + b for batches of events, those that raise R before those that lower it."""
    log_a = n_rising * rising + n_falling * falling
    after = np.logaddexp(log_sum(rising, n_rising) + n_falling * falling, log_sum(falling, n_falling))
    return log_a, np.where(n_rising + n_falling <= 1, log_a, after)


def scan(log_r: Floats, log_a: Floats, log_b: Floats) -> Floats:
    """Log R after each step of R -> a R + b; steps are the first axis, and any batching gives the same bits."""
    found = np.empty(log_a.shape, dtype=np.float64)
    for at in range(len(log_a)):
        log_r = np.logaddexp(log_r + log_a[at], log_b[at])
        found[at] = log_r
    return found


def log_mean(log_r: Floats) -> Floats:
    """The logarithm of the mean over the last axis."""
    top = log_r.max(axis=-1, keepdims=True)
    floor = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return np.log(np.exp(log_r - floor).mean(axis=-1)) + floor[..., 0]


def advance(detector: Detector, seen: Evidence, good: Floats, bad: Floats) -> tuple[Evidence, Bools]:
    """Take batches of events in order: where it stands then, and whether it alarms after each batch."""
    alarms = np.zeros(len(good), dtype=np.bool_)
    at = 0
    while at < len(good):
        end = min(at + BLOCK, len(good))
        before = seen.alarmed
        take = watch_back if before else watch
        seen, used = take(detector, seen, good[at:end], bad[at:end])
        alarms[at : at + used] = before
        alarms[at + used - 1] = seen.alarmed
        at += used
    return seen, alarms


def watch(detector: Detector, seen: Evidence, good: Floats, bad: Floats) -> tuple[Evidence, int]:
    """Look for a drop: up to and with the batch that raises the alarm, or all; how many batches were used."""
    log_good, log_bad = log_ratios(detector)
    log_a, log_b = take_batch(log_bad, log_good, bad[:, None], good[:, None])
    found = scan(np.array(seen.log_r, dtype=np.float64), log_a, log_b)
    over = np.flatnonzero(log_mean(found) >= math.log(detector.threshold))
    used = int(over[0]) + 1 if len(over) else len(good)
    last = found[used - 1]
    return replace(
        seen,
        log_r=tuple(last.tolist()),
        alarmed=bool(len(over)),
        level=int(np.argmax(last)) if len(over) else -1,
        log_back=-math.inf,
        events=seen.events + float((good[:used] + bad[:used]).sum()),
    ), used


def watch_back(detector: Detector, seen: Evidence, good: Floats, bad: Floats) -> tuple[Evidence, int]:
    """Look for the way back: the target against the level it alarmed at; then it starts anew."""
    level = detector.levels[seen.level]
    up, down = math.log(detector.target / level), math.log((1 - detector.target) / (1 - level))
    log_a, log_b = take_batch(up, down, good, bad)
    found = scan(np.asarray(seen.log_back, dtype=np.float64), log_a, log_b)
    over = np.flatnonzero(found >= math.log(detector.clear))
    used = int(over[0]) + 1 if len(over) else len(good)
    events = seen.events + float((good[:used] + bad[:used]).sum())
    if len(over):
        return replace(fresh(detector), events=events), used
    return replace(seen, log_back=float(found[-1]), events=events), used


FEW_PAIRS = 1 << 22
"""So many pairs of counts are told apart by a table; of more, by sorting them, which takes longer."""


def find_alarms(detector: Detector, good: Floats, bad: Floats) -> Floats:
    """The step of the first alarm in each of many streams, inf where none is; arrays of (steps, streams).

    Steps are batches; for single events they hold 0 and 1. For simulations: an alarm is not followed further.
    """
    log_good, log_bad = log_ratios(detector)
    kind, kinds = kinds_of(good, bad)
    log_a, log_b = take_batch(log_bad, log_good, kinds[1], kinds[0])
    log_r = np.full((good.shape[1], len(detector.levels)), -math.inf)
    first = np.full(good.shape[1], math.inf)
    limit = math.log(detector.threshold)
    for at in range(len(good)):
        log_r = np.logaddexp(log_r + log_a[kind[at]], log_b[kind[at]])
        if log_r.max() >= limit:
            first[(log_mean(log_r) >= limit) & np.isinf(first)] = at
            if np.isfinite(first).all():
                break
    return first


def kinds_of(good: Floats, bad: Floats) -> tuple[Ints, tuple[Floats, Floats]]:
    """Of each of many batches which of the different ones it is; these as columns of good and of bad events."""
    wide = int(bad.max(initial=0)) + 1
    pair = good.astype(np.int64) * wide + bad.astype(np.int64)
    most = int(pair.max(initial=0))
    if most < FEW_PAIRS:
        here = np.zeros(most + 1, dtype=np.bool_)
        here[pair] = True
        listed, kind = np.flatnonzero(here), (np.cumsum(here) - 1)[pair]
    else:
        listed, kind = np.unique(pair, return_inverse=True)
    column = listed.astype(np.float64)[:, None]
    return kind.reshape(good.shape).astype(np.int64), (np.floor_divide(column, wide), np.mod(column, wide))


def log_evalue(detector: Detector, good: Floats, bad: Floats) -> Floats:
    """Log of the e-process with a fixed start: mean over levels of the likelihood ratio, from the counts since then.

    At any time, also one chosen by looking, P(it ever reaches 1/alpha) <= alpha while the rate is at least the target.
    """
    log_good, log_bad = log_ratios(detector)
    return log_mean(good[..., None] * log_good + bad[..., None] * log_bad)


def freeze_evidence(seen: Evidence) -> Json:
    """As JSON: -inf, which JSON does not know, is null."""
    return {
        "log_r": [None if math.isinf(one) else one for one in seen.log_r],
        "alarmed": seen.alarmed,
        "level": seen.level,
        "log_back": None if math.isinf(seen.log_back) else seen.log_back,
        "events": seen.events,
    }


def thaw_evidence(kept: Json) -> Evidence:
    """The state that `freeze_evidence` wrote, equal to the bit."""
    back = kept["log_back"]
    return Evidence(
        log_r=tuple(-math.inf if one is None else float(one) for one in kept["log_r"]),
        alarmed=bool(kept["alarmed"]),
        level=int(kept["level"]),
        log_back=-math.inf if back is None else float(back),
        events=float(kept["events"]),
    )
