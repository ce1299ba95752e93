"""Objectives back to an OpenSLO document, which reads as the same objectives."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import yaml

from trimtab.loop.budget.model import Measure, Objective, Window
from trimtab.loop.budget.openslo.extras import write_extras
from trimtab.loop.budget.openslo.library import OPENSLO
from trimtab.loop.budget.openslo.objectives import METHODS
from trimtab.loop.budget.openslo.shapes import slug
from trimtab.loop.budget.window import text_of
from trimtab.vocabulary.kernel import Invalid

WRITTEN = {method: name for name, method in METHODS.items()}
Json = dict[str, Any]


def write_slo(objectives: Sequence[Objective], alert_refs: Sequence[str] = ()) -> str:
    """The YAML of one SLO from all its objectives, which share everything but target, measure and slices.

    `alert_refs` are the names of its alert policies. Raises `Invalid` for objectives of several SLOs.
    """
    if not objectives or len({(one.slo, one.window, one.method) for one in objectives}) != 1:
        raise Invalid("objectives of several SLOs, or of none", hint="write one document for each SLO")
    return dump(slo_document(objectives, alert_refs))


def dump(document: Json) -> str:
    """A document as YAML, its fields in the order given; long texts stay on one line."""
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=10_000)


def slo_document(objectives: Sequence[Objective], alert_refs: Sequence[str] = ()) -> Json:
    """The document of one SLO as plain values."""
    first = objectives[0]
    composite = first.weight is not None
    alone = len(objectives) == 1
    metadata: Json = {"name": first.slo}
    shared = [one.title for one in objectives if alone or not named(one)]
    if shared and shared[0] and not composite:
        metadata["displayName"] = shared[0]
    if first.labels:
        metadata["labels"] = dict(first.labels)
    annotations = {**first.annotations, **write_extras(first)}
    if annotations:
        metadata["annotations"] = annotations
    spec: Json = {"description": first.description} if first.description else {}
    spec["service"] = first.service or first.slo
    if not composite:
        spec["indicator"] = indicator(first)
    spec |= {"timeWindow": [window(first.window)], "budgetingMethod": WRITTEN[first.method]}
    spec["objectives"] = [entry(one, alone=alone, composite=composite) for one in objectives]
    if alert_refs:
        spec["alertPolicies"] = [{"alertPolicyRef": name} for name in alert_refs]
    return {"apiVersion": OPENSLO, "kind": "SLO", "metadata": metadata, "spec": spec}


def indicator(objective: Objective) -> Json:
    """The SLI, written in place; one that is compared is a threshold metric."""
    measure = objective.measure
    metric = {"metricSource": {"type": "Trimtab", "spec": source(measure)}}
    spec: Json = (
        {"ratioMetric": {"rawType": "success", "raw": metric}}
        if measure.threshold is None
        else {"thresholdMetric": metric}
    )
    return {"metadata": {"name": slug(measure.indicator)}, "spec": spec}


def source(measure: Measure) -> Json:
    """Our own metric source."""
    cohort: Mapping[str, str] = {name: value for name, value in measure.cohort.items() if name != "agent"}
    found: Json = {"indicator": measure.indicator}
    if "agent" in measure.cohort:
        found["agent"] = measure.cohort["agent"]
    return found | ({"cohort": dict(cohort)} if cohort else {})


def window(given: Window) -> Json:
    """The time window."""
    if given.starts is None:
        return {"duration": text_of(given.span), "isRolling": True}
    return {
        "duration": text_of(given.span),
        "isRolling": False,
        "calendar": {"startTime": given.starts.strftime("%Y-%m-%d %H:%M:%S"), "timeZone": given.zone},
    }


def entry(objective: Objective, *, alone: bool, composite: bool) -> Json:
    """One objective of the list."""
    found: Json = {}
    if objective.title and (named(objective) or (alone and composite)):
        found["displayName"] = objective.title
    if objective.measure.threshold is not None:
        found |= {"op": objective.measure.op or "lte", "value": plain(objective.measure.threshold)}
    found["target"] = plain(objective.target)
    if objective.slice_target is not None:
        found["timeSliceTarget"] = plain(objective.slice_target)
    if objective.method != "occurrences":
        found["timeSliceWindow"] = f"{objective.slice_min}m"
    if composite:
        found |= {"indicator": indicator(objective), "compositeWeight": plain(objective.weight or 1.0)}
    return found


def named(objective: Objective) -> bool:
    """Whether an objective of several is called by its title, and not by its place."""
    return objective.id == f"{objective.slo}/{slug(objective.title)}"


def plain(value: float) -> int | float:
    """A number without a needless `.0`, and never in a form that YAML would take for text."""
    return int(value) if value == int(value) and abs(value) < 1e15 else float(Decimal(repr(value)))
