"""Promises that were made in another tool, as OpenSLO documents, and what is still open about them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trimtab.loop.budget.openslo.shapes import slug
from trimtab.loop.budget.openslo.write import dump
from trimtab.loop.sli import Definition
from trimtab.vocabulary.kernel import Invalid

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which indicator of ours an SLO is about; until that is answered it cannot be measured."""

    slo: str
    asks: str
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """OpenSLO documents as plain values; `questions` are open, `notes` say what could not be carried over."""

    documents: tuple[Json, ...]
    questions: tuple[Question, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All documents as one YAML text."""
        return "---\n".join(dump(document) for document in self.documents)


def joined(parts: Iterable[Imported]) -> Imported:
    """Several imports as one."""
    listed = list(parts)
    return Imported(
        documents=tuple(one for part in listed for one in part.documents),
        questions=tuple(one for part in listed for one in part.questions),
        notes=tuple(one for part in listed for one in part.notes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Which indicator each SLO is about, by its name; `every` is for the others."""

    by_slo: Mapping[str, str]
    every: str = ""

    def get(self, *names: str) -> str:
        """The indicator of the first of the names that has one, else that of every SLO."""
        return next((self.by_slo[name] for name in names if name in self.by_slo), self.every)


def answers_of(given: Iterable[str]) -> Answers:
    """From `--indicator task_success` (for every SLO) or `--indicator checkout=task_success` (for one)."""
    by_slo: dict[str, str] = {}
    every = ""
    for one in given:
        slo, equals, name = one.partition("=")
        if equals and slo and name:
            by_slo[slo] = name
        elif not equals and one and not every:
            every = one
        else:
            raise Invalid(
                f"--indicator {one!r}", hint="task_success for every SLO, or checkout=task_success for one"
            )
    return Answers(by_slo=by_slo, every=every)


def metric_of(definition: Definition) -> Json:
    """The metric of one of our indicators in an SLI."""
    metric = {"metricSource": {"type": "Trimtab", "spec": {"indicator": definition.name}}}
    if definition.shape == "ratio":
        return {"ratioMetric": {"rawType": "success", "raw": metric}}
    return {"thresholdMetric": metric}


def ratios(definitions: Mapping[str, Definition]) -> tuple[str, ...]:
    """The names of the indicators that are ratios."""
    return tuple(name for name, one in definitions.items() if one.shape == "ratio")


def document(kind: str, name: str, spec: Json, *, title: str = "", metadata: Json | None = None) -> Json:
    """An OpenSLO document; empty metadata is left out."""
    head: Json = {"name": slug(name)} | ({"displayName": title} if title and title != slug(name) else {})
    head |= {key: value for key, value in (metadata or {}).items() if value}
    return {"apiVersion": "openslo/v1", "kind": kind, "metadata": head, "spec": spec}


def alert_document(name: str, severity: str, threshold: float, lookback_min: int, metadata: Json) -> Json:
    """An alert policy with one burn rate, which tells a target named like its severity."""
    condition = {
        "kind": "burnrate",
        "op": "gt",
        "threshold": threshold,
        "lookbackWindow": minutes_text(lookback_min),
        "alertAfter": "0m",
    }
    spec: Json = {
        "alertWhenBreaching": True,
        "alertWhenResolved": True,
        "conditions": [
            {
                "kind": "AlertCondition",
                "metadata": {"name": slug(name)},
                "spec": {"severity": severity, "condition": condition},
            }
        ],
        "notificationTargets": [
            {
                "kind": "AlertNotificationTarget",
                "metadata": {"name": slug(severity)},
                "spec": {"target": severity},
            }
        ],
    }
    return document("AlertPolicy", name, spec, metadata=metadata)


def minutes_text(minutes: int) -> str:
    """A length in the largest unit that is whole."""
    for unit, size in (("d", 1440), ("h", 60)):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


def refs(alerts: Sequence[Json]) -> Json:
    """The part of an SLO that names its alert policies."""
    return (
        {"alertPolicies": [{"alertPolicyRef": one["metadata"]["name"]} for one in alerts]} if alerts else {}
    )
