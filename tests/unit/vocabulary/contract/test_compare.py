"""Does a change widen what an agent may do: with an example, or not at all, or nobody can say."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.vocabulary.contract.test_decide import FACTS, OVERLAYS, RICH, before
from tests.unit.vocabulary.contract.texts import changed

from trimtab.vocabulary.contract import (
    Comparison,
    Facts,
    compare,
    decide,
    describe,
    narrow,
    parse_overlay,
    read_contract,
)
from trimtab.vocabulary.contract.compare.search import ease


def after(old: str, new: str) -> Comparison:
    return compare(read_contract(RICH), read_contract(changed(RICH, old, new)))


WIDER = [
    ("max: 500", "max: 501"),
    ("min: 1,", "min: 0,"),
    ("max: 500", "max: 5000"),
    ("from: [user, look.iban]", "from: [user, model]"),
    ("from: [user, look.iban]", "from: [user, look.iban, named]"),
    ("from: [user, look.iban]", "from: [user, look.iban, trusted]"),
    ("to: {from: [user, look.iban], otherwise: deny}", "to: {from: [user, look.iban], otherwise: ask}"),
    ("note: {links: [user]}", "note: {links: [user, model]}"),
    ("args.amount <= facts.look.balance", "args.amount <= facts.look.balance + 1"),
    ("        - args.amount <= facts.look.balance\n", ""),
    ("sum: {amount: 600}", "sum: {amount: 700}"),
    ("day: {sum: {amount: 1000}}", "day: {sum: {amount: 1001}}"),
    ("calls: 2", "calls: 3"),
    ("when: args.amount > 100", "when: args.amount > 101"),
    ("role: finance, quorum: 2", "role: finance"),
    ("      approval: {when: args.amount > 100, role: finance, quorum: 2}\n", ""),
    ("pay:\n      effect: irreversible", "pay:\n      mode: observe\n      effect: irreversible"),
    ("pay:\n      effect: irreversible", "pay:\n      effect: keyed_write\n      idempotency: {key: [to]}"),
    (", additionalProperties: false", ""),
    ("required: [to, amount]", "required: [amount]"),
    ("ruleOfTwo: ask", 'ruleOfTwo: "off"'),
    ("spec:\n", "spec:\n  unlistedTool: ask\n"),
    ("spec:\n", "spec:\n  mode: observe\n"),
    ("then: deny}, {from: untrusted", "then: warn}, {from: untrusted"),
    ("size(text) > 10", "size(text) > 11"),
    ("ask: {tools: [look]}", "ask: {tools: [look, pay]}"),
    ("irreversible: 3", "irreversible: 4"),
    ("costUsd: 1.5", "costUsd: 2"),
    ("tokens: 1000", "tokens: 2000"),
    ("duration: 10m", "duration: 11m"),
    ("log: {effect", "new: {effect: read}\n    log: {effect"),
]


@pytest.mark.parametrize(("old", "new"), WIDER)
def test_what_is_wider_is_found_with_an_example(old: str, new: str) -> None:
    comparison = after(old, new)
    assert comparison.wider is True, comparison
    for example in comparison.examples:
        assert ease(example.after) < ease(example.before)
        assert str(example)


@pytest.mark.parametrize(
    ("new", "old"),
    [
        one
        for one in WIDER
        if "additional" not in one[0]
        and "required" not in one[0]
        and "when:" not in one[0]
        and "balance" not in one[0]
        and "size" not in one[0]
        and "tools: [look]" not in one[0]
        and "note" not in one[0]
        and "from: [user" not in one[0]
        and "egress" not in one[0]
    ],
)
def test_the_way_back_is_not_wider(old: str, new: str) -> None:
    wide = changed(RICH, new, old)
    comparison = compare(read_contract(wide), read_contract(RICH))
    assert not comparison.examples
    assert comparison.wider in (False, None)


@pytest.mark.parametrize(
    ("old", "new", "wider"),
    [
        ("max: 500", "max: 400", False),
        ("quorum: 2", "quorum: 3", False),
        ("calls: 2", "calls: 1", False),
        ("pay:\n      effect", "pay:\n      description: Pays.\n      effect", False),
        ("web: {effect: read}\n", "web: {effect: read, timeout: 5s}\n", False),
        ("role: finance", "role: sales", None),
        ("egress: true, family: social", "family: social", None),
        ("hidden: [card.number,", "hidden: [", None),
        ("args.amount <= facts.look.balance", "facts.look.balance >= args.amount", None),
    ],
)
def test_what_is_not_wider_is_said_only_where_it_is_sure(old: str, new: str, wider: bool | None) -> None:
    assert after(old, new).wider is wider


def test_the_same_contract_differs_in_nothing() -> None:
    comparison = compare(read_contract(RICH), read_contract("# a comment\n" + RICH))
    assert (comparison.wider, comparison.changes, comparison.examples) == (False, (), ())
    assert str(comparison).startswith("not wider")


def test_an_example_reads_like_a_sentence() -> None:
    text = str(after("max: 500", "max: 501"))
    assert text.splitlines()[0] == "wider: the agent may do more than before"
    assert "pay(to='x', amount=501.0)" in text
    assert "before: pay is denied" in text
    assert "wider: pay.arguments.amount.max: 500 -> 501" in text


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(OVERLAYS), min_size=1, max_size=3))
def test_an_overlay_is_never_wider(names: list[str]) -> None:
    contract = read_contract(RICH)
    comparison = compare(contract, narrow(contract, *(parse_overlay(one) for one in names)))
    assert not comparison.examples
    assert {one.direction for one in comparison.changes} <= {"narrower"}


@settings(max_examples=200, deadline=None)
@given(FACTS, st.sampled_from(WIDER), st.booleans())
def test_what_is_called_not_wider_lets_nothing_more_through(
    facts: Facts, change: tuple[str, str], back: bool
) -> None:
    texts = [RICH, changed(RICH, *change)]
    digest = read_contract(RICH).digest
    old, new = (replace(read_contract(one), digest=digest) for one in (reversed(texts) if back else texts))
    from trimtab.vocabulary.contract.compare.changes import changes

    if all(one.direction == "narrower" for one in changes(old, new)):
        assert ease(before(facts, new)) >= ease(before(facts, old))


def test_a_contract_is_described() -> None:
    text = describe(narrow(read_contract(RICH), parse_overlay("no_egress")))
    assert (
        "pay: acts for good; to from user, look.iban; amount at most 500; needs 2 yes of finance when args.amount > 100; at most 2 calls and 600 amount a session; at most 1000 amount a day"
        in text
    )
    assert "post: switched off by no_egress" in text
    assert "log: writes, the same however often; mode observe" in text


def test_an_example_can_be_replayed() -> None:
    comparison = after("max: 500", "max: 501")
    new = read_contract(changed(RICH, "max: 500", "max: 501"))
    assert decide(new, "pre_tool_call", comparison.examples[0].facts).verdict != "deny"
