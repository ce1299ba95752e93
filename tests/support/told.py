"""What one task of the shop's agent tells, in whichever framework it runs."""

from types import ModuleType
from typing import Any

import trimtab

TOLD = (
    "gen_ai.request.model",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "trimtab.contract.digest",
    "trimtab.contract.mode",
    "trimtab.contract.verdict",
    "trimtab.contract.would",
    "trimtab.contract.reasons",
    "trimtab.contract.effect",
    "trimtab.contract.status",
    "trimtab.contract.source",
    "trimtab.contract.attempts",
    "trimtab.attempt.ending",
    "trimtab.session.outcome",
    "trimtab.tenant",
    "user.id",
)


def told_by(program: ModuleType, question: str, mode: str) -> tuple[list[Any], str, Any]:
    """Every span of one task below its parent, the answer, and what happened in the shop."""
    shop = program.Shop(down=mode == "enforce")  # observing repeats nothing
    contract = program.CONTRACT.read_text().replace("mode: enforce", f"mode: {mode}")
    with trimtab.testing(contract=contract) as told:
        answer = program.serve(shop, question)
    names = {span["span_id"]: span["name"] for span in told.spans}
    spans = [
        (
            span["kind"],
            span["name"],
            names.get(span["parent_id"], ""),
            span["error"] and span["error"]["type"],
            {key: span["attributes"][key] for key in TOLD if key in span["attributes"]},
        )
        for span in told.spans
    ]
    return spans, answer, (shop.refunds, shop.tickets)
