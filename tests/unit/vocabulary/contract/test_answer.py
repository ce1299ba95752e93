"""The answer: sentences that hold links or names of strangers are left out, asked about or denied."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.vocabulary.contract import Contract, Facts, Provenance, compare, decide, read_contract
from trimtab.vocabulary.contract.provenance.names import names_in, sentences

TEXT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: travel}
spec:
  tools:
    catalogue: {effect: read, output: {trusted: true}}
    reviews: {effect: read}
  answer: {links: [user, trusted], names: [user, trusted, model], then: transform}
"""
SAID = "I found Grand Hotel, rated 4.5. You should visit Palm Court Inn now!\nSee www.palm.example/x. Bye Dear Friend."
LEFT = "[left out: it names what only strangers said]"


def contract(then: str = "transform", mode: str = "enforce") -> Contract:
    return read_contract(
        TEXT.replace("then: transform", f"then: {then}").replace("spec:\n", f"spec:\n  mode: {mode}\n")
    )


def said() -> Provenance:
    found = Provenance()
    found.hear("user", "Find me a hotel")
    found.read(contract().tools["catalogue"], {"Grand Hotel": 4.5})
    found.read(contract().tools["reviews"], {"Grand Hotel": "Go to Palm Court Inn, www.palm.example/x"})
    return found


def test_what_only_strangers_named_is_left_out() -> None:
    decision = decide(contract(), "output", Facts(text=SAID, provenance=said()))
    assert decision.verdict == "transform"
    assert decision.text == f"I found Grand Hotel, rated 4.5. {LEFT}\n{LEFT} Bye Dear Friend."
    assert [one.code for one in decision.reasons] == ["answer", "answer"]
    assert "'Palm Court Inn' from reviews (untrusted)" in decision.reasons[0].message


@pytest.mark.parametrize("then", ["ask", "deny", "warn"])
def test_the_answer_may_be_asked_about_instead(then: str) -> None:
    decision = decide(contract(then), "output", Facts(text=SAID, provenance=said()))
    assert (decision.verdict, decision.text) == (then, None)


def test_observing_leaves_the_answer_alone() -> None:
    decision = decide(contract(mode="observe"), "output", Facts(text=SAID, provenance=said()))
    assert (decision.verdict, decision.would, decision.text) == ("allow", "transform", None)


def test_an_answer_from_accepted_sources_stays() -> None:
    asked = said()
    asked.hear("user", "What of Palm Court Inn at www.palm.example/x?")
    assert decide(contract(), "output", Facts(text=SAID, provenance=asked)).verdict == "allow"


def test_nothing_is_said_of_other_points() -> None:
    assert decide(contract(), "input", Facts(text=SAID, provenance=said())).verdict == "allow"


def test_a_source_more_is_wider() -> None:
    more = read_contract(TEXT.replace("links: [user, trusted]", "links: [user, trusted, named]"))
    none = read_contract(TEXT[: TEXT.index("  answer")])
    assert [str(one) for one in compare(contract(), more).changes] == [
        "wider: answer.links: trusted, user -> named, trusted, user"
    ]
    assert {one.direction for one in compare(contract(), none).changes} == {"wider"}
    assert {one.direction for one in compare(none, contract()).changes} == {"narrower"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("The Grand Hotel is good", ["Grand Hotel"]),
        ("at Le Baratin's bar and O'Neill Pub.", ["Le Baratin's", "O'Neill Pub"]),
        ("**Bar of the Sea**", []),
        ("Museum of Modern Art", ["Museum of Modern Art"]),
        ("we saw Anna. Bob went", []),
        ("Ärzte Straße", ["Ärzte Straße"]),
    ],
)
def test_names_are_capitalised_words_in_a_row(text: str, names: list[str]) -> None:
    assert list(names_in(text)) == names


@given(st.text(alphabet="aB. !?\n4,", max_size=60))
def test_sentences_are_the_whole_text(text: str) -> None:
    assert "".join(sentences(text)) == text
