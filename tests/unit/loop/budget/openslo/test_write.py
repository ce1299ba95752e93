"""What was written reads as the same objectives."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.loop.budget.openslo.texts import SLO, read

from trimtab.loop.budget import Measure, Objective, Span, Window
from trimtab.loop.budget.openslo import read_promises, write_slo
from trimtab.loop.budget.openslo.shapes import slug
from trimtab.vocabulary.kernel import Invalid

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
    lambda text: bool(text.strip())
)
NAME = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
SPANS = st.builds(Span, count=st.integers(1, 9), unit=st.sampled_from("mhdwMQ"))
WINDOWS = st.builds(Window, span=SPANS) | st.builds(
    Window,
    span=SPANS,
    starts=st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2030-01-01")).map(
        lambda at: at.replace(second=0, microsecond=0)
    ),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
)
COHORTS = st.dictionaries(NAME | st.just("agent"), TEXT, max_size=3)
RATIOS = st.builds(
    Measure,
    indicator=st.sampled_from(["task_success", "visible_success"]),
    cohort=COHORTS,
    outcome_source=st.sampled_from(["", "human", "human,app"]),
)
NUMBERS = st.builds(
    Measure,
    indicator=st.sampled_from(["session_latency", "cost_per_session"]),
    cohort=COHORTS,
    op=st.sampled_from(["lte", "lt", "gte", "gt"]),
    threshold=st.floats(1e-12, 1e14),
)
METHODS: Any = st.one_of(
    st.just({"method": "occurrences"}),
    st.builds(
        lambda size, target: {"method": "timeslices", "slice_min": size, "slice_target": target},
        st.integers(1, 10_080),
        st.floats(0.001, 1),
    ),
    st.builds(lambda size: {"method": "ratio_timeslices", "slice_min": size}, st.integers(1, 10_080)),
)
TARGETS = st.floats(1e-9, 1 - 1e-9)


@st.composite
def objectives(draw: Any) -> list[Objective]:
    name = draw(NAME)
    whole = Objective(
        id=name,
        slo=name,
        target=draw(TARGETS),
        window=draw(WINDOWS),
        measure=draw(RATIOS | NUMBERS),
        title=draw(TEXT | st.just("")),
        description=draw(TEXT | st.just("")),
        service=draw(TEXT),
        maturity_s=60.0 * draw(st.integers(0, 10_000)),
        by=draw(TEXT | st.just("")),
        min_events=draw(st.integers(0, 1000)),
        detector=draw(st.sampled_from(["auto", "burn", "e-detector"])),
        risk=draw(st.sampled_from(["low", "medium", "high"])),
        runbook=draw(TEXT | st.just("")),
        labels=draw(st.dictionaries(TEXT, TEXT, max_size=3)),
        annotations=draw(
            st.dictionaries(TEXT.filter(lambda text: not text.startswith("trimtab/")), TEXT, max_size=3)
        ),
        **draw(METHODS),
    )
    if whole.measure.threshold is not None or draw(st.booleans()):
        return [whole]
    titles = draw(st.lists(TEXT, min_size=2, max_size=3, unique_by=slug))
    return [replace(whole, id=f"{name}/{slug(title)}", title=title, target=draw(TARGETS)) for title in titles]


@settings(max_examples=200, deadline=None)
@given(objectives())
def test_what_was_written_reads_the_same(given: list[Objective]) -> None:
    assert list(read_promises({"a": write_slo(given)}).objectives) == given


def test_composites_are_written_with_their_weights() -> None:
    first = read(SLO).objectives[0]
    quick = Measure(indicator="session_latency", op="lte", threshold=30.0)
    parts = [
        replace(first, id="refund-tasks/done", title="Done", weight=3.0),
        replace(first, id="refund-tasks/2", title="session_latency", weight=1.0, measure=quick),
    ]
    assert list(read(write_slo(parts)).objectives) == parts


def test_targets_without_a_name_keep_their_place() -> None:
    first = read(SLO).objectives[0]
    parts = [replace(first, id="refund-tasks/1"), replace(first, id="refund-tasks/2", target=0.5)]
    assert list(read(write_slo(parts)).objectives) == parts


def test_objectives_of_two_slos_are_not_one_document() -> None:
    first = read(SLO).objectives[0]
    with pytest.raises(Invalid, match="several SLOs"):
        write_slo([first, replace(first, slo="other")])
    with pytest.raises(Invalid, match="several SLOs"):
        write_slo([])
