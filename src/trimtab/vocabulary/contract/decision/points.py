"""The questions at the points that are no tool call: checks of the contract, the answer, and the session's limits."""

from trimtab.vocabulary.contract.decision.call import session_names
from trimtab.vocabulary.contract.decision.leaks import cleaned
from trimtab.vocabulary.contract.decision.model import Facts, Reason
from trimtab.vocabulary.contract.decision.sources import NOBODY, origin, shown
from trimtab.vocabulary.contract.expression import holds
from trimtab.vocabulary.contract.model import Answer, Contract, Point
from trimtab.vocabulary.contract.provenance import Provenance, links_in
from trimtab.vocabulary.contract.provenance.names import names_in, sentences

LEFT_OUT = "[left out: it names what only strangers said]"


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
    if point == "output" and contract.answer:
        reasons, text = answered(contract.answer, facts, text, reasons)
    if point == "output" and contract.filter.on:
        said = facts.text if text is None else text
        found, against = cleaned(contract.filter, said, "the answer")
        reasons = [*reasons, *against]
        text = found if found is not said else text
    if point == "pre_model_call":
        reasons += limit_reasons(contract, facts)
    return reasons, text


def answered(
    answer: Answer, facts: Facts, text: str | None, reasons: list[Reason]
) -> tuple[list[Reason], str | None]:
    """The reasons with those that speak against parts of the answer, and the answer without these parts."""
    said = facts.provenance or NOBODY
    parts = sentences(facts.text if text is None else text)
    wrong = {place: found for place, part in enumerate(parts) if (found := foreign(answer, said, part))}
    if not wrong:
        return reasons, text
    against = [
        Reason(
            code="answer",
            verdict=answer.verdict,
            message=f"the answer holds {shown(found)} from {origin(said, found)}",
            hint=f"accepted from {', '.join(str(one) for one in {*answer.links, *answer.names})}",
        )
        for found in wrong.values()
    ]
    if answer.verdict == "transform":
        text = "".join(left_out(part) if place in wrong else part for place, part in enumerate(parts))
    return [*reasons, *against], text


def foreign(answer: Answer, said: Provenance, part: str) -> str:
    """The first link or name in a part of the answer that none of its sources said; "" where there is none."""
    asked = ((links_in(part), answer.links), (names_in(part), answer.names))
    return next(
        (
            one
            for found, sources in asked
            if sources
            for one in sorted(found)
            if not said.accepts(one, sources)
        ),
        "",
    )


def left_out(part: str) -> str:
    """What stands for a part that is left out; the white space after it stays."""
    return LEFT_OUT + part[len(part.rstrip()) :]


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
