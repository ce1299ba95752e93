"""From agent-sre's SLO specs and templates to OpenSLO.

A spec has one `sli` (metric, threshold, comparison), a target in percent, a window and burn rate thresholds; a template has a
list of `indicators` with a target each. What a child spec does not say it takes from its parent.
"""

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
    refs,
)
from trimtab.loop.budget.imports.sloth import words
from trimtab.loop.budget.openslo.library import read_all
from trimtab.loop.budget.openslo.shapes import slug
from trimtab.loop.budget.trade import trade
from trimtab.loop.budget.window import span_of
from trimtab.loop.sli import Definition, built_in
from trimtab.vocabulary.document import Node, Problems, nearest
from trimtab.vocabulary.kernel import Invalid

WINDOW = "30d"
TARGET_PERCENT = "99.0"
MERGED = ("labels", "metadata")


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One promise of a spec: a metric, and the target and value as they are written."""

    name: str
    metric: str
    target: Node | None
    value: Node | None
    op: str
    window: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What is needed while one spec is read."""

    node: Node
    answers: Answers
    definitions: Mapping[str, Definition]
    problems: Problems


def import_agt(
    texts: Mapping[str, str], answers: Answers, definitions: Mapping[str, Definition] | None = None
) -> Imported:
    """Specs of agent-sre (file -> text) as OpenSLO; raises `Rejected` with all problems of all files."""
    problems = Problems()
    known = built_in() if definitions is None else definitions
    nodes = read_all(texts, problems)
    by_name = {node.words("name"): node for node in nodes}
    found: list[Imported] = []
    for node in nodes:
        if not node.words("name"):
            problems.add(node, "no spec of agent-sre: name is missing", "name: support-agent")
            continue
        whole = inherited(node, by_name, problems)
        spec = Spec(node=whole, answers=answers, definitions=known, problems=problems)
        found += [import_promise(spec, promise) for promise in promises_of(whole)]
    problems.stop()
    return joined(found)


def inherited(node: Node, by_name: Mapping[str, Node], problems: Problems) -> Node:
    """A spec with what it takes from its parents: only what it writes itself goes before."""
    fields: dict[str, Node] = {}
    seen: set[str] = set()
    at = node
    while True:
        seen.add(at.words("name"))
        for name, value in at.fields.items():
            if name in MERGED and name in fields:
                merged: Any = {**value.fields, **fields[name].fields}
                fields[name] = Node(value=merged, file=node.file, line=node.line)
            else:
                fields.setdefault(name, value)
        parent = at.get("inherits_from")
        if parent is None or parent.value is None:
            break
        if parent.text not in by_name or parent.text in seen:
            problems.add(parent, f"inherits from {parent.text!r}", nearest(parent.text, by_name))
            break
        at = by_name[parent.text]
    return Node(value=fields, file=node.file, line=node.line)


def promises_of(node: Node) -> list[Promise]:
    """The promises of a spec: of its one `sli`, or of each of its indicators."""
    name, window = node.words("name"), node.words("window") or WINDOW
    indicators = node.get("indicators")
    if indicators:
        found: list[Promise] = []
        for one in indicators.items:
            metric = one.words("metric") or one.words("name") or one.words("type") or one.text
            found.append(
                Promise(
                    name=f"{name}-{metric}",
                    metric=metric,
                    target=one.get("target"),
                    value=one.get("target"),
                    op="",
                    window=one.words("window") or window,
                )
            )
        return found
    return [
        Promise(
            name=name,
            metric=node.words("sli", "metric"),
            target=node.get("target"),
            value=node.get("sli", "threshold"),
            op=node.words("sli", "comparison") or "gte",
            window=window,
        )
    ]


def import_promise(spec: Spec, promise: Promise) -> Imported:
    """One promise: its alert policies, and the SLO; a question where no indicator of ours is known for it."""
    row: Json = trade("agt.yaml").get(promise.metric, {})
    called = slug(promise.name)
    indicator = spec.answers.get(promise.name, called, spec.node.words("name")) or row.get("indicator", "")
    if indicator and indicator not in spec.definitions:
        spec.problems.add(
            spec.node, f"there is no indicator {indicator!r}", nearest(indicator, spec.definitions)
        )
        return Imported(documents=())
    alerts = alerts_of(spec, called)
    definition = spec.definitions.get(indicator)
    metadata: Json = {
        "labels": words(spec.node.get("labels")),
        "annotations": {"agent-sre/metric": promise.metric} if promise.metric else {},
    }
    description = spec.node.words("description").strip()[:1050]
    body: Json = {"description": description} if description else {}
    body |= {
        "service": spec.node.words("service") or spec.node.words("name"),
        "indicator": {
            "metadata": {"name": slug(indicator or called)},
            "spec": metric_or_theirs(definition, promise),
        },
        "timeWindow": [{"duration": window_of(spec, promise), "isRolling": True}],
        "budgetingMethod": "Occurrences",
        "objectives": [objective_of(spec, promise, row, definition)],
    } | refs(alerts)
    asked = Question(
        slo=called, asks=f"the metric {promise.metric!r} of agent-sre", candidates=tuple(spec.definitions)
    )
    return Imported(
        documents=(*alerts, document("SLO", called, body, title=promise.name, metadata=metadata)),
        questions=() if definition else (asked,),
        notes=notes_of(promise, definition),
    )


def metric_or_theirs(definition: Definition | None, promise: Promise) -> Json:
    """Our metric, or theirs, which is valid OpenSLO."""
    if definition:
        return metric_of(definition)
    source = {"type": "agent-sre", "spec": {"metric": promise.metric}}
    return {"ratioMetric": {"rawType": "success", "raw": {"metricSource": source}}}


def objective_of(spec: Spec, promise: Promise, row: Json, definition: Definition | None) -> Json:
    """The target, and the comparison of an indicator that is a number."""
    is_number = definition is not None and definition.shape != "ratio"
    if is_number and promise.value is None:
        spec.problems.add(
            spec.node, f"{promise.name}: a number without a threshold", "sli: {metric: ..., threshold: ...}"
        )
    if is_number and promise.value is not None:
        value = number(spec, promise.value, "0") * Decimal(str(row.get("scale", 1)))
        better = definition is not None and definition.better == "higher"
        written = share_of(spec, promise, row) if promise.op else float(row.get("share", 0.95))
        return {"op": promise.op or ("gte" if better else "lte"), "value": float(value), "target": written}
    return {"target": share_of(spec, promise, row)}


def share_of(spec: Spec, promise: Promise, row: Json) -> float:
    """The target as a share: percent in a spec, a share in a template; some of theirs say how much may be bad."""
    given = number(spec, promise.target, TARGET_PERCENT if promise.op else "0.95")
    share = given / 100 if promise.op or given > 1 else given
    if row.get("inverted") and not promise.op:
        share = 1 - share
    if not 0 < share < 1:
        spec.problems.add(
            promise.target or spec.node, f"a target of {share * 100:f} %", "above 0 and below 100 %"
        )
        return 0.5
    return float(share)


def number(spec: Spec, node: Node | None, otherwise: str) -> Decimal:
    """A number as it is written."""
    if node is None:
        return Decimal(otherwise)
    if isinstance(node.value, bool) or not isinstance(node.value, int | float):
        spec.problems.add(node, f"{node.text!r} is no number", "target: 99.0")
        return Decimal(otherwise)
    return Decimal(node.text)


def window_of(spec: Spec, promise: Promise) -> str:
    """The window, which they write like us."""
    try:
        span_of(promise.window)
    except Invalid as error:
        spec.problems.add(spec.node.get("window") or spec.node, error.message, error.hint)
        return WINDOW
    return promise.window


def alerts_of(spec: Spec, called: str) -> list[Json]:
    """Alert policies from burn rate thresholds."""
    listed = spec.node.get("error_budget_policy", "burn_rate_thresholds")
    found: list[Json] = []
    for at, one in enumerate(listed.items if listed else [], 1):
        rate = number(spec, one.get("rate"), "0")
        window_s = number(spec, one.get("window_seconds"), "3600")
        if rate <= 0 or window_s < 60:
            spec.problems.add(
                one, "a burn rate threshold without rate or window", "rate: 14.4, window_seconds: 3600"
            )
            continue
        name = f"{called[:40]}-{slug(one.words('name') or str(at))[:20]}"
        severity = one.words("severity") or "warning"
        found.append(alert_document(name, severity, float(rate), int(window_s // 60), {}))
    return found


def notes_of(promise: Promise, definition: Definition | None) -> tuple[str, ...]:
    """What was understood otherwise than it may have been meant."""
    if definition is None or promise.value is None:
        return ()
    if definition.shape == "ratio" and promise.op:
        return (
            f"{promise.name}: the threshold {promise.value.text} on a ratio is left out; the target counts tasks",
        )
    if definition.shape != "ratio" and not promise.op:
        return (
            f"{promise.name}: of agent-sre's value {promise.value.text} our file says of which share it is promised",
        )
    return ()
