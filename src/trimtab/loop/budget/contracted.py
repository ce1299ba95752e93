"""The objectives that an agent's contract starts it with, as documents like any other."""

from trimtab.loop.budget.model import Measure, Objective, Window
from trimtab.loop.budget.openslo import write_slo
from trimtab.loop.budget.window import span_of
from trimtab.vocabulary.contract import Contract
from trimtab.vocabulary.kernel import Missing


def promised(contract: Contract) -> str:
    """The OpenSLO text of a contract's objectives; raises `Missing` where it has none, `Invalid` for a window that is none."""
    if not contract.promises:
        raise Missing(
            f"{contract.agent} promises nothing", hint="slo: [{indicator: task_success, target: 0.95}]"
        )
    texts: list[str] = []
    for one in contract.promises:
        name = f"{contract.agent}-{one.indicator.replace('_', '-')}"
        objective = Objective(
            id=name,
            slo=name,
            target=one.target,
            window=Window(span=span_of(one.window)),
            measure=Measure(indicator=one.indicator, cohort={"agent": contract.agent}),
            service=contract.agent,
        )
        texts.append(write_slo([objective]))
    return "---\n".join(texts)
