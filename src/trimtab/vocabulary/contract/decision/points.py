"""The questions at the points that are no tool call: checks of the contract, and the session's limits."""

from trimtab.vocabulary.contract.decision.call import session_names
from trimtab.vocabulary.contract.decision.model import Facts, Reason
from trimtab.vocabulary.contract.expression import holds
from trimtab.vocabulary.contract.model import Contract, Point


def check_point(contract: Contract, point: Point, facts: Facts) -> tuple[list[Reason], str | None]:
    """The reasons at a point, and the text that replaces what was said, or None."""
    reasons: list[Reason] = []
    text: str | None = None
    checks = [one for one in contract.checks if one.point == point]
    if checks:
        said = facts.provenance
        tainted = facts.session.tainted or bool(said and said.tainted)
        sensitive = facts.session.sensitive or bool(said and said.sensitive)
        names = {
            "text": facts.text,
            "model": facts.model,
            "session": session_names(facts, tainted=tainted, sensitive=sensitive),
        }
        for check in checks:
            if holds(check.when, names):
                message = check.message or f"so it is: {check.when.text}"
                reasons.append(Reason(code="check", verdict=check.verdict, message=message))
                if check.verdict == "transform":
                    text = names["text"] = check.replacement
    if point == "pre_model_call":
        reasons += limit_reasons(contract, facts)
    return reasons, text


def limit_reasons(contract: Contract, facts: Facts) -> list[Reason]:
    """Limits of the session that leave nothing for another model call."""
    limits, session = contract.limits, facts.session
    return [
        Reason(
            code="budget",
            verdict="deny",
            message=f"the session has used {used:g} {name} of {most:g}",
            hint="answer with what is known, or hand over to a human",
        )
        for name, used, most in (
            ("cost_usd", session.cost_usd, limits.cost_usd),
            ("tokens", session.tokens, limits.tokens),
            ("seconds", session.seconds, limits.duration_s),
        )
        if most is not None and used >= most
    ]
