"""Names are taken out of texts whole, in every writing, and nothing else is."""

import json
from urllib.parse import quote, urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.loop.store.names import Wiped, holding, words_in
from trimtab.vocabulary.kernel import Invalid

ACME = Wiped(names=("acme",), mark="erased-1", others=frozenset({"acme-eu"}))
NAMES = st.text(r"""äßλ漢7'\"%&""", min_size=3, max_size=12)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("acme", "[erased]"),
        ("acme's tasks fail", "[erased]'s tasks fail"),
        ("tasks[tenant=acme] fail", "tasks[tenant=[erased]] fail"),
        ("acme-success of acme_x and acmes", "[erased]-success of acme_x and acmes"),
        ("acme and acme-eu", "[erased] and acme-eu"),
        ("q=1&tenant=acme&x=tenant%3Dacme", "q=1&tenant=[erased]&x=tenant%3D[erased]"),
        ("nobody", "nobody"),
    ],
)
def test_a_name_goes_as_a_whole_word(said: str, left: str) -> None:
    assert ACME.text(said) == left


def test_what_identifies_gets_the_same_mark_everywhere() -> None:
    key = '{}:{tenant="acme"}'
    message = {"title": "acme is slow", "group": key, "labels": {"tenant": "acme"}, "by": "acme"}
    found = orjson.loads(ACME.packed(json.dumps(message)))
    assert found["title"] == "[erased] is slow"
    assert (found["group"], found["labels"]) == (ACME.name(key), {"tenant": "erased-1"})
    assert found["by"] == "acme", "whoever did it has an account"


def test_json_that_names_nobody_stays_as_it_was_written() -> None:
    said = '{ "a" : "b" , "n": 1.50 }'
    assert ACME.packed(said) is said


def test_sessions_go_too_unless_they_may_be_words() -> None:
    names = Wiped(names=("x-1",), mark="m", sessions=frozenset({"task", "8f14e45f-ea"}))
    assert names.text("the task 8f14e45f-ea. failed") == "the task [erased]. failed"
    assert names.text("task") == "[erased]"


def test_nobody_is_refused() -> None:
    for nobody in ((), ("",)):
        with pytest.raises(Invalid):
            Wiped(names=nobody, mark="m")


def test_only_names_that_hold_one_as_a_word_stay() -> None:
    assert holding(["acme"], ["acme", "acme-eu", "acmes", "my acme"]) == {"acme-eu", "my acme"}


@given(NAMES)
def test_no_writing_of_a_name_is_left(name: str) -> None:
    names = Wiped(names=(name,), mark="m")
    nested = json.dumps({"a": json.dumps({"b": f"- {name} -"}), "key": f"({name})"})
    for said in (nested, urlencode({"q": name}), quote(name, safe=""), f"<{name}>"):
        found = names.packed(said)
        assert names.packed(found) == found
        assert found != said
        assert name not in found


@given(st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=4))
def test_a_name_of_up_to_four_words_is_found_again(words: list[str]) -> None:
    name = " ".join(words)
    assert name in set(words_in([f"about {name}, again"]))
