"""What rules would have done with the minutes of the past: which pages, how late, for what."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from trimtab.loop.alert.model import Severity
from trimtab.loop.alert.rules.evaluate import begin, step
from trimtab.loop.alert.rules.model import MINUTE_NS, Rule, Transition
from trimtab.loop.alert.rules.spans import BadSpan, find_spans
from trimtab.loop.budget import Minutes, Objective
from trimtab.vocabulary.kernel import Ratio

SLACK_MIN = 10
"""A page so long before or after a bad span is still about it: labels are not exact to the minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """One alert that a rule would have sent; minutes since the Unix epoch of the data, `resolved_min` None while it lasts.

    `span` is the place of the bad span it is about in the backtest's list, None for a false alarm; `delay_min` counts from the span's
    start until it is sent, after the objective's maturity.
    """

    rule: str
    severity: Severity
    fired_min: int
    resolved_min: int | None
    why: str
    span: int | None
    delay_min: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How good a rule would have been; the rule "" is all pages together.

    `precision` counts firings about a bad span as good, `recall` bad spans that were noticed; detection and reset are medians in
    minutes over the bad spans noticed, None without any; `false_per_30d` firings about nothing.
    """

    rule: str
    firings: int
    precision: Ratio
    recall: Ratio
    detection_min: float | None
    reset_min: float | None
    false_per_30d: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """Every firing in order of time, the bad spans they were held against, and a score for each rule and for all pages."""

    firings: tuple[Firing, ...]
    spans: tuple[BadSpan, ...]
    scores: tuple[Score, ...]


def backtest(
    objective: Objective,
    rules: Sequence[Rule],
    minutes: Minutes,
    period_min: tuple[int, int],
    labelled: Sequence[BadSpan] | None = None,
) -> Backtest:
    """Replay the minutes of [start, end) through the rules as they would have run; without labels against spans found in hindsight.

    `minutes` may begin before the start: windows look back.
    """
    start, end = period_min
    within = [
        span for span in find_spans(objective, minutes) if span.end_min > start and span.start_min < end
    ]
    spans = sorted(within if labelled is None else labelled, key=lambda span: span.start_min)
    firings: list[Firing] = []
    late = objective.maturity_s / 60
    for rule in rules:
        offset = round(objective.maturity_s * 1e9)
        state = begin(rule, objective, start * MINUTE_NS + offset)
        _, told = step(rule, objective, state, minutes, end * MINUTE_NS + offset)
        firings += [link(rule, opened, closed, spans, late) for opened, closed in lives_of(told)]
    firings.sort(key=lambda one: (one.fired_min, one.rule))
    days = (end - start) / 1440
    scores = [
        score(rule.name, [one for one in firings if one.rule == rule.name], spans, days) for rule in rules
    ]
    pages = [one for one in firings if one.severity == "page"]
    return Backtest(
        firings=tuple(firings), spans=tuple(spans), scores=(score("", pages, spans, days), *scores)
    )


def lives_of(told: Sequence[Transition]) -> list[tuple[Transition, Transition | None]]:
    """Each firing with its resolution, None for the one that lasts."""
    fired = [one for one in told if one.to == "firing"]
    resolved = [one for one in told if one.to == "resolved"]
    return [(one, resolved[at] if at < len(resolved) else None) for at, one in enumerate(fired)]


def link(
    rule: Rule, opened: Transition, closed: Transition | None, spans: Sequence[BadSpan], late_min: float
) -> Firing:
    """The bad span that a firing is about: the latest that had begun when it fired, and had not left its short windows."""
    after = max([SLACK_MIN, *(pair.short_min for pair in rule.pairs)])
    about = [
        at
        for at, span in enumerate(spans)
        if span.start_min - SLACK_MIN <= opened.at_min <= span.end_min + after
    ]
    span = about[-1] if about else None
    return Firing(
        rule=rule.name,
        severity=rule.severity,
        fired_min=opened.at_min,
        resolved_min=closed.at_min if closed else None,
        why=opened.why,
        span=span,
        delay_min=None if span is None else opened.at_min - spans[span].start_min + late_min,
    )


def score(rule: str, firings: Sequence[Firing], spans: Sequence[BadSpan], days: float) -> Score:
    """Count what was noticed and what was not."""
    detection: list[float] = []
    reset: list[float] = []
    for at, span in enumerate(spans):
        mine = [one for one in firings if one.span == at]
        delays = [one.delay_min for one in mine if one.delay_min is not None]
        if delays:
            detection.append(min(delays))
        over = [one.resolved_min for one in mine if one.resolved_min is not None]
        if mine and len(over) == len(mine):
            reset.append(float(max(over) - span.end_min))
    right = sum(one.span is not None for one in firings)
    wrong = len(firings) - right
    return Score(
        rule=rule,
        firings=len(firings),
        precision=Ratio(good=right, bad=wrong),
        recall=Ratio(good=len(detection), bad=len(spans) - len(detection)),
        detection_min=median(detection) if detection else None,
        reset_min=median(reset) if reset else None,
        false_per_30d=wrong * 30 / days if days > 0 else 0.0,
    )
