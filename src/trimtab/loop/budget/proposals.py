"""Objectives for an agent that has none yet: what it kept in the last weeks, and what promising it would have cost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from math import ceil, floor, log10
from typing import Any

from trimtab.loop.budget.counted import minutes_now, series_for
from trimtab.loop.budget.model import Measure, Objective, Span, Window
from trimtab.loop.budget.openslo import write_slo
from trimtab.loop.budget.propose import MOST_WEEKS, Proposal, propose
from trimtab.loop.sli import Basis, Definition, report
from trimtab.loop.store import Analytics, Scope, find_sessions
from trimtab.vocabulary.kernel import Invalid, Missing

Json = dict[str, Any]
USUAL = ("task_success", "tool_call_success", "session_latency", "cost_per_success")
WEEK_NS = 604_800_000_000_000
MONTH = Window(span=Span(count=30, unit="d"))
SLICE_MIN = 1440
"""The day in which a cost per success is compared: an hour has too few successes."""
ROOM = 1.25
"""A threshold of a number lies so much above what was seen: a promise about yesterday's value breaks tomorrow."""


def propose_all(
    analytics: Analytics,
    project: str,
    agent: str,
    known: tuple[Mapping[str, Definition], Basis],
    at: tuple[int, int],
    names: Sequence[str] = (),
) -> Json:
    """A proposal for each indicator of an agent (all agents: ""), and the OpenSLO text of those that can be promised.

    `at` is now in ns and the number of weeks looked at. Raises `Invalid` for an unknown indicator, `Missing` where there is no
    session to look at.
    """
    (definitions, basis), (now_ns, weeks) = known, at
    if unknown := [name for name in names if name not in definitions]:
        raise Invalid(f"no indicator: {unknown[0]}", hint="`trimtab sli list` shows what there is")
    scope = Scope(
        project=project, cohort={"agent": agent} if agent else {}, since_ns=now_ns - weeks * WEEK_NS
    )
    check_seen(analytics, scope, now_ns)
    rows: list[Json] = []
    texts: list[str] = []
    for name in names or USUAL:
        draft = drafted(analytics, scope, definitions[name], basis)
        if draft is None:
            rows.append({"indicator": name, "target": None, "why": "nothing was measured"})
            continue
        series = series_for(draft, definitions, basis)
        minutes = minutes_now(analytics, project, [series], basis)[series.key]
        found = propose(draft, minutes, now_ns, weeks)
        rows.append({"indicator": name, "threshold": draft.measure.threshold, **asdict(found)})
        if found.target is not None:
            texts.append(commented(replace(draft, target=found.target), found))
    return {"agent": agent, "weeks": weeks, "proposals": rows, "yaml": "---\n".join(texts)}


def check_seen(analytics: Analytics, scope: Scope, now_ns: int) -> None:
    """Raise `Missing` where no session is in the scope: a wrong name, or one whose sessions are older."""
    if find_sessions(analytics, scope, limit=1)[1]:
        return
    whose = f"sessions of {scope.cohort['agent']}" if scope.cohort else "sessions"
    older, _ = find_sessions(analytics, replace(scope, since_ns=None), limit=1)
    if not older:
        raise Missing(f"no {whose}", hint="`trimtab coverage` lists the agents")
    last_ns = int(older[0]["last_ns"])
    ago = ceil((now_ns - last_ns) / WEEK_NS)
    hint = (
        f"`--weeks {ago}` reaches them" if ago <= MOST_WEEKS else f"at most {MOST_WEEKS} weeks are looked at"
    )
    raise Missing(f"no {whose} in these weeks; the last was {ago} weeks ago", hint=hint)


def drafted(analytics: Analytics, scope: Scope, definition: Definition, basis: Basis) -> Objective | None:
    """An objective without its target: a number is compared with a bit more than what was seen; None without any."""
    agent = scope.cohort.get("agent", "")
    name = "-".join(part for part in (agent, definition.name.replace("_", "-")) if part).lower()
    measure = Measure(indicator=definition.name, cohort=scope.cohort)
    draft = Objective(
        id=name,
        slo=name,
        target=0.5,
        window=MONTH,
        measure=measure,
        title=definition.title or definition.name,
        service=agent or scope.project,
    )
    if definition.shape == "ratio":
        return draft
    seen = seen_value(analytics, scope, definition, basis)
    if seen is None:
        return None
    op, threshold = (
        ("lte", rounded(seen * ROOM)) if definition.better == "lower" else ("gte", rounded(seen / ROOM))
    )
    draft = replace(draft, measure=replace(measure, op=op, threshold=threshold))
    if definition.shape == "per":
        return replace(draft, method="timeslices", slice_min=SLICE_MIN, slice_target=1.0)
    return draft


def seen_value(analytics: Analytics, scope: Scope, definition: Definition, basis: Basis) -> float | None:
    """What was measured: a mean, a sum for each, or of a distribution the highest of its quantiles but one."""
    groups = report(analytics, scope, (), [definition], basis)["groups"]
    rows: list[Json] = groups[0]["indicators"] if groups else []
    known: list[float] = [row["value"] for row in rows if row["value"] is not None]
    return float(known[min(1, len(known) - 1)]) if known else None


def rounded(value: float) -> float:
    """Two leading digits, upwards: a number that people can remember."""
    if value <= 0:
        return 0.0
    unit = 10.0 ** (floor(log10(value)) - 1)
    return float(f"{ceil(value / unit - 1e-9) * unit:.12g}")


def commented(objective: Objective, found: Proposal) -> str:
    """The document, and above it what it rests on."""
    low, high = found.interval or (0.0, 0.0)
    option = next(one for one in found.options if one.target == objective.target)
    spent = ", ".join("no events" if one is None else f"{one:.0%}" for one in option.spent)
    lines = [
        f"{found.events:.0f} events, {found.achieved or 0:.2%} good (95 % interval {low:.2%} to {high:.2%})",
        f"each week would have used of its budget: {spent}; used up {option.exhausted} times",
    ]
    return "".join(f"# {line}\n" for line in lines) + write_slo([objective])
