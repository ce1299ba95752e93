"""How good the alerts were that people got: from alerts and incidents that are linked, with the noisy rules by name."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from trimtab.vocabulary.kernel import Ratio

BRIEF_NS = 10 * 60_000_000_000
"""Resolved sooner, by itself, an alert was not worth a look."""
FLAP_NS = 60 * 60_000_000_000
"""Fired again sooner after it resolved, it flaps."""
FEWEST = 5
"""A rule with fewer alerts is not called noisy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAlert:
    """One alert as it went out: ns since the Unix epoch, None for what did not happen; `incident` is the id of what it was linked to.

    `acted`: somebody did something about it. `key` tells alerts of one rule apart (a fingerprint): only the same one flaps.
    """

    rule: str
    fired_ns: int
    resolved_ns: int | None = None
    acknowledged_ns: int | None = None
    acted: bool = False
    incident: str | None = None
    key: str = ""

    @property
    def by_itself(self) -> bool:
        """Whether it was over within 10 minutes, before anybody acknowledged it."""
        brief = self.resolved_ns is not None and self.resolved_ns - self.fired_ns < BRIEF_NS
        return brief and self.acknowledged_ns is None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastIncident:
    """One incident: when it began and, unless it lasts, ended."""

    id: str
    started_ns: int
    ended_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleQuality:
    """The alerts of one rule: those linked to an incident, acknowledged, acted upon, over by themselves; and its flaps.

    `noisy` holds a sentence for each reason to change or drop it.
    """

    rule: str
    alerts: int
    linked: Ratio
    acknowledged: Ratio
    acted: Ratio
    by_itself: Ratio
    flaps: int
    noisy: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertQuality:
    """All rules, the noisiest first; precision of alerts, recall of incidents; medians in minutes with how many they rest on.

    Detection is from an incident's start to its first alert, 0 where that came before; reset from its end to the last alert's.
    """

    rules: tuple[RuleQuality, ...]
    precision: Ratio
    recall: Ratio
    detection_min: float | None
    detection_n: int
    reset_min: float | None
    reset_n: int


def judge_alerts(alerts: Sequence[SentAlert], incidents: Sequence[PastIncident]) -> AlertQuality:
    """The four attributes of alerting and the noisy rules; an alert linked to an incident not listed counts as linked."""
    names = sorted({one.rule for one in alerts})
    rules = [judge_rule(name, [one for one in alerts if one.rule == name]) for name in names]
    rules.sort(key=lambda one: (-len(one.noisy), -one.alerts, one.rule))
    detection: list[float] = []
    reset: list[float] = []
    for incident in incidents:
        mine = [one for one in alerts if one.incident == incident.id]
        if mine:
            first = min(one.fired_ns for one in mine)
            detection.append(max(0, first - incident.started_ns) / 60e9)
        over = [one.resolved_ns for one in mine if one.resolved_ns is not None]
        if mine and len(over) == len(mine) and incident.ended_ns is not None:
            reset.append((max(over) - incident.ended_ns) / 60e9)
    return AlertQuality(
        rules=tuple(rules),
        precision=share(alerts, [one.incident is not None for one in alerts]),
        recall=Ratio(good=len(detection), bad=len(incidents) - len(detection)),
        detection_min=median(detection) if detection else None,
        detection_n=len(detection),
        reset_min=median(reset) if reset else None,
        reset_n=len(reset),
    )


def judge_rule(rule: str, alerts: Sequence[SentAlert]) -> RuleQuality:
    """Count the alerts of one rule, and say what makes it noisy."""
    found = RuleQuality(
        rule=rule,
        alerts=len(alerts),
        linked=share(alerts, [one.incident is not None for one in alerts]),
        acknowledged=share(alerts, [one.acknowledged_ns is not None for one in alerts]),
        acted=share(alerts, [one.acted for one in alerts]),
        by_itself=share(alerts, [one.by_itself for one in alerts]),
        flaps=count_flaps(alerts),
        noisy=(),
    )
    return replace(found, noisy=tuple(name_noise(found)))


def name_noise(found: RuleQuality) -> list[str]:
    """The reasons to call a rule noisy, none for one with too few alerts to tell."""
    n = found.alerts
    if n < FEWEST:
        return []
    said: list[str] = []
    if 3 * found.flaps >= n:
        said.append(f"fired again within an hour of resolving {found.flaps} of {n} times")
    if 2 * found.by_itself.good >= n:
        said.append(f"{found.by_itself.good} of {n} were over within 10 minutes, by themselves")
    if not found.acted.good:
        said.append(f"nobody ever acted on any of {n}")
    if 2 * found.linked.bad > n:
        said.append(f"{found.linked.bad} of {n} belonged to no incident")
    return said


def count_flaps(alerts: Sequence[SentAlert]) -> int:
    """How many fired within an hour after the one before, of the same key, had resolved."""
    flaps = 0
    last: dict[str, int] = {}
    for one in sorted(alerts, key=lambda alert: alert.fired_ns):
        before = last.get(one.key)
        flaps += before is not None and one.fired_ns - before < FLAP_NS
        if one.resolved_ns is not None:
            last[one.key] = one.resolved_ns
    return flaps


def share(alerts: Sequence[SentAlert], which: Sequence[bool]) -> Ratio:
    """So many of all."""
    return Ratio(good=sum(which), bad=len(alerts) - sum(which))
