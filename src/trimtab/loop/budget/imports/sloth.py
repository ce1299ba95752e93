"""From Sloth's specs (`prometheus/v1`, or its Kubernetes kind) to OpenSLO.

Targets, period, labels and alerts are carried over. Their queries are PromQL that Trimtab cannot run: they stay in annotations,
and the user names the indicator that each SLO is about.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from trimtab.loop.budget.imports.imported import (
    Answers,
    Imported,
    Json,
    Question,
    alert_document,
    document,
    joined,
    metric_of,
    ratios,
    refs,
)
from trimtab.loop.budget.openslo.library import read_all
from trimtab.loop.budget.openslo.shapes import slug
from trimtab.loop.budget.trade import trade
from trimtab.loop.budget.window import minutes_of, span_of
from trimtab.loop.sli import Definition, built_in
from trimtab.vocabulary.document import Node, Problems, nearest

VERSION, KIND = "prometheus/v1", "PrometheusServiceLevel"
QUERIES = (
    ("events", "error_query"),
    ("events", "total_query"),
    ("raw", "error_ratio_query"),
    ("plugin", "id"),
)
LEFT_OUT = ("slo_plugins", "plugins", "info_labels")
MAX_QUERY = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What is the same for all SLOs of a spec."""

    service: str
    labels: Mapping[str, str]
    period: str
    answers: Answers
    definitions: Mapping[str, Definition]
    problems: Problems


def import_sloth(
    texts: Mapping[str, str],
    answers: Answers,
    definitions: Mapping[str, Definition] | None = None,
    period: str = "30d",
) -> Imported:
    """Sloth's specs (file -> text) as OpenSLO; raises `Rejected` with all problems of all files."""
    span_of(period)
    problems = Problems()
    known = built_in() if definitions is None else definitions
    found: list[Imported] = []
    for node in read_all(texts, problems):
        top = snake(node)
        if top.words("kind") == KIND:
            top = top.get("spec") or top
        elif top.words("version") != VERSION:
            problems.add(node, f"no spec of Sloth: version {top.words('version')!r}", f"version: {VERSION}")
            continue
        spec = Spec(
            service=top.words("service"),
            labels=words(top.get("labels")),
            period=period,
            answers=answers,
            definitions=known,
            problems=problems,
        )
        slos = top.get("slos")
        if not spec.service or not slos or not slos.items:
            problems.add(top, "service or slos are missing", "service: payments, slos: [...]")
        found += [import_slo(spec, one) for one in (slos.items if slos else [])]
    problems.stop()
    return joined(found)


def import_slo(spec: Spec, node: Node) -> Imported:
    """One SLO: its alert policies, and itself."""
    name, target = node.words("name"), target_of(spec, node)
    if not name:
        spec.problems.add(node, "name is missing", "name: requests-availability")
        return Imported(documents=())
    called = slug(f"{spec.service}-{name}")
    queries = {
        f"sloth/{field.replace('_', '-')}": node.words("sli", kind, field)[:MAX_QUERY]
        for kind, field in QUERIES
        if node.words("sli", kind, field)
    }
    if not queries:
        spec.problems.add(node, f"{name} has no sli", "sli: {events: {error_query: ..., total_query: ...}}")
    alerts = alerts_of(spec, node, called)
    indicator = spec.answers.get(name, called)
    metric, questions = indicator_of(spec, called, indicator, queries, node)
    metadata: Json = {
        "labels": {**spec.labels, **words(node.get("labels"))},
        "annotations": {"sloth/name": name} | queries | runbook(node),
    }
    body: Json = (
        {"description": node.words("description")[:1050]} if node.words("description").strip() else {}
    )
    body |= {
        "service": spec.service,
        "indicator": {"metadata": {"name": slug(indicator or called)}, "spec": metric},
        "timeWindow": [{"duration": spec.period, "isRolling": True}],
        "budgetingMethod": "Occurrences",
        "objectives": [{"target": target}],
    } | refs(alerts)
    notes = [f"{name}: {field} of Sloth has no counterpart" for field in LEFT_OUT if node.get(field)]
    return Imported(
        documents=(*alerts, document("SLO", called, body, title=name, metadata=metadata)),
        questions=questions,
        notes=tuple(notes),
    )


def target_of(spec: Spec, node: Node) -> float:
    """Sloth's objective in percent as a share."""
    given = node.get("objective")
    if not given or isinstance(given.value, bool) or not isinstance(given.value, int | float):
        spec.problems.add(given or node, "objective is no number", "objective: 99.9")
        return 0.5
    if not 0 < given.value < 100:
        spec.problems.add(given, f"an objective of {given.text} %", "above 0 and below 100, for example 99.9")
        return 0.5
    return float(Decimal(given.text) / 100)


def indicator_of(
    spec: Spec, called: str, indicator: str, queries: Mapping[str, str], node: Node
) -> tuple[Json, tuple[Question, ...]]:
    """The metric of the indicator that was named; else Sloth's own, which is valid OpenSLO, and the question."""
    if indicator:
        definition = spec.definitions.get(indicator)
        if definition is None or definition.shape != "ratio":
            spec.problems.add(
                node,
                f"{indicator} is no indicator that is a ratio",
                nearest(indicator, ratios(spec.definitions)),
            )
            return {}, ()
        return metric_of(definition), ()
    asked = " / ".join(queries.values())
    question = Question(
        slo=called, asks=f"what Sloth counts with: {asked}", candidates=ratios(spec.definitions)
    )
    metric = {"metricSource": {"type": "Prometheus", "spec": {"query": asked}}}
    return {"ratioMetric": {"rawType": "failure", "raw": metric}}, (question,)


def alerts_of(spec: Spec, node: Node, called: str) -> list[Json]:
    """Alert policies for the four pairs of windows of Sloth, by their longer one; a disabled severity has none."""
    alerting = node.get("alerting")
    if not alerting:
        return []
    period_min = minutes_of(span_of(spec.period))
    found: list[Json] = []
    for row in trade("workbook.yaml"):
        own = alerting.get(f"{row['severity']}_alert")
        disabled = own.get("disable") if own else None
        if disabled and disabled.value is True:
            continue
        metadata = {
            "displayName": alerting.words("name"),
            "labels": words(alerting.get("labels")) | words(own.get("labels") if own else None),
            "annotations": words(alerting.get("annotations"))
            | words(own.get("annotations") if own else None),
        }
        factor = round(row["budget"] * period_min / row["long_min"], 6)
        name = f"{called[: 62 - len(row['name'])]}-{row['name']}"
        found.append(alert_document(name, row["severity"], factor, row["long_min"], metadata))
    return found


def runbook(node: Node) -> dict[str, str]:
    """The runbook that an alert names."""
    found = node.words("alerting", "annotations", "runbook")
    return {"trimtab/runbook": found} if found.strip() else {}


def words(node: Node | None) -> dict[str, str]:
    """Labels or annotations as text."""
    return {name: value.text for name, value in (node.fields if node else {}).items() if value.text.strip()}


def snake(node: Node) -> Node:
    """Field names as Sloth's files have them; its Kubernetes kind writes errorQuery for error_query."""
    value: Any = node.value
    if isinstance(value, dict):
        value = {renamed(name): named(name, one) for name, one in node.fields.items()}
    elif isinstance(value, list):
        value = [snake(one) for one in node.items]
    return Node(value=value, file=node.file, line=node.line, text=node.text)


def named(name: str, node: Node) -> Node:
    """A field with its fields renamed; the user's own words stay as they are."""
    return node if name in ("labels", "annotations", "metadata") else snake(node)


def renamed(name: str) -> str:
    """`errorQuery` as `error_query`."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: "_" + found[1].lower(), name)
