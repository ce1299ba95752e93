"""One agent in plain Python and in three frameworks, all of them real: the same spans, the same decisions, the same effects."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.told import told_by

FOLDER = Path(__file__).parents[2] / "examples" / "shop"
PROGRAMS = ("plain", "with_langchain", "with_openai_agents", "with_pydantic_ai")


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The programs stand beside each other in a folder, and are imported as they would be run."""
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setenv("OPENAI_AGENTS_DISABLE_TRACING", "1")
    yield
    for name in ("shop", *PROGRAMS):
        sys.modules.pop(name, None)


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
