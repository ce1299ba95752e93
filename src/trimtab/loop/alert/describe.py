"""What an alert tells its reader beside its name: the number, its rows, the cohort that explains it, and what changed before."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import orjson

from trimtab.loop.alert.model import Alert
from trimtab.loop.alert.news import said_of
from trimtab.loop.alert.rules import Rule, events_of, explain, find_spans
from trimtab.loop.budget import Minutes, Objective
from trimtab.loop.sli import Definition, count_by
from trimtab.loop.store import Analytics, Scope, find_changes
from trimtab.vocabulary.kernel import Ratio

MINUTE_NS, DAY_NS = 60_000_000_000, 86_400_000_000_000
SPLIT_BY = (
    "bundle",
    "agent_version",
    "model",
    "provider",
    "tenant",
    "environment",
    "agent",
    "intent",
    "language",
)
"""The dimensions in which the cohort is looked for that explains a breach; the surest of all is told."""
MOST_CHANGES = 5
SLACK_MIN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Where an alert comes from: the objective and its indicator, its minutes, and the address under which Trimtab is read."""

    objective: Objective
    definition: Definition
    minutes: Minutes
    address: str


def describe(analytics: Analytics, alert: Alert, rule: Rule, about: About) -> Alert:
    """The alert with annotations that say what to look at first."""
    length = rule.pairs[0].long_min if rule.pairs else rule.stale_min
    end = alert.starts_ns // MINUTE_NS
    since_ns = (end - length) * MINUTE_NS
    scope = Scope(
        project=alert.project,
        cohort=about.objective.measure.cohort,
        since_ns=since_ns,
        until_ns=end * MINUTE_NS,
    )
    found = {
        **measured(about, end - length, end),
        **began(about, end),
        **explained(analytics, scope, about.definition),
        **changed(analytics, scope),
        "rows": rows_address(about, scope),
    }
    if about.objective.runbook:
        found["runbook"] = about.objective.runbook
    return replace(alert, annotations={**alert.annotations, **found})


def measured(about: About, start: int, end: int) -> dict[str, str]:
    """The number over the rule's window, with what it rests on."""
    events = events_of(about.objective, about.minutes)
    within = (events.minute >= start) & (events.minute < end)
    of = Ratio(good=round(events.good[within].sum()), bad=round(events.bad[within].sum()))
    found = {
        "sli": about.objective.measure.indicator,
        "target": f"{about.objective.target:g}",
        "sli_n": str(of.n),
    }
    if of.value is not None and of.interval is not None:
        low, high = of.interval
        found |= {"sli_value": f"{of.value:.6g}", "sli_low": f"{low:.6g}", "sli_high": f"{high:.6g}"}
    return found


def began(about: About, end: int) -> dict[str, str]:
    """The first bad event of the bad span that goes on at the end of the window, as far as it can be told from chance."""
    spans = [
        one
        for one in find_spans(about.objective, about.minutes)
        if one.start_min < end <= one.end_min + SLACK_MIN
    ]
    return {"first_bad": instant(spans[-1].start_min * MINUTE_NS)} if spans else {}


def explained(analytics: Analytics, scope: Scope, definition: Definition) -> dict[str, str]:
    """The cohort whose share of bad events exceeds that of all others beyond chance, the surest first; nothing where none does."""
    if definition.shape != "ratio":
        return {}
    sure: list[tuple[float, str, str]] = []
    for name in SPLIT_BY:
        if name in scope.cohort:
            continue
        counted = count_by(analytics, scope, name, definition)
        found = explain({value: (bad, good + bad) for value, (good, bad) in counted.items()})
        sure += [(one.interval[0], name, one.cohort) for one in found if one.explains and one.cohort]
    if not sure:
        return {}
    _, name, value = max(sure)
    return {"cohort": orjson.dumps({name: value}).decode()}


def changed(analytics: Analytics, scope: Scope) -> dict[str, str]:
    """What changed about the agent in the day before the window, and within it."""
    before = replace(scope, since_ns=(scope.since_ns or DAY_NS) - DAY_NS)
    rows = find_changes(analytics, before, MOST_CHANGES)
    return {
        f"change.{instant(int(row['first_ns']))}": said_of(row) for row in rows if row["before"] is not None
    }


def instant(time_ns: int) -> str:
    """A time in RFC 3339."""
    return datetime.fromtimestamp(time_ns / 1e9, UTC).isoformat(timespec="milliseconds")


def rows_address(about: About, scope: Scope) -> str:
    """Where the rows behind the number are read."""
    asked: dict[str, object] = {"since_ns": scope.since_ns, "until_ns": scope.until_ns, **scope.cohort}
    if about.definition.method == "outcome":
        asked["outcome"] = "failure"
    elif about.definition.of == "steps":
        asked["tool_error"] = "yes"
    return f"{about.address}/api/v1/sessions?{urlencode(asked)}"
