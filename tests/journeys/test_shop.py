"""One agent in plain Python and in three frameworks, all of them real: the same spans, the same decisions, the same effects."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import trimtab

FOLDER = Path(__file__).parents[2] / "examples" / "shop"
PROGRAMS = ("plain", "with_langchain", "with_openai_agents", "with_pydantic_ai")
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


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The programs stand beside each other in a folder, and are imported as they would be run."""
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setenv("OPENAI_AGENTS_DISABLE_TRACING", "1")
    yield
    for name in ("shop", *PROGRAMS):
        sys.modules.pop(name, None)


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


@pytest.mark.parametrize("mode", ["enforce", "observe", "off"])
@pytest.mark.parametrize("number", range(6))
def test_the_same_everywhere(number: int, mode: str) -> None:
    programs = [importlib.import_module(name) for name in PROGRAMS]
    question = programs[0].QUESTIONS[number]
    first, *others = (told_by(program, question, mode) for program in programs)
    for name, other in zip(PROGRAMS[1:], others, strict=True):
        assert other[0] == first[0], name
        assert other[1:] == first[1:], name


def test_what_the_contract_keeps_from_happening() -> None:
    plain = importlib.import_module("plain")
    spans, answer, (refunds, tickets) = told_by(plain, "Please refund o-3", "enforce")
    assert (refunds, tickets) == ([], ["refund of o-3"])
    assert answer == "A colleague will look at it."
    (refund,) = [span for span in spans if span[1] == "execute_tool refund"]
    assert refund[3:] == (
        "source",
        refund[4] | {"trimtab.contract.verdict": "deny", "trimtab.contract.reasons": "source"},
    )
    _, answer, (refunds, _) = told_by(plain, "Please refund o-3", "observe")
    assert refunds == [("o-3", "ACC-666", 55.5)]
