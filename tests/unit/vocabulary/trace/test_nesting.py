"""One call that several nested spans tell of counts once, whatever the order in which they are known."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.vocabulary.trace import ALONE, Skeleton, resolve_calls

KINDS = ("tool", "llm", "embedding", "agent", "other")


def skeleton(span_id: int, parent_id: int, kind: str, **fields: Any) -> Skeleton:
    """A span of a trace; those with higher ids start later."""
    made: dict[str, Any] = dict.fromkeys(Skeleton._fields, "") | {
        "span_id": span_id,
        "parent_id": parent_id,
        "start_ns": span_id,
        "end_ns": 99,
        "content_hash": 7,
        "kind": kind,
        "tool": "search" if kind == "tool" else "",
        "error": False,
        "input_tokens": None,
        "output_tokens": None,
    }
    return Skeleton(**(made | fields))


def counted(*spans: Skeleton) -> dict[int, str]:
    """The spans that count, each with the error within it."""
    told = resolve_calls({span.span_id: span for span in spans})
    found = {span.span_id: told.get(span.span_id, ALONE) for span in spans}
    return {span_id: of.inner_error for span_id, of in found.items() if not of.repeated}


def test_of_a_tool_call_through_mcp_the_outermost_counts_and_fails_with_what_is_within() -> None:
    outer = skeleton(1, 0, "tool")
    client = skeleton(2, 1, "tool")
    server = skeleton(3, 2, "tool", error=True, error_type="tool_error")
    assert counted(outer, client, server) == {1: "tool_error"}
    assert counted(outer, client, server._replace(error=False, error_type="")) == {1: ""}
    assert counted(outer, client, server._replace(error_type="")) == {1: "_OTHER"}
    assert counted(client, server) == {2: "tool_error"}, "the outer one may come later, or never"


def test_a_typed_error_tells_more_than_an_earlier_one_without_a_type() -> None:
    spans = [
        skeleton(1, 0, "tool"),
        skeleton(2, 1, "tool", error=True),
        skeleton(3, 2, "tool", error=True, error_type="b"),
    ]
    assert counted(*spans) == {1: "b"}


@pytest.mark.parametrize(
    "inner",
    [
        skeleton(2, 1, "tool", tool="other"),
        skeleton(2, 1, "tool", tool=""),
        skeleton(2, 9, "tool"),
        skeleton(2, 1, "agent"),
        skeleton(2, 1, "llm"),
    ],
)
def test_another_tool_another_kind_or_another_place_is_another_call(inner: Skeleton) -> None:
    assert counted(skeleton(1, 0, "tool"), inner) == {1: "", 2: ""}


def test_two_tools_without_a_name_are_two() -> None:
    assert counted(skeleton(1, 0, "tool", tool=""), skeleton(2, 1, "tool", tool="")) == {1: "", 2: ""}


def test_an_agent_between_two_calls_of_a_tool_makes_them_two() -> None:
    assert counted(skeleton(1, 0, "tool"), skeleton(2, 1, "agent"), skeleton(3, 2, "tool")).keys() == {
        1,
        2,
        3,
    }


@pytest.mark.parametrize("kind", ["llm", "embedding", "rerank"])
def test_of_a_model_call_the_innermost_counts(kind: str) -> None:
    spans = [skeleton(i, i - 1, kind, input_tokens=5) for i in (1, 2, 3)]
    assert counted(*spans).keys() == {3}
    assert counted(*(span._replace(input_tokens=None) for span in spans)).keys() == {3}


def test_every_try_within_a_model_call_counts() -> None:
    failed = skeleton(2, 1, "llm", error=True)
    again = skeleton(3, 1, "llm", output_tokens=5)
    assert counted(skeleton(1, 0, "llm", output_tokens=5), failed, again).keys() == {2, 3}


def test_usage_that_only_the_roll_up_tells_is_not_lost() -> None:
    outer = skeleton(2, 1, "llm", input_tokens=5)
    assert counted(skeleton(1, 0, "llm"), outer, skeleton(3, 2, "llm"), skeleton(4, 3, "llm")).keys() == {2}


@st.composite
def traces(draw: st.DrawFn) -> list[Skeleton]:
    """Up to eight spans anywhere, also in circles."""
    return [
        skeleton(
            span_id,
            draw(st.integers(0, 9)),
            draw(st.sampled_from(KINDS)),
            start_ns=draw(st.integers(0, 3)),
            tool=draw(st.sampled_from(["", "a", "b"])),
            error=draw(st.booleans()),
            error_type=draw(st.sampled_from(["", "x", "y"])),
            input_tokens=draw(st.sampled_from([None, 5])),
        )
        for span_id in range(1, draw(st.integers(1, 9)))
    ]


@given(traces(), st.randoms(use_true_random=False))
def test_the_order_changes_nothing(spans: list[Skeleton], source: random.Random) -> None:
    assert counted(*source.sample(spans, len(spans))) == counted(*spans)


@given(traces())
def test_no_call_is_lost_and_none_is_told_by_what_stands_alone(spans: list[Skeleton]) -> None:
    by_id = {span.span_id: span for span in spans}
    kept = counted(*spans)
    touching = {
        (span.span_id, span.parent_id)
        for span in spans
        if (outer := by_id.get(span.parent_id)) and outer.kind == span.kind and outer is not span
    }
    for span in spans:
        if span.span_id not in {end for pair in touching for end in pair}:
            assert kept[span.span_id] == ""
    for kind in KINDS:
        of_kind = {span.span_id for span in spans if span.kind == kind}
        assert not of_kind or of_kind & kept.keys()


@given(traces())
def test_usage_is_neither_lost_nor_told_twice_along_a_line(spans: list[Skeleton]) -> None:
    by_id = {span.span_id: span for span in spans}
    kept = counted(*spans)
    for span in spans:
        outer = by_id.get(span.parent_id)
        if outer and outer is not span and outer.kind == span.kind == "llm" and outer.parent_id == 0:
            assert not (outer.span_id in kept and span.span_id in kept)


def test_a_very_deep_line_is_walked_without_recursion() -> None:
    spans = [skeleton(i, i - 1, "llm", input_tokens=1) for i in range(1, 20_000)]
    assert counted(*spans).keys() == {19_999}
