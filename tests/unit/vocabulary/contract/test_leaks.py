"""Secrets and personal data in what goes out: the findings of the door, at the edge, in one piece or in many."""

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.loop.ingest.redaction import RedactionPolicy, Redactor
from trimtab.vocabulary.contract import Facts, Filter, Provenance, compare, decide, read_contract
from trimtab.vocabulary.contract.cedar import cedar_request, to_cedar
from trimtab.vocabulary.contract.decision.leaks import cleaned
from trimtab.vocabulary.redaction import Stream, TextRedactor, rule_book

TEXT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: writer}
spec:
  output: {secrets: SECRETS, personal: PERSONAL}
  tools:
    mail:
      effect: irreversible
      egress: true
      arguments: {to: {from: [user]}}
    note: {effect: idempotent_write}
"""
KEY = next(one.text for rule in rule_book().rules if rule.kind == "secret" for one in rule.positive)
MAIL = "ann@example.com"
EXAMPLES = [one.text for rule in rule_book().rules for one in rule.positive]
NEAR = [one for rule in rule_book().rules for one in rule.negative]
DOOR = Redactor(RedactionPolicy())
BOTH = Filter(secrets="mask", personal="mask")


def contract(secrets: str, personal: str) -> Any:
    text = TEXT.replace("SECRETS", f'"{secrets}"').replace("PERSONAL", f'"{personal}"')
    return read_contract(text)


@pytest.mark.parametrize("text", sorted({*EXAMPLES, *NEAR}))
def test_the_edge_finds_what_the_door_finds(text: str) -> None:
    for value in (text, f"before {text} after", {"body": [text]}):
        assert cleaned(BOTH, value, "it")[0] == DOOR.redact_json(value)[0]
        kinds = {rule.id: rule.kind for rule in rule_book().rules} | {"sensitive_key": "secret"}
        hits = DOOR.redact_json(value)[1]
        wanted = {"secrets" if kinds[name] == "secret" else "personal" for name in hits}
        assert {one.code for one in cleaned(BOTH, value, "it")[1]} == wanted


SECRETS = [
    one for one in EXAMPLES if len(one) < 200 and "\\" not in one and one.lstrip()[:1] not in ("{", "[", '"')
]
PARTS = st.sampled_from(
    [*SECRETS, "an ordinary word ", "\n", ". ", "x" * 40, " and then some more words were said "]
)
TEXTS = st.lists(PARTS, max_size=40).map(" ".join)


@given(TEXTS, st.randoms(use_true_random=False))
def test_any_pieces_give_the_same_redacted_text(text: str, dice: random.Random) -> None:
    hits: Counter[str] = Counter()
    whole = REDACTOR.text(text, hits)
    stream, at, found = Stream(REDACTOR), 0, ""
    while at < len(text):
        size = dice.choice((1, 3, 17, 120, 700))
        found += stream.feed(text[at : at + size])
        at += size
    found += stream.end()
    assert found == whole
    assert stream.hits == hits


REDACTOR = TextRedactor(RedactionPolicy())


def test_a_long_text_without_secrets_goes_on_before_its_end_and_a_key_block_waits_for_its_own() -> None:
    stream = Stream(REDACTOR)
    assert stream.feed("one word and another. " * 40)
    block = next(one.text for rule in rule_book().rules for one in rule.positive if "-----BEGIN" in one.text)
    begun = block[: block.index("-----END")] if "-----END" in block else block
    stream = Stream(REDACTOR)
    stream.feed("words before it. " * 40 + begun)
    out = "".join(stream.feed(" more of it") for _ in range(100))
    assert "-----BEGIN" not in out


def test_what_is_held_has_a_bound() -> None:
    stream = Stream(REDACTOR)
    out = sum(len(stream.feed('{"a": "b"}, ' * 1000)) for _ in range(50))
    assert out > 0


@pytest.mark.parametrize(
    ("secrets", "personal", "verdict", "codes"),
    [
        ("deny", "off", "deny", ["secrets"]),
        ("mask", "mask", "transform", ["personal", "secrets"]),
        ("warn", "mask", "transform", ["personal", "secrets"]),
        ("off", "warn", "warn", ["personal"]),
        ("off", "off", "allow", []),
    ],
)
def test_the_answer_is_filtered_as_the_contract_says(
    secrets: str, personal: str, verdict: str, codes: list[str]
) -> None:
    said = f"Ask {MAIL}, the key is {KEY}"
    found = decide(contract(secrets, personal), "output", Facts(text=said))
    assert (found.verdict, sorted(one.code for one in found.reasons)) == (verdict, codes)
    assert all(MAIL not in one.message and KEY not in one.message for one in found.reasons)
    if personal == "mask":
        assert MAIL not in (found.text or said)
        assert (KEY in (found.text or said)) == (secrets != "mask")
    else:
        assert found.text is None


def mailing(**args: Any) -> Facts:
    said = Provenance()
    said.hear("user", f"write to {MAIL}")
    return Facts(tool="mail", args=args, provenance=said)


def test_what_a_tool_sends_is_filtered_but_not_whom_the_contract_lets_it_write_to() -> None:
    found = decide(contract("deny", "mask"), "pre_tool_call", mailing(to=MAIL, body=f"I am {MAIL}"))
    assert found.verdict == "transform"
    assert found.args == {"to": MAIL, "body": "I am [redacted:email]"}
    denied = decide(contract("deny", "mask"), "pre_tool_call", mailing(to=MAIL, body=KEY))
    assert (denied.verdict, denied.reasons[-1].code, denied.reasons[-1].argument) == (
        "deny",
        "secrets",
        "body",
    )


def test_a_tool_by_which_nothing_leaves_is_let_alone() -> None:
    facts = Facts(tool="note", args={"text": f"{KEY} {MAIL}"})
    assert decide(contract("deny", "deny"), "pre_tool_call", facts).verdict == "allow"


def test_looking_for_less_is_wider() -> None:
    old = contract("deny", "mask")
    new = replace(old, filter=Filter(secrets="warn", personal="mask"), digest="other")
    assert [(one.where, one.direction) for one in compare(old, new).changes] == [("output.secrets", "wider")]
    assert [one.direction for one in compare(new, old).changes] == ["narrower"]


def test_cedar_leaves_the_question_to_the_caller() -> None:
    export = to_cedar(contract("deny", "off"))
    for body, clean in ((KEY, False), ("hello", True)):
        asked = cedar_request(export, mailing(to=MAIL, body=body), "call")
        assert asked["context"]["checked"]["leaks"] is clean
