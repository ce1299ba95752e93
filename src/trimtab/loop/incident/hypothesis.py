"""Ideas of the cause: proposed, investigated, then confirmed or refuted by evidence; new evidence reopens them."""

from collections.abc import Mapping
from typing import get_args

from trimtab.loop.incident.model import Event, Hypothesis, Incident, Standing
from trimtab.loop.incident.respond import By, record, text
from trimtab.vocabulary.kernel import Conflict, Invalid, Missing

NEXT: Mapping[Standing, tuple[Standing, ...]] = {
    "proposed": ("investigating", "refuted"),
    "investigating": ("confirmed", "refuted"),
    "confirmed": ("investigating",),
    "refuted": ("investigating",),
}
MAX_IDEAS = 100


def suppose(incident: Incident, by: By, idea: str) -> Event:
    """Propose a cause; its id is h1, h2 and so on."""
    if len(incident.hypotheses) >= MAX_IDEAS:
        raise Invalid(f"{MAX_IDEAS} hypotheses already", hint="refute some, and go on with these")
    said = {"id": f"h{len(incident.hypotheses) + 1}", "text": text(idea, "hypothesis")}
    return record(incident, by, "supposed", said)


def examine(incident: Incident, by: By, name: str, standing: str, evidence: str = "") -> Event:
    """Move an idea on; confirming and refuting need evidence. Raises `Missing`, `Invalid`, `Conflict`."""
    idea = find(incident, name)
    if standing not in get_args(Standing):
        raise Invalid(f"no standing: {standing!r}", hint=f"of {', '.join(get_args(Standing))}")
    if standing not in NEXT[idea.standing]:
        raise Conflict(
            f"{name} is {idea.standing}: it cannot become {standing}",
            hint=f"possible now: {', '.join(NEXT[idea.standing])}",
        )
    needed = 0 if standing == "investigating" else 1
    said = {"id": name, "standing": standing, "evidence": text(evidence, "evidence", least=needed)}
    return record(incident, by, "examined", said)


def find(incident: Incident, name: str) -> Hypothesis:
    """A hypothesis by its id; raises `Missing`."""
    for one in incident.hypotheses:
        if one.id == name:
            return one
    known = ", ".join(one.id for one in incident.hypotheses)
    raise Missing(f"no hypothesis: {name}", hint=f"there are {known}" if known else "there is none yet")
