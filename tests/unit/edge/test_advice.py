"""Others who are asked beside the contract: whatever they say, nothing gets through that the contract stops."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.edge.runtime import Advice, FakeAdviser, Runtime
from trimtab.vocabulary.contract import POINTS, VERDICTS, Facts, Reason, read_contract
from trimtab.vocabulary.contract.decision.decide import RANK

CONTRACT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: a}
spec:
  mode: enforce
  tools:
    free: {effect: read}
    asked: {effect: read, approval: {}}
    bounded: {effect: read, arguments: {n: {max: 5}}}
"""
WORDS = st.sampled_from([one for one in VERDICTS if one != "transform"])


def says(verdict: str) -> Advice:
    return Advice(reasons=(Reason(code="advice", verdict=verdict, message="so"),))  # type: ignore[arg-type]


def runtime(*advisers: FakeAdviser, mode: str = "enforce") -> Runtime:
    tools = {name: lambda args, _: dict(args) for name in ("free", "asked", "bounded")}
    text = CONTRACT.replace("enforce", mode)
    return Runtime(read_contract(text), tools, secret=b"s", advisers=advisers)


def called(made: Runtime, tool: str, **args: object):
    return made.call(made.session("s"), tool, args)


@given(st.sampled_from(["free", "asked", "bounded"]), st.lists(WORDS, max_size=4), st.integers(0, 10))
def test_the_strictest_of_all_counts(tool: str, words: list[str], n: int) -> None:
    alone = called(runtime(), tool, n=n).decision
    found = called(runtime(*[FakeAdviser(says(one)) for one in words]), tool, n=n).decision
    assert alone is not None
    assert found is not None
    assert RANK[found.verdict] == max([RANK[alone.verdict], *(RANK[one] for one in words)])  # type: ignore[index]


@given(st.lists(WORDS, max_size=4))
def test_the_order_of_those_who_are_asked_changes_nothing(words: list[str]) -> None:
    each = [FakeAdviser(says(one)) for one in words]
    there, back = (called(runtime(*order), "free").status for order in (each, each[::-1]))
    assert there == back


def test_who_raises_says_no() -> None:
    broken = called(runtime(FakeAdviser(RuntimeError("gone"))), "free")
    assert (broken.status, broken.code) == ("refused", "advice")
    assert "gone" in broken.message
    observed = called(runtime(FakeAdviser(RuntimeError("gone")), mode="observe"), "free")
    assert observed.status == "succeeded"
    assert observed.decision is not None
    assert observed.decision.would == "deny"


def test_nobody_is_asked_in_mode_off_or_elsewhere() -> None:
    asked = FakeAdviser(says("deny"), points=["output"])
    assert called(runtime(asked), "free").status == "succeeded"
    off = FakeAdviser(says("deny"), points=POINTS)
    assert called(runtime(off, mode="off"), "free").status == "succeeded"
    assert asked.asked == off.asked == []


def test_other_arguments_are_decided_about_anew() -> None:
    within = FakeAdviser(Advice(replaces=True, replaced={"n": 3}))
    assert called(runtime(within), "bounded", n=5).value == {"n": 3}
    beyond = FakeAdviser(Advice(replaces=True, replaced={"n": 9}))
    assert called(runtime(beyond), "bounded", n=5).code == "bounds"
    assert called(runtime(within, within), "bounded", n=5).code == "advice"  # two in the same place


def test_a_result_can_be_stopped_or_replaced() -> None:
    after = ["post_tool_call"]
    assert called(runtime(FakeAdviser(says("deny"), after)), "free").code == "advice"
    masked = FakeAdviser(Advice(replaces=True, replaced="masked"), after)
    assert called(runtime(masked), "free").value == "masked"


@pytest.mark.parametrize("point", [one for one in POINTS if "tool" not in one])
def test_at_every_other_point(point: str) -> None:
    made = runtime(FakeAdviser(says("deny"), [point]))  # type: ignore[list-item]
    assert made.decide(point, Facts(text="x")).verdict == "deny"  # type: ignore[arg-type]
    replacing = runtime(FakeAdviser(Advice(replaces=True, replaced="y"), [point]))  # type: ignore[list-item]
    assert replacing.decide(point, Facts(text="x")).text == "y"  # type: ignore[arg-type]
