"""From an SLO document to our objectives: one for each of its targets."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

from trimtab.loop.budget.model import Comparison, Method, Objective, Window
from trimtab.loop.budget.openslo.extras import read_extras
from trimtab.loop.budget.openslo.library import Library
from trimtab.loop.budget.openslo.measures import Measured, measured
from trimtab.loop.budget.openslo.shapes import slug
from trimtab.loop.budget.window import FIXED_MIN, minutes_of, span_of
from trimtab.loop.sli import Definition
from trimtab.vocabulary.document import Node

METHODS: Mapping[str, Method] = {
    "Occurrences": "occurrences",
    "Timeslices": "timeslices",
    "RatioTimeslices": "ratio_timeslices",
}
FIRST, LAST = datetime.fromisoformat("1971-01-01"), datetime.fromisoformat("2200-01-01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is needed while one SLO is read."""

    library: Library
    definitions: Mapping[str, Definition]
    method: str


def objectives_of(
    library: Library, definitions: Mapping[str, Definition], name: str, node: Node
) -> list[Objective]:
    """The objectives of an SLO whose fields are known to be in order; problems are noted, and nothing comes of them."""
    before = len(library.problems.found)
    spec = node.fields["spec"]
    reading = Reading(library=library, definitions=definitions, method=spec.words("budgetingMethod"))
    extras, annotations = read_extras(node.get("metadata", "annotations"), library.problems)
    source = extras.pop("outcome_source", "")
    window = window_of(library, spec.fields["timeWindow"].items[0])
    targets = spec.fields["objectives"].items
    measures = measures_of(reading, spec, targets)
    names = ids_of(library, name, targets)
    if len(measures) != len(targets):
        for target in targets:
            share(reading, target)
            slices_of(reading, target)
        return []
    whole = Objective(
        id=name,
        slo=name,
        target=0.5,
        window=window,
        measure=measures[0].measure,
        method=METHODS[reading.method],
        title=node.words("metadata", "displayName"),
        description=spec.words("description"),
        service=spec.words("service"),
        labels=labels_of(node),
        annotations=annotations,
        **extras,
    )
    found = [
        replace(
            whole,
            id=called,
            title=title_of(target, one, whole.title, alone=len(targets) == 1),
            **target_of(reading, target, one, source),
        )
        for called, target, one in zip(names, targets, measures, strict=True)
    ]
    return found if len(library.problems.found) == before else []


def labels_of(node: Node) -> dict[str, str]:
    """The labels of a document; several values of one are joined by commas."""
    given = node.get("metadata", "labels")
    return {
        name: ",".join(item.text for item in value.items) if value.items else value.text
        for name, value in (given.fields if given else {}).items()
    }


def ids_of(library: Library, name: str, targets: list[Node]) -> list[str]:
    """The name of the SLO, or of several objectives `name/` and what each is called, else its place."""
    if len(targets) == 1:
        return [name]
    names = [
        slug(one.words("displayName")) if one.get("displayName") else str(at)
        for at, one in enumerate(targets, 1)
    ]
    for at, one in enumerate(names):
        if one in names[:at]:
            library.problems.add(targets[at], f"a second objective {one!r}", "another displayName")
    return [f"{name}/{one}" for one in names]


def measures_of(reading: Reading, spec: Node, targets: list[Node]) -> list[Measured]:
    """What each objective measures: the SLO's indicator, or in a composite its own; fewer where there are problems."""
    problems = reading.library.problems
    own = [one for one in targets if one.get("indicator") or one.get("indicatorRef")]
    whole = spec.get("indicator") or spec.get("indicatorRef")
    if whole and own:
        problems.add(own[0], "an indicator of the SLO and one of an objective", "leave one of them out")
        return []
    if not whole and len(own) < len(targets):
        at = targets[0] if not own else next(one for one in targets if one not in own)
        problems.add(
            at, "an indicator is missing", "indicator or indicatorRef, of the SLO or of each objective"
        )
        return []
    places = [spec] if whole else targets
    found = [one for one in (indicator_at(reading, place) for place in places) if one]
    if whole and found and len(targets) > 1 and found[0].definition.shape != "ratio":
        problems.add(targets[1], "a second threshold of one metric", "one SLO for each threshold")
    return found * len(targets) if whole else found


def indicator_at(reading: Reading, place: Node) -> Measured | None:
    """What the indicator measures that is written at a place, or named there."""
    inline, ref = place.get("indicator"), place.get("indicatorRef")
    if inline and ref:
        reading.library.problems.add(ref, "indicator and indicatorRef", "leave one of them out")
        return None
    found = inline or (reading.library.find("SLI", ref) if ref else None)
    spec = found.get("spec") if found else None
    return measured(reading.library, reading.definitions, spec) if spec else None


def target_of(reading: Reading, node: Node, one: Measured, source: str) -> dict[str, Any]:
    """The fields of an objective that its own entry sets."""
    problems = reading.library.problems
    threshold = threshold_of(reading, node, one)
    measure = replace(one.measure, outcome_source=source, **threshold)
    if source and one.definition.method != "outcome" and one.definition.of != "facts":
        problems.add(node, f"{one.measure.indicator} has no outcome", "no annotation trimtab/outcome-source")
    weight = node.get("compositeWeight")
    composite = node.get("indicator") or node.get("indicatorRef")
    if weight and (not composite or not cast("float", weight.value) > 0):
        problems.add(
            weight, "compositeWeight without its own indicator, or not above 0", "compositeWeight: 1"
        )
    return {
        "target": share(reading, node),
        "measure": measure,
        "weight": (float(cast("float", weight.value)) if weight else 1.0) if composite else None,
    } | slices_of(reading, node)


def title_of(node: Node, one: Measured, whole: str, *, alone: bool) -> str:
    """What an objective is called: its own name, that of the SLO, or in a composite that of its indicator."""
    own = node.words("displayName")
    if node.get("indicator") or node.get("indicatorRef"):
        return own or one.measure.indicator
    return (whole or own) if alone else (own or whole)


def threshold_of(reading: Reading, node: Node, one: Measured) -> dict[str, Any]:
    """`op` and `value` of an indicator that is a number."""
    problems = reading.library.problems
    op, value = node.get("op"), node.get("value")
    if one.definition.shape == "ratio":
        if value:
            problems.add(value, f"{one.definition.name} is a ratio and is not compared", "leave value out")
        return {}
    if not op or not value:
        example = "gte" if one.definition.better == "higher" else "lte"
        problems.add(node, f"{one.definition.name} is compared with a value", f"op: {example}, value: ...")
        return {}
    if one.definition.shape == "per" and reading.method == "Occurrences":
        problems.add(
            node,
            f"{one.definition.name} is a sum for each, and no single event has it",
            "budgetingMethod: Timeslices, timeSliceTarget: 1, timeSliceWindow: 1h",
        )
    return {"op": cast("Comparison", op.text), "threshold": float(cast("float", value.value))}


def share(reading: Reading, node: Node) -> float:
    """The target as a share; 0.5 where there is a problem."""
    problems = reading.library.problems
    target, percent = node.get("target"), node.get("targetPercent")
    given = target or percent
    if given is None:
        problems.add(node, "an objective has a target", "target: 0.95, or targetPercent: 95")
        return 0.5
    if target and percent:
        problems.add(percent, "target and targetPercent", "leave one of them out")
        return 0.5
    value = float(Decimal(given.text) if target else Decimal(given.text) / 100)
    if not 0 < value < 1:
        example = "target: 0.95" if target else "targetPercent: 95"
        said = "promises nothing" if value == 0 else "leaves no budget" if value == 1 else "is no share"
        problems.add(given, f"a target of {given.text} {said}", example)
        return 0.5
    return value


def slices_of(reading: Reading, node: Node) -> dict[str, Any]:
    """The size of a time slice in minutes, and the share of it that must be good."""
    problems, method = reading.library.problems, reading.method
    target, size = node.get("timeSliceTarget"), node.get("timeSliceWindow")
    if method != "Timeslices" and target:
        problems.add(target, f"timeSliceTarget with {method}", "budgetingMethod: Timeslices, or leave it out")
    if method == "Occurrences" and size:
        problems.add(size, f"timeSliceWindow with {method}", "budgetingMethod: Timeslices, or leave it out")
    if method == "Timeslices" and not target:
        problems.add(node, "timeSliceTarget is missing", "timeSliceTarget: 0.9")
    if method != "Occurrences" and not size:
        problems.add(node, "timeSliceWindow is missing", "timeSliceWindow: 5m")
    found: dict[str, Any] = {}
    if target:
        found["slice_target"] = float(cast("float", target.value))
        if not 0 < found["slice_target"] <= 1:
            problems.add(target, f"timeSliceTarget {target.text} is no share", "above 0 and at most 1")
    if size and method != "Occurrences":
        found["slice_min"] = slice_minutes(reading, size)
    return found


def slice_minutes(reading: Reading, size: Node) -> int:
    """Minutes in a slice; a number alone is minutes."""
    if isinstance(size.value, int):
        return size.value
    span = span_of(size.text)
    if span.unit not in FIXED_MIN or minutes_of(span) > 10_080:
        reading.library.problems.add(size, f"a slice of {size.text}", "at most a week, for example 5m")
    return minutes_of(span)


def window_of(library: Library, node: Node) -> Window:
    """The window; a rolling one where there is a problem."""
    span, rolling, calendar = span_of(node.words("duration")), node.get("isRolling"), node.get("calendar")
    if calendar is None:
        if rolling and rolling.value is False:
            library.problems.add(
                rolling,
                "a calendar window has a start and a time zone",
                "calendar: {startTime: 2026-01-01 00:00:00, timeZone: Europe/Berlin}",
            )
        return Window(span=span)
    if rolling and rolling.value is True:
        library.problems.add(
            rolling, "a window that is rolling and a calendar's", "isRolling: false, or no calendar"
        )
    zone, starts = calendar.fields["timeZone"], start_of(library, calendar.fields["startTime"])
    if not is_zone(zone.text):
        library.problems.add(
            zone, f"there is no time zone {zone.text!r}", "a name of IANA, for example Europe/Berlin"
        )
    return Window(span=span, starts=starts, zone=zone.text)


def is_zone(name: str) -> bool:
    """Whether the IANA database has a zone of that name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def start_of(library: Library, node: Node) -> datetime | None:
    """The wall clock at which a calendar window starts, to the minute and without a zone."""
    try:
        found = datetime.fromisoformat(node.text)
    except ValueError:
        found = None
    if found is None or found.tzinfo or found.second or found.microsecond or not FIRST <= found < LAST:
        library.problems.add(
            node,
            f"startTime {node.text!r} is no date and time",
            "2026-01-01 00:00:00, in whole minutes and without a zone",
        )
        return None
    return found
