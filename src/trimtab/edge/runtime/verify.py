"""Did it happen? A reading tool shows it, where the contract names one."""

from collections.abc import Generator, Mapping
from decimal import Decimal
from typing import Any

from trimtab.edge.runtime.attempts import Trying, attempt_all
from trimtab.edge.runtime.model import Act, Reply
from trimtab.vocabulary.contract import Expression, Fault, evaluate, holds


def values_of(expressions: Mapping[str, Expression], names: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments out of expressions; raises `Fault`."""
    found = {name: evaluate(one, names) for name, one in expressions.items()}
    return {name: float(one) if isinstance(one, Decimal) else one for name, one in found.items()}


def names_of(trying: Trying, result: Any) -> dict[str, Any]:
    """What expressions of a tool's contract see after a call."""
    session = trying.session
    return {
        "args": trying.args,
        "facts": session.results,
        "result": result,
        "session": {
            "id": session.id,
            "tenant": session.tenant,
            "user": session.user,
            "intent": session.intent,
        },
    }


def verify(trying: Trying) -> Generator[Act, Reply | None, bool | None]:
    """Whether the effect is to be seen; None where nobody can say."""
    plan = trying.tool.verification
    if plan is None:
        return None
    names = names_of(trying, None)
    try:
        reader = Trying(
            trying.setting,
            trying.session,
            trying.setting.contract.tools[plan.tool],
            values_of(plan.arguments, names),
            "",
        )
        reply = yield from attempt_all(reader)
        trying.attempts += reader.attempts
        return holds(plan.happened, {**names, "seen": reply.value}) if reply.ending == "ok" else None
    except Fault:
        return None
