"""Many directives, one set of orders: the written rule as a table, and as what is always true."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.vocabulary.contract.texts import full, small

from trimtab.vocabulary.contract import Contract, Facts, decide
from trimtab.vocabulary.control import LEVELS, Directive, Document, Owner, compose, read_what, under
from trimtab.vocabulary.kernel import Invalid

T0, HOUR = 1_700_000_000_000_000_000, 3_600_000_000_000
NARROW = (
    "read_only",
    "no_irreversible",
    "no_egress",
    "ask_writes",
    "enforce",
    "tool_off:orders.get",
    "tool_off:refund.create",
    "family_off:payments",
    *(f"autonomy:{one}" for one in LEVELS),
)
WIDEN = ("observe", "unasked:refund.create", "unasked:mail.send")
CHOOSE = ("bundle:b1", "bundle:b2", "model:m1", "split:new=10,old=90", "split:new=50,old=50")
SEVERITY = {"allow": 0, "transform": 1, "warn": 1, "ask": 2, "deny": 3}


def wish(what: str, **more: Any) -> Directive:
    said: dict[str, Any] = {
        "id": what,
        "owner": "person",
        "who": "ann",
        "reason": "refunds are wrong",
        "from_ns": T0,
        "until_ns": T0 + HOUR,
        "made_ns": T0,
    }
    return Directive(what=what, **(said | more))


def holds(*directives: Directive, now_ns: int = T0) -> list[str]:
    return [one.what for one in compose(directives, "support-bot", "prod", now_ns)]


@pytest.mark.parametrize(
    ("wishes", "held"),
    [
        (["read_only", "tool_off:a"], ["read_only", "tool_off:a"]),
        (["autonomy:supervised", "autonomy:reading"], ["autonomy:reading"]),
        (["autonomy:supervised", "autonomy:careful"], ["autonomy:careful"]),
        (["observe"], ["observe"]),
        (["observe", "enforce"], ["enforce"]),
        (["observe", "tool_off:a"], ["tool_off:a"]),
        (["unasked:a", "tool_off:a"], ["tool_off:a"]),
        (["unasked:a", "tool_off:b"], ["tool_off:b", "unasked:a"]),
        (["unasked:a", "ask_writes"], ["ask_writes"]),
        (["unasked:a", "autonomy:supervised"], ["autonomy:supervised"]),
        (["bundle:x", "model:y"], ["bundle:x", "model:y"]),
    ],
)
def test_the_rule_as_a_table(wishes: list[str], held: list[str]) -> None:
    assert holds(*(wish(one) for one in wishes)) == held


@pytest.mark.parametrize(
    ("first", "second", "held"),
    [
        ({"owner": "release"}, {"owner": "person", "from_ns": T0 + 5}, "bundle:x"),
        ({"owner": "release"}, {"owner": "mitigation", "from_ns": T0 + 5}, "bundle:x"),
        ({"owner": "mitigation"}, {"owner": "person", "from_ns": T0 + 5}, "bundle:x"),
        ({}, {"from_ns": T0 + 5}, "bundle:y"),
        ({"id": "b"}, {"id": "a"}, "bundle:x"),
    ],
)
def test_who_chooses_what_runs(first: dict[str, Any], second: dict[str, Any], held: str) -> None:
    assert holds(wish("bundle:x", **first), wish("bundle:y", **second), now_ns=T0 + 10) == [held]


def test_a_directive_holds_where_and_while_it_says_so() -> None:
    one = wish("read_only", agent="support-*", environment="prod")
    assert compose([one], "support-bot", "prod", T0)
    assert not compose([one], "sales-bot", "prod", T0)
    assert not compose([one], "support-bot", "", T0)
    assert not compose([one], "support-bot", "prod", T0 - 1)
    assert not compose([one], "support-bot", "prod", T0 + HOUR)
    assert not compose([replace(one, undone_ns=T0)], "support-bot", "prod", T0)


def test_equal_wishes_are_one_order_that_holds_as_long_as_the_longest() -> None:
    (found,) = compose(
        [wish("read_only", id="a"), wish("read_only", id="b", until_ns=T0 + 2 * HOUR, reason="still")],
        "support-bot",
        "prod",
        T0,
    )
    assert (found.ids, found.until_ns, found.reason) == (("a", "b"), T0 + 2 * HOUR, "still")


@pytest.mark.parametrize(
    "text",
    ["", "readonly", "autonomy:full", "observe:x", "unasked:", "bundle", "split:a=50", "split:a=50,a=50"],
)
def test_what_is_no_directive_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_what(text)


@pytest.mark.parametrize(
    "more", [{"reason": " "}, {"until_ns": T0}, {"until_ns": T0 + 2161 * HOUR}, {"who": ""}]
)
def test_without_a_reason_an_end_or_a_name_it_is_none(more: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        wish("read_only", **more)


def directives(whats: tuple[str, ...]) -> st.SearchStrategy[Directive]:
    owners: tuple[Owner, ...] = ("person", "budget", "mitigation", "release")
    return st.builds(
        wish,
        st.sampled_from(whats),
        id=st.text("abc", min_size=1, max_size=4),
        owner=st.sampled_from(owners),
        from_ns=st.integers(T0 - 2, T0 + 2),
        agent=st.sampled_from(["*", "support-*", "sales-*"]),
    )


def by_id(found: list[Directive]) -> list[Directive]:
    return list({one.id: one for one in found}.values())


many = st.lists(directives((*NARROW, *WIDEN, *CHOOSE)), max_size=8).map(by_id)


@given(many, st.randoms(use_true_random=False))
def test_the_order_makes_no_difference_and_neither_does_saying_it_twice(
    found: list[Directive], dice: Any
) -> None:
    orders = compose(found, "support-bot", "prod", T0)
    other = [*found, *found]
    dice.shuffle(other)
    assert compose(other, "support-bot", "prod", T0) == orders


CALLS = (
    Facts(tool="orders.get", args={"id": "1"}),
    Facts(tool="refund.create", args={"order_id": "1", "amount": 5}),
    Facts(tool="refund.create", args={"order_id": "1", "amount": 300}),
    Facts(tool="mail.send", args={}),
    Facts(tool="other", args={}),
)


def severities(contract: Contract, found: list[Directive]) -> list[int]:
    orders = compose(found, "support-bot", "prod", T0)
    document = Document(
        project="p", agent="support-bot", environment="prod", version=1, issued_ns=T0, orders=orders
    )
    now = under(contract, document, T0)
    return [SEVERITY[decide(now, "pre_tool_call", one).verdict] for one in CALLS]


@given(many, directives(NARROW), st.sampled_from([small(), full()]))
def test_one_that_narrows_never_allows_more(
    found: list[Directive], more: Directive, contract: Contract
) -> None:
    before, after = severities(contract, found), severities(contract, [*found, replace(more, id="added")])
    assert all(new >= old for old, new in zip(before, after, strict=True))


@given(st.lists(directives((*NARROW, *CHOOSE)), max_size=6).map(by_id), st.sampled_from([small(), full()]))
def test_without_one_that_widens_nothing_is_freer_than_the_contract(
    found: list[Directive], contract: Contract
) -> None:
    bare, now = severities(contract, []), severities(contract, found)
    assert all(new >= old for old, new in zip(bare, now, strict=True))
