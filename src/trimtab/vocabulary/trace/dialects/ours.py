"""Our own attributes: `trimtab.*`. They win over every other dialect."""

from typing import Any

from trimtab.vocabulary.trace.dialects.reading import MAX_NAME, Convert, Draft, flag, text
from trimtab.vocabulary.trace.step import KINDS

NAME = "trimtab"
VERDICTS = ("allow", "warn", "transform", "ask", "deny")
VERDICT, WOULD = "trimtab.contract.verdict", "trimtab.contract.would"
REASONS = ("trimtab.contract.reasons", "trimtab.contract.after")


def some(value: Any) -> bool | None:
    """Whether a number is more than nothing."""
    return value > 0 if isinstance(value, int | float) else None


FIELDS: dict[str, tuple[str, Convert]] = {
    "trimtab.session.id": ("own_session", text),
    "trimtab.agent": ("own_agent", text),
    "trimtab.bundle": ("bundle", text),
    "trimtab.tenant": ("tenant", text),
    "trimtab.handoff": ("handoff", text),
    "trimtab.schema_ok": ("schema_ok", flag),
    "trimtab.contract.suspected": ("suspected", some),
    "trimtab.error_class": ("error_class", text),
    "trimtab.session.end": ("ends_session", flag),
    "trimtab.session.outcome": ("outcome", text),
    "trimtab.session.outcome_reason": ("outcome_reason", text),
    "trimtab.replay.synthetic_time": ("synthetic_time", flag),
    "replay.synthetic_time": ("synthetic_time", flag),
}
COHORT = "trimtab.cohort."
READS = frozenset({"trimtab.step.kind", VERDICT, WOULD, *REASONS})
PREFIXES = (COHORT,)
MAX_COHORTS = 32


def kind(attributes: dict[str, Any]) -> str | None:
    """The kind that the emitter names in our words."""
    found = attributes.get("trimtab.step.kind")
    return found if found in KINDS else None


def refine(attributes: dict[str, Any], draft: Draft) -> None:
    """What a contract decided, and the user's own cohort dimensions, at most 32, in a fixed order."""
    found = [(k[len(COHORT) :], text(v)) for k, v in attributes.items() if k.startswith(COHORT)]
    if found:
        draft["dims"] = tuple(sorted((k[:100], v) for k, v in found if k and v)[:MAX_COHORTS])
    if (verdict := attributes.get(VERDICT)) in VERDICTS:
        draft["decision"] = decided(verdict, attributes.get(WOULD))
    reasons = ",".join(said for name in REASONS if (said := text(attributes.get(name))))
    if reasons:
        draft["reasons"] = ",".join(dict.fromkeys(reasons.split(",")))[:MAX_NAME]


def decided(verdict: str, would: object) -> str:
    """What was decided; where the contract only looked on, what it would have been."""
    return f"would {would}" if would in VERDICTS and would != verdict else verdict
