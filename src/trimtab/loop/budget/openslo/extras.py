"""What OpenSLO has no field for: annotations that begin with `trimtab/`, read and written."""

from collections.abc import Callable, Mapping
from typing import Any

from trimtab.loop.budget.model import Objective
from trimtab.loop.budget.window import FIXED_MIN, minutes_of, span_of
from trimtab.vocabulary.document import Node, Problems, nearest
from trimtab.vocabulary.kernel import Invalid
from trimtab.vocabulary.trace import FACT_SOURCES

PREFIX = "trimtab/"
MAX_EVENTS = 1_000_000_000


def maturity(text: str) -> dict[str, Any]:
    """`48h`: how long facts may still come."""
    span = span_of(text)
    if span.unit not in FIXED_MIN:
        raise Invalid(f"{text} depends on the date", hint="minutes, hours, days or weeks, for example 48h")
    return {"maturity_s": minutes_of(span) * 60.0}


def outcome_source(text: str) -> dict[str, Any]:
    """`human` or `human,app`: whose outcomes count."""
    sources = [part.strip() for part in text.split(",")]
    for one in sources:
        if one not in FACT_SOURCES:
            raise Invalid(f"{one!r} tells no outcomes", hint=nearest(one, FACT_SOURCES))
    return {"outcome_source": ",".join(dict.fromkeys(sources))}


def min_events(text: str) -> dict[str, Any]:
    """`50`: below so many events alerts stay silent."""
    if not (text.isascii() and text.isdigit()) or int(text[:20]) > MAX_EVENTS:
        raise Invalid(f"{text!r} is no number of events", hint='"50"')
    return {"min_events": int(text)}


def one_of(field: str, *words: str) -> Callable[[str], dict[str, Any]]:
    """A choice of few words for a field."""

    def choose(text: str) -> dict[str, Any]:
        if text not in words:
            raise Invalid(f"{text!r} is unknown", hint=nearest(text, words))
        return {field: text}

    return choose


EXTRAS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "maturity": maturity,
    "outcome-source": outcome_source,
    "min-events": min_events,
    "runbook": lambda text: {"runbook": text},
    "risk": one_of("risk", "low", "medium", "high"),
    "detector": one_of("detector", "auto", "burn", "e-detector"),
    "by": lambda text: {"by": text},
}


def read_extras(annotations: Node | None, problems: Problems) -> tuple[dict[str, Any], dict[str, str]]:
    """The fields of an objective that annotations set, and the annotations that are not ours."""
    found: dict[str, Any] = {}
    others: dict[str, str] = {}
    for name, node in (annotations.fields if annotations else {}).items():
        if isinstance(node.value, list):
            problems.add(node, f"annotation {name} is a list", "one text")
        elif not name.startswith(PREFIX):
            others[name] = node.text
        elif name.removeprefix(PREFIX) not in EXTRAS:
            problems.add(
                node, f"unknown annotation {name!r}", nearest(name, [PREFIX + one for one in EXTRAS])
            )
        else:
            try:
                found |= EXTRAS[name.removeprefix(PREFIX)](node.text)
            except Invalid as error:
                problems.add(node, f"{name}: {error.message}", error.hint)
    return found, others


def write_extras(objective: Objective) -> dict[str, str]:
    """The annotations that say what OpenSLO has no field for."""
    minutes = round(objective.maturity_s / 60)
    maturity_text = f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"
    given = {
        "maturity": maturity_text if minutes else "",
        "outcome-source": objective.measure.outcome_source,
        "min-events": str(objective.min_events) if objective.min_events else "",
        "runbook": objective.runbook,
        "risk": objective.risk if objective.risk != "medium" else "",
        "detector": objective.detector if objective.detector != "auto" else "",
        "by": objective.by,
    }
    return {PREFIX + name: text for name, text in given.items() if text}
