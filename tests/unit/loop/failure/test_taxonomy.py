"""The taxonomy that ships holds together, and a broken one is refused."""

from importlib.resources import files
from typing import Any

import orjson
import pytest

from trimtab.loop.failure import Blamed, read_taxonomy, taxonomy
from trimtab.vocabulary.kernel import Invalid


def document() -> dict[str, Any]:
    return orjson.loads(files("trimtab.loop.failure").joinpath("taxonomy.json").read_bytes())


def test_the_ten_categories_of_agentrx() -> None:
    assert sorted(taxonomy().categories) == [
        "guardrails_triggered",
        "inconclusive",
        "instruction_adherence",
        "intent_not_supported",
        "intent_plan_misalignment",
        "invalid_invocation",
        "invention",
        "misinterpretation",
        "system_failure",
        "underspecified_intent",
    ]


@pytest.mark.parametrize(("name", "codes"), [("mast", 14), ("trail", 20), ("tau_bench", 12)])
def test_other_taxonomies_are_mapped_as_a_whole(name: str, codes: int) -> None:
    assert len([code for of, code in taxonomy().foreign if of == name]) == codes


def test_a_code_is_translated_with_its_author() -> None:
    assert taxonomy().translate("mast", "2.6") == Blamed(category="intent_plan_misalignment", author="agent")
    assert taxonomy().translate("tau_bench", "user/other").author == "user"
    with pytest.raises(Invalid, match="mast has no code"):
        taxonomy().translate("mast", "9.9")


@pytest.mark.parametrize(
    ("error_class", "kind", "category", "author"),
    [
        ("timeout", "tool", "system_failure", "tool"),
        ("timeout", "llm", "system_failure", "model"),
        ("timeout", "workflow", "system_failure", "environment"),
        ("validation", "tool", "invalid_invocation", "agent"),
        ("other", "tool", "inconclusive", None),
        ("never heard of", "tool", "inconclusive", None),
    ],
)
def test_an_error_has_a_category_and_an_author(
    error_class: str, kind: str, category: str, author: str | None
) -> None:
    found = taxonomy().of_error(error_class, kind)
    assert (found.category, found.author) == (category, author)


def test_every_error_class_of_a_step_has_a_row() -> None:
    raw = files("trimtab.vocabulary.trace").joinpath("taxonomy.json").read_bytes()
    assert {row["class"] for row in orjson.loads(raw)} == {name for name, _ in taxonomy().errors}


def broken(change: str) -> dict[str, Any]:
    found = document()
    if change == "version":
        found["version"] = 0
    elif change == "category":
        found["signs"][0]["category"] = "bad luck"
    elif change == "author":
        found["categories"][0]["author"] = "nobody"
    elif change == "twice":
        found["categories"].append(found["categories"][0])
    else:
        del found["errors"]
    return found


@pytest.mark.parametrize("change", ["version", "category", "author", "twice", "missing"])
def test_a_broken_taxonomy_is_refused(change: str) -> None:
    with pytest.raises(Invalid):
        read_taxonomy(orjson.dumps(broken(change)))
    with pytest.raises(Invalid, match="not a taxonomy"):
        read_taxonomy(b"[")
