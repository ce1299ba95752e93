"""A plan says what would change, field by field, before anything does."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.loop.budget.making import objective

from trimtab.loop.budget import FieldChange, Measure, Objective, Window, plan, span_of
from trimtab.vocabulary.kernel import Invalid

FIRST = objective(id="a", measure=Measure(indicator="task_success", cohort={"agent": "airline"}))


def test_added_changed_removed_and_same() -> None:
    b, c, d = (replace(FIRST, id=name) for name in "bcd")
    found = plan([FIRST, b, c], [replace(b, target=0.9), d, FIRST])
    assert [one.id for one in found.added] == ["d"]
    assert [one.id for one in found.changed] == ["b"]
    assert [one.id for one in found.removed] == ["c"]
    assert found.same == ("a",)
    assert not found.empty


def test_a_change_names_its_fields() -> None:
    window = Window(span=span_of("1M"), starts=datetime.fromisoformat("2026-01-01"), zone="Europe/Berlin")
    after = replace(
        FIRST,
        target=0.99,
        window=window,
        measure=Measure(indicator="task_success", cohort={"tenant": "acme"}),
    )
    change = plan([FIRST], [after]).changed[0]
    assert change.fields == (
        FieldChange(field="measure.cohort.agent", before="airline", after=""),
        FieldChange(field="measure.cohort.tenant", before="", after="acme"),
        FieldChange(field="target", before="0.95", after="0.99"),
        FieldChange(field="window.span", before="30d", after="1M"),
        FieldChange(field="window.starts", before="", after="2026-01-01 00:00:00"),
        FieldChange(field="window.zone", before="UTC", after="Europe/Berlin"),
    )
    assert (change.recounted, change.target) == (True, "tightened")


def test_a_title_recounts_nothing() -> None:
    change = plan([FIRST], [replace(FIRST, title="Refunds", target=0.5)]).changed[0]
    assert (change.recounted, change.target) == (False, "loosened")


def test_two_of_one_id_are_refused() -> None:
    with pytest.raises(Invalid, match="two objectives of the id 'a'"):
        plan([], [FIRST, FIRST])


OBJECTIVES = st.lists(
    st.builds(
        lambda name, target: objective(target, id=name),
        st.sampled_from("abcdef"),
        st.sampled_from([0.9, 0.95]),
    ),
    unique_by=lambda one: one.id,
)


@given(OBJECTIVES, OBJECTIVES)
def test_every_objective_is_told_once(applied: list[Objective], wanted: list[Objective]) -> None:
    found = plan(applied, wanted)
    told = [one.id for one in (*found.added, *found.changed, *found.removed)] + list(found.same)
    assert sorted(told) == sorted({one.id for one in (*applied, *wanted)})
    assert plan(wanted, wanted).empty
