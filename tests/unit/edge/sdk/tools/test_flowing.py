"""Answers in pieces under a contract: masked as they go, held where the contract must see them whole."""

import asyncio
from collections.abc import AsyncIterator

import pytest

import trimtab

CONTRACT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: talker}
spec:
  mode: MODE
  output: {secrets: SECRETS, personal: mask}
  tools: {x: {effect: read}}
"""
PIECES = ["Write to ann@exam", "ple.com, she knows. ", *["And so it goes on. "] * 60]
WHOLE = "".join(PIECES)
MASKED = WHOLE.replace("ann@example.com", "[redacted:email]")


def contract(mode: str, secrets: str) -> str:
    return CONTRACT.replace("MODE", mode).replace("SECRETS", secrets)


async def later(pieces: list[str]) -> AsyncIterator[str]:
    for one in pieces:
        await asyncio.sleep(0)
        yield one


def test_an_address_that_is_cut_over_two_pieces_is_masked_and_text_goes_on_before_the_end() -> None:
    with trimtab.testing(contract=contract("enforce", "mask")) as told, trimtab.session() as s:
        found = list(s.stream(PIECES))
        assert "".join(found) == MASKED
        assert len(found) > 2
    (guard,) = told.of_kind("guardrail")
    assert guard["attributes"]["trimtab.contract.verdict"] == "transform"
    assert guard["attributes"]["trimtab.contract.reasons"] == "personal"


def test_asynchronous_answers_are_masked_alike() -> None:
    async def run() -> list[str]:
        with trimtab.session() as s:
            return [one async for one in s.astream(later(PIECES))]

    with trimtab.testing(contract=contract("enforce", "mask")):
        assert "".join(asyncio.run(run())) == MASKED


def test_what_may_be_denied_is_held_until_all_of_it_was_seen() -> None:
    with trimtab.testing(contract=contract("enforce", "deny")), trimtab.session() as s:
        assert list(s.stream(PIECES)) == [MASKED]
        seen: list[str] = []
        with pytest.raises(trimtab.Stopped, match="leave the secret out"):
            seen.extend(s.stream(["the password=hunter", "-example is it"]))
        assert seen == []


def test_observing_changes_nothing_and_tells_what_would_have_been() -> None:
    with trimtab.testing(contract=contract("observe", "mask")) as told, trimtab.session() as s:
        assert list(s.stream(PIECES)) == PIECES
    (guard,) = told.of_kind("guardrail")
    assert guard["attributes"]["trimtab.contract.would"] == "transform"


def test_without_a_contract_pieces_go_their_way() -> None:
    with trimtab.session() as s:
        assert list(s.stream(PIECES)) == PIECES


def test_the_whole_answer_is_masked_alike() -> None:
    with trimtab.testing(contract=contract("enforce", "mask")), trimtab.session() as s:
        assert s.output(WHOLE) == MASKED
