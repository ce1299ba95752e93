"""Pins and variants in the agent's own code: read, told on steps, and carried to whoever goes on with the session."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import trimtab
from trimtab.edge.sdk.tools.held import at_work
from trimtab.edge.sdk.warn import forget
from trimtab.vocabulary.control import variant_of

CONTRACT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: support}
spec: {tools: {look: {effect: read}}}
"""
VARIANT = "trimtab.cohort.variant"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    forget()
    yield
    trimtab.shutdown(1)


def choose(chosen: Mapping[str, str]) -> None:
    bound = at_work()
    assert bound
    bound.chosen = chosen


def test_a_pin_is_read_and_the_default_is_given_where_there_is_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert trimtab.pinned("bundle", "b0") == "b0", "without init, too"
    with trimtab.testing():
        assert trimtab.pinned("model", "m0") == "m0", "without a contract, too"
    with trimtab.testing(contract=CONTRACT):
        assert (trimtab.pinned("bundle"), trimtab.pinned("bundle", "b0")) == ("", "b0")
        choose({"bundle": "b1", "split": "new=100,old=0"})
        assert (trimtab.pinned("bundle", "b0"), trimtab.pinned("model", "m0")) == ("b1", "m0")
        with caplog.at_level(logging.WARNING, "trimtab"):
            assert trimtab.pinned("bundel", "b0") == "b0"
            assert trimtab.pinned("split", "b0") == "b0"
    assert "did you mean 'bundle'?" in caplog.text


def test_the_variant_is_told_on_every_step_of_the_session() -> None:
    with trimtab.testing(contract=CONTRACT) as told:
        with trimtab.session("s-1") as s:
            assert s.variant("none") == "none"
        choose({"split": "new=100,old=0"})
        with trimtab.session("s-1") as s:
            assert s.variant("none") == "new"
            with trimtab.step("agent", "billing"), trimtab.step("llm"):
                choose({"split": "new=0,old=100"})
                assert s.variant() == "new", "it stays what it is while the session runs"
    found = [one["attributes"].get(VARIANT) for one in told.spans]
    assert found == [None, "new", "new", "new"]


def test_it_hangs_on_the_id_alone() -> None:
    shares = {"a": 40, "b": 60}
    with trimtab.testing(contract=CONTRACT):
        choose({"split": "a=40,b=60"})
        found = {name: trimtab.session(name).variant() for name in (f"s{n}" for n in range(50))}
    assert found == {name: variant_of(name, shares) for name in found}
    assert set(found.values()) == {"a", "b"}


def test_whoever_goes_on_with_the_session_has_the_same_variant() -> None:
    with trimtab.testing(contract=CONTRACT):
        choose({"split": "new=100,old=0"})
        with trimtab.session("s-1", tenant="acme"):
            headers = trimtab.inject()
    assert f"{VARIANT}=new" in headers["baggage"]
    with (  # another agent, which no split is about
        trimtab.testing() as told,
        trimtab.session(headers=headers, agent="billing") as s,
    ):
        assert s.variant("none") == "new"
        assert trimtab.inject()["baggage"] == headers["baggage"]
    assert told.spans[0]["attributes"][VARIANT] == "new"
    with trimtab.testing(contract=CONTRACT):
        for split, wanted in (
            ("new=1,old=99", "new"),  # it began so
            ("new=0,old=100", "old"),  # nobody must have it any more
            ("blue=100", "blue"),  # a split about something else
        ):
            choose({"split": split})
            assert trimtab.session(headers=headers).variant() == wanted


def test_the_agents_own_word_wins() -> None:
    with trimtab.testing(contract=CONTRACT) as told:
        choose({"split": "new=100,old=0"})
        with trimtab.session(variant="mine") as s, trimtab.step("llm"):
            assert s.variant() == "mine"
    assert [one["attributes"][VARIANT] for one in told.spans] == ["mine", "mine"]


def test_nothing_raises_and_a_session_without_init_has_the_default() -> None:
    assert trimtab.session("s").variant("old") == "old"
    with trimtab.testing(contract=CONTRACT):
        choose({"split": "broken"})
        assert trimtab.session("s").variant("old") == "old"
