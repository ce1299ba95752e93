"""Texts made to exhaust or to surprise are refused, quickly and with their line."""

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.loop.budget.openslo.texts import SLO, changed, problems

from trimtab.loop.budget.openslo import Rejected, read_promises

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = [
    (BOMB, "once aliases are written out"),
    ("&a [*a]", "once aliases are written out"),
    ("[" * 900_000, "nested deeper than 40"),
    ("a: " * 50 + "b", "no YAML"),
    ("{a: " * 100_000, "nested deeper than 40"),
    ("x" * 1_000_001, "over 1,000,000 bytes"),
    ("é" * 500_001, "over 1,000,000 bytes"),
    ("a: !!python/object/apply:os.system [x]", "the tag 'python/object/apply:os.system' is not taken"),
    ("a: !mine 3", "the tag '!mine' is not taken"),
    ("a: &x {b: 1}\nc:\n  <<: *x\n", "a field's name is no text"),
    ("? [a]\n: b\n", "a field's name is no text"),
    ("a: !!binary aGk=", "the tag 'binary' is not taken"),
    ("a\x00b", "no YAML"),
    ("a: \ud800", "no YAML"),
    ("a: *nowhere", "no YAML"),
]


@pytest.mark.parametrize(("text", "said"), HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_are_refused_quickly(text: str, said: str) -> None:
    started = time.process_time()
    with pytest.raises(Rejected) as refused:
        read_promises({"h.yaml": text})
    assert said in refused.value.message
    assert refused.value.message.startswith("h.yaml:")
    assert refused.value.hint
    assert time.process_time() - started < 10


def test_a_field_that_stands_twice_is_refused() -> None:
    assert problems(changed("  service: airline", "  service: airline\n  service: bank")) == [
        "f1.yaml:8: service stands twice, first in line 7 -> leave one of them out"
    ]


def test_words_that_old_yaml_takes_for_truths_and_times_stay_text() -> None:
    text = changed("  displayName: Refunds are done", "  labels: {a: yes, b: 12:30, c: 1.10, d: 0o17, e: on}")
    labels = read_promises({"a": text}).objectives[0].labels
    assert labels == {"a": "yes", "b": "12:30", "c": "1.10", "d": "0o17", "e": "on"}


def test_many_problems_are_told_in_part() -> None:
    text = changed("spec:\n  service", "spec:\n" + "".join(f"  x{n}: 1\n" for n in range(80)) + "  service")
    with pytest.raises(Rejected) as refused:
        read_promises({"a": text})
    assert len(refused.value.problems) == 80
    assert refused.value.message.splitlines()[-1] == "and 30 more"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Rejected):
        read_promises({"a": text})


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, len(SLO)),
    st.integers(0, 40),
    st.sampled_from(["", "[", "{}", "- ", ": ", "null", "\n  x: 1\n", "&a ", "9e999"]),
)
def test_any_damage_is_read_or_refused(at: int, length: int, put: str) -> None:
    with contextlib.suppress(Rejected):
        read_promises({"a": SLO[:at] + put + SLO[at + length :]})
