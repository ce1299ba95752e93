"""What became worse: the indicators of each agent in the latest days against as many days before."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import Any

from trimtab.loop.sli.basis import Basis
from trimtab.loop.sli.indicators import report
from trimtab.loop.sli.model import Definition
from trimtab.loop.sli.question import NOTHING_DECLARED
from trimtab.loop.store import DAY_NS, MINUTE_NS, Analytics, Scope
from trimtab.vocabulary.kernel import difference

Json = dict[str, Any]
WRONG = 0.05
"""The chance that anything of an agent is said to differ that does not."""
LEAST = 10
"""Below so many events on either side nothing is compared."""


def compare_days(
    analytics: Analytics,
    scope: Scope,
    now_ns: int,
    definitions: Sequence[Definition],
    basis: Basis = NOTHING_DECLARED,
    *,
    days: int = 7,
) -> Json:
    """What differs of each agent between the latest `days` and those before, the clearest first; nothing else is listed.

    The interval of a difference comes from those of the two values (MOVER, Zou and Donner 2008; for ratios Newcombe 1998, method 10),
    widened for the number of indicators that are compared (Bonferroni), so that all of an agent hold together at 95 %.
    """
    until_ns = now_ns // MINUTE_NS * MINUTE_NS
    middle_ns = until_ns - days * DAY_NS
    begin_ns = max(0, middle_ns - days * DAY_NS)
    spans = {"now": (middle_ns, until_ns), "before": (begin_ns, middle_ns)}
    groups: dict[str, dict[str, Json]] = {}
    for name, (since_ns, before_ns) in spans.items():
        asked = replace(scope, since_ns=since_ns, until_ns=before_ns)
        found = report(analytics, asked, ("agent",), definitions, basis)["groups"]
        groups[name] = {one["group"]["agent"]: one for one in found}
    return {
        name: {"since_ns": since_ns, "until_ns": before_ns} for name, (since_ns, before_ns) in spans.items()
    } | {
        "agents": [
            {"agent": agent} | differing(groups["now"].get(agent), groups["before"].get(agent))
            for agent in sorted({*groups["now"], *groups["before"]})
        ]
    }


def differing(now: Json | None, before: Json | None) -> Json:
    """The indicators of an agent that differ, those first that became worse."""
    earlier = {one["name"]: one for one in before["indicators"]} if before else {}
    pairs = [
        (one, earlier[one["name"]])
        for one in (now["indicators"] if now else ())
        if one["name"] in earlier and comparable(one, earlier[one["name"]])
    ]
    widened = NormalDist().inv_cdf(1 - WRONG / 2 / max(1, len(pairs))) / NormalDist().inv_cdf(1 - WRONG / 2)
    found = [differs for one, old in pairs if (differs := beside(one, old, widened))]
    found.sort(key=lambda one: (not one["worse"], -one["clear"], one["name"]))
    return {"compared": len(pairs), "differing": found}


def comparable(one: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Whether two values may be compared: both known with an interval, of enough events, measured by one method."""
    known = all(side["value"] is not None and side["interval"] and side["n"] >= LEAST for side in (one, old))
    return known and one["method"] == old["method"]


def beside(one: Mapping[str, Any], old: Mapping[str, Any], widened: float) -> Json | None:
    """How a value differs from the one before; None where chance would do."""
    interval = difference((old["value"], old["interval"]), (one["value"], one["interval"]), widened)
    if interval[0] <= 0 <= interval[1]:
        return None
    change = one["value"] - old["value"]
    near = interval[0] if change > 0 else -interval[1]
    return {
        "name": one["name"],
        "title": one["title"],
        "unit": one["unit"],
        "worse": (change > 0) == (one["better"] == "lower"),
        "value": one["value"],
        "n": one["n"],
        "before": old["value"],
        "before_n": old["n"],
        "change": change,
        "interval": list(interval),
        "clear": near / abs(change),
    }
