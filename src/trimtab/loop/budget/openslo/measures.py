"""From an OpenSLO indicator to what Trimtab measures: an indicator of its catalogue, of a cohort."""

from collections.abc import Mapping
from dataclasses import dataclass

from trimtab.loop.budget.model import Measure
from trimtab.loop.budget.openslo.library import Library
from trimtab.loop.budget.openslo.shapes import check
from trimtab.loop.sli import Definition
from trimtab.vocabulary.document import Node, nearest

OURS = "Trimtab"
EXAMPLE = "metricSource: {type: Trimtab, spec: {indicator: task_success}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A measure and the definition that it names."""

    measure: Measure
    definition: Definition


def metrics_of(library: Library, spec: Node) -> list[Node]:
    """The metrics of an SLI whose form is in order: one, or good (or bad) and total; else none, and a problem."""
    threshold, ratio = spec.get("thresholdMetric"), spec.get("ratioMetric")
    if (threshold is None) == (ratio is None):
        library.problems.add(
            spec,
            "an SLI has a thresholdMetric or a ratioMetric, and not both",
            f"ratioMetric: {{rawType: success, raw: {{{EXAMPLE}}}}}",
        )
        return []
    if threshold or ratio is None:
        return [threshold] if threshold else []
    raw, total, raw_type = ratio.get("raw"), ratio.get("total"), ratio.get("rawType")
    parts = [ratio.fields[name] for name in ("good", "bad") if ratio.get(name)]
    if raw is None and len(parts) == 1 and total and not raw_type:
        return [*parts, total]
    if raw and not parts and not total and raw_type:
        return [raw]
    library.problems.add(
        ratio,
        "a ratioMetric has good (or bad) and total, or rawType and raw",
        f"rawType: success, raw: {{{EXAMPLE}}}",
    )
    return []


def measured(library: Library, definitions: Mapping[str, Definition], spec: Node) -> Measured | None:
    """What an SLI measures; None where that is a problem, which is noted."""
    metrics = metrics_of(library, spec)
    found = [one for one in (source(library, definitions, metric) for metric in metrics) if one]
    if not found or len(found) < len(metrics):
        return None
    if found[0] != found[-1]:
        library.problems.add(
            metrics[-1], "good and total measure different things", "the same indicator and cohort in both"
        )
        return None
    return found[0] if fits(library, spec, found[0].definition) else None


def fits(library: Library, spec: Node, definition: Definition) -> bool:
    """Whether the metric is of the kind that the indicator is: a ratio, or a number that is compared."""
    threshold, ratio = spec.get("thresholdMetric"), spec.get("ratioMetric")
    raw_type = spec.get("ratioMetric", "rawType")
    is_ratio = definition.shape == "ratio"
    if threshold and is_ratio:
        library.problems.add(
            threshold,
            f"{definition.name} is a ratio and knows what is good",
            "ratioMetric: {rawType: success, raw: ...}, and no op and value",
        )
    if ratio and not is_ratio:
        library.problems.add(
            ratio,
            f"{definition.name} is a number ({definition.unit})",
            "thresholdMetric: ..., and op and value of the objective",
        )
    if raw_type and raw_type.text == "failure" and is_ratio:
        library.problems.add(raw_type, f"{definition.name} says what is good", "rawType: success")
        return False
    return is_ratio == (ratio is not None)


def source(library: Library, definitions: Mapping[str, Definition], metric: Node) -> Measured | None:
    """The measure that a metric source describes."""
    at = metric.fields["metricSource"]
    kind = source_type(library, at)
    if kind is None:
        return None
    if kind != OURS:
        library.problems.add(
            at.get("type") or at,
            f"this is valid OpenSLO, but Trimtab cannot ask {kind}",
            f"{EXAMPLE}; `trimtab sli list` shows the indicators",
        )
        return None
    spec = at.get("spec")
    if spec is None:
        library.problems.add(at, "spec is missing", "spec: {indicator: task_success}")
        return None
    if not check(spec, OURS, library.problems):
        return None
    return indicator(library, definitions, spec)


def source_type(library: Library, at: Node) -> str | None:
    """The type of a metric source, its own or that of the data source it names."""
    ref, own = at.get("metricSourceRef"), at.get("type")
    if ref is None:
        if own is None:
            library.problems.add(at, "type is missing", EXAMPLE)
        return own.text if own else None
    found = library.find("DataSource", ref)
    if found is None:
        return None
    named = found.words("spec", "type")
    if own and own.text != named:
        library.problems.add(own, f"type is {own.text}, and {ref.text} is {named}", "leave type out here")
        return None
    return named


def indicator(library: Library, definitions: Mapping[str, Definition], spec: Node) -> Measured | None:
    """The indicator that Trimtab's own metric source names, of its cohort."""
    name = spec.fields["indicator"]
    definition = definitions.get(name.text)
    if definition is None:
        library.problems.add(name, f"there is no indicator {name.text!r}", nearest(name.text, definitions))
        return None
    if definition.shape == "none":
        library.problems.add(
            name,
            f"{name.text} cannot be measured from traces",
            definition.about or f"it needs {definition.needs}",
        )
        return None
    cohort = cohort_of(library, spec)
    return Measured(measure=Measure(indicator=name.text, cohort=cohort), definition=definition)


def cohort_of(library: Library, spec: Node) -> dict[str, str]:
    """The cohort, one value of each dimension; `agent` is short for a cohort of an agent."""
    given = spec.get("cohort")
    cohort: dict[str, str] = {}
    for dimension, value in (given.fields if given else {}).items():
        if isinstance(value.value, list):
            library.problems.add(
                value, f"cohort: several values of {dimension}", f"{dimension}: acme, or an SLO for each"
            )
        cohort[dimension] = value.text
    agent = spec.get("agent")
    if agent and cohort.setdefault("agent", agent.text) != agent.text:
        library.problems.add(
            agent, f"agent is {agent.text}, and {cohort['agent']} in the cohort", "name it once"
        )
    return cohort
