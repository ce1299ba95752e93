"""A decision in words, for people and for the model that asked."""

from trimtab.vocabulary.contract.decision.model import Decision

SAID = {
    "allow": "is allowed",
    "warn": "is allowed, with a warning",
    "transform": "is allowed with changes",
    "ask": "needs a yes",
    "deny": "is denied",
}


def explain(decision: Decision) -> str:
    """Why a decision is what it is: one line for what follows, one for each reason, the strictest first."""
    subject = decision.tool or decision.point
    lines = [f"{subject} {SAID[decision.verdict]}"]
    if decision.mode == "observe" and decision.would != "allow":
        lines[0] += f" (only observed; enforced, it {SAID[decision.would]})"
    order = list(SAID)
    for one in sorted(decision.reasons, key=lambda one: -order.index(one.verdict)):
        place = f"{one.argument}: " if one.argument and one.argument not in one.message else ""
        hint = f" ({one.hint})" if one.hint else ""
        lines.append(f"  {one.verdict}, {one.code}: {place}{one.message}{hint}")
    if decision.need:
        need = decision.need
        who = need.role or "a human"
        lines.append(f"  {need.quorum} yes of {who} for exactly these arguments, within {need.ttl_s:g} s")
    return "\n".join(lines)
