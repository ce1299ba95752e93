"""A contract is read in full, or refused with everything that is wrong."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.vocabulary.contract.texts import FULL, SCHEMAS, SMALL, changed, full, problems, small

from trimtab.vocabulary.contract import Contract, Rejected, compile_schema, published_schema, read_contract

HEAD = "apiVersion: trimtab/v1\nkind: AgentContract\nmetadata: {name: a}\nspec:\n"


def test_what_is_written_is_read() -> None:
    contract = full()
    tool = contract.tools["refund.create"]
    assert (contract.agent, contract.mode, contract.unlisted, contract.gate) == (
        "support-bot",
        "observe",
        "ask",
        "deny",
    )
    assert (tool.effect, tool.mode, tool.egress, tool.family) == ("keyed_write", "enforce", True, "payments")
    assert [str(one) for one in tool.arguments[0].vouches] == ["user", "refund.create.id"]
    assert tool.idempotency
    assert (tool.idempotency.key, tool.idempotency.ttl_s) == (
        ("order_id", "amount"),
        172_800.0,
    )
    assert tool.approval
    assert (tool.approval.quorum, tool.approval.ttl_s) == (2, 600.0)
    assert [one.kind for one in contract.tools["orders.get"].running.fallbacks] == [
        "cache",
        "tool",
        "answer",
        "human",
    ]
    assert tool.output.hidden == {("card", "number")}


def test_the_digest_is_of_the_meaning_and_not_of_the_layout() -> None:
    assert read_contract("# a comment\n" + SMALL).digest == small().digest
    assert read_contract(changed(SMALL, "max: 500", "max: 501")).digest != small().digest
    other = {"orders.json": SCHEMAS["orders.json"].replace("string", "integer")}
    assert read_contract(FULL, schemas=other).digest != full().digest


WRONG = [
    (
        "apiVersion: trimtab/v1",
        "apiVersion: trimtab/v2",
        "c.yaml:1: apiVersion is 'trimtab/v2' -> apiVersion: trimtab/v1",
    ),
    ("kind: AgentContract", "kind: Agent", "c.yaml:2: kind is 'Agent' -> kind: AgentContract"),
    ("name: support-bot", "name: Support Bot", None),
    ("effect: keyed_write", "effect: keyed", "c.yaml:15: effect is 'keyed' -> did you mean keyed_write?"),
    ("effect: read", "effects: read", "c.yaml:7: unknown field 'effects' -> did you mean effect?"),
    (
        "      idempotency: {key: [order_id]}\n",
        "",
        "c.yaml:14: refund.create is a keyed_write without a key -> idempotency: {key: [order_id]}",
    ),
    (
        "orders.get.id",
        "orders.get.ids",
        "c.yaml:22: orders.get does not vouch for ids -> output: {vouched: [ids]} in orders.get",
    ),
    (
        "orders.get.id",
        "order.get.id",
        "c.yaml:22: 'order.get.id' is no source -> did you mean orders.get.<field>?",
    ),
    ("amount: {max: 500}", "amount: {max: 500, min: 600}", "c.yaml:23: min 600 is above max 500 -> min: 0"),
    (
        "amount: {max: 500}",
        "amont: {max: 500}",
        "c.yaml:23: the input schema has no amont -> did you mean amount?",
    ),
    ("args.amount <=", "args.amout <=", "c.yaml:25: the input schema has no amout -> did you mean amount?"),
    (
        "facts.orders_get",
        "facts.order_get",
        "c.yaml:25: facts.order_get is no tool's output -> did you mean orders_get?",
    ),
    ("facts.orders_get", "result", "c.yaml:25: result is not known here -> one of args, session, facts"),
    (
        "args.amount > 200",
        "args.amount = 200",
        "c.yaml:26: character 13: '= 200' is not understood -> == compares",
    ),
    ("args.amount > 200", "session.taint", "c.yaml:26: a session has no taint -> did you mean tainted?"),
    ("{type: number}", "{type: numeric}", None),
    ("output: {vouched", "output: {vouch", "c.yaml:13: unknown field 'vouch' -> did you mean vouched?"),
    ("key: [order_id]", "key: []", None),
    ("key: [order_id]", "key: [order]", "c.yaml:24: the input schema has no order -> did you mean order_id?"),
    ("amount: {max: 500}", "amount: {max: a lot}", "c.yaml:23: max is no number -> max: 100"),
    (
        "refund.create:",
        "orders_get:",
        "c.yaml:14: orders_get and orders.get are both facts.orders_get in conditions -> another name for one of them",
    ),
    (
        "refund.create:",
        "refund create:",
        "c.yaml:14: 'refund create' is no name here -> a name such as orders.get",
    ),
    ("metadata: {name: support-bot}", "metadata: {}", "c.yaml:3: name is missing -> name: support-bot"),
]


@pytest.mark.parametrize(("old", "new", "said"), WRONG)
def test_each_violation_says_where_and_what_instead(old: str, new: str, said: str | None) -> None:
    found = problems(changed(SMALL, old, new))
    assert found
    assert said is None or said in found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "tool: orders.list",
            "tool: orders.lst",
            "there is no tool 'orders.lst' -> did you mean orders.list?",
        ),
        ("tool: orders.list", "tool: orders.get", "orders.get names itself -> another tool"),
        (
            "tool: orders.list",
            "tool: mail.send",
            "mail.send is unkeyed_write, orders.get only read -> a tool that does no more to the world",
        ),
        (
            "[{human: true}]",
            "[{cache: 1m}]",
            "refund.create is keyed_write; only reads are kept -> human: true",
        ),
        (
            "verify: {tool: orders.get",
            "verify: {tool: mail.send",
            "mail.send is unkeyed_write -> a tool with effect: read",
        ),
        (
            "arguments: {id: args.order_id}",
            "arguments: {ids: args.order_id}",
            "the input schema has no ids -> did you mean id?",
        ),
        ("minimum: 5", "minimum: 50", "minimum 50 is above the window of 30 -> minimum: 30"),
        ("most: 5s", "most: 50ms", "the first wait of 0.1 s is above the longest of 0.05 s -> most: 20s"),
        ("timeout: 10s", "timeout: 0s", "0s is no time at all -> 30s"),
        ("timeout: 10s", "timeout: 10", "timeout is no text -> timeout: 30s"),
        (
            "from: sensitive",
            "from: secret",
            "from is 'secret' -> one of untrusted, sensitive, orders.get, orders.list, mail.send, refund.cancel, refund.create",
        ),
        (
            "then: transform, replacement: hidden",
            "then: transform",
            "transform has a replacement, and nothing else has -> replacement: '...'",
        ),
        (
            "[orders.get, refund.create]",
            "[orders.gets]",
            "there is no tool 'orders.gets' -> did you mean orders.get?",
        ),
        (
            "slo: [",
            "slo: [{indicator: task_success, target: 0.9}, ",
            "'task_success' stands twice, first in line 72 -> leave one of them out",
        ),
        (
            "input: orders.json",
            "input: order.json",
            "there is no schema 'order.json' -> did you mean orders.json?",
        ),
        ("tenant: {fixed", "tenant.x: {fixed", "only a whole argument can be fixed -> tenant: {fixed: ...}"),
    ],
)
def test_what_does_not_go_together_is_said(old: str, new: str, said: str) -> None:
    found = problems(changed(FULL, old, new))
    assert said in [one.split(": ", 1)[1] for one in found]


def test_all_problems_are_said_at_once() -> None:
    text = changed(changed(SMALL, "effect: read", "effect: reads"), "args.amount > 200", "args.amount >")
    text = changed(text, "amount: {max: 500}", "amont: {max: 500}")
    assert [one.split(":")[1] for one in problems(text)] == ["7", "23", "26"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: b",
        "- 1",
        SMALL + "---\n" + SMALL,
        HEAD + "  tools: {}\n",
        HEAD + "  tools:\n",
        "kind: !!python/object:os.system x",
        HEAD + "  tools: &a {x: {effect: read, input: *a}}",
        HEAD + "  tools: {x: {effect: read}, x: {effect: read}}",
        "[" * 100,
        "a: 'x",
        HEAD + "  tools: {x: {effect: read, input: {$ref: 'https://example.com/x'}}}",
        HEAD + "  tools: {x: {effect: read, input: {pattern: '(?=a)'}}}",
    ],
)
def test_what_is_no_contract_is_refused(text: str) -> None:
    assert problems(text)


@settings(deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda one: one.decode("latin-1")))
def test_any_text_is_read_or_refused(text: str) -> None:
    for whole in (text, HEAD + text, SMALL + text):
        with suppress(Rejected):
            read_contract(whole)


@settings(deadline=None)
@given(st.data())
def test_any_value_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    document = yaml.safe_load(FULL)
    places = list(leaves(document))
    parent, key = data.draw(st.sampled_from(places))
    parent[key] = data.draw(
        st.sampled_from([None, True, -1, 1e300, "", "x", [], {}, [1], {"a": 1}, "a.b", 2**80])
    )
    problems(yaml.safe_dump(document))


def leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each place in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        yield value, key
        yield from leaves(one)


# The published schema and the reader say the same.


def properties(schema: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every field that the published schema knows, by where it stands; `*` for any name."""
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        yield from properties(published_schema()["$defs"][schema["$ref"].rsplit("/", 1)[-1]], path)
    for name, one in schema.get("properties", {}).items():
        yield (*path, name)
        yield from properties(one, (*path, name))
    yield from properties(schema.get("additionalProperties"), (*path, "*"))
    yield from properties(schema.get("items"), path)


def fields(value: Any, schema: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Every field of a document by the name it has in the schema, with where it can be left out."""
    schema = (
        {**published_schema()["$defs"][schema["$ref"].rsplit("/", 1)[-1]], **schema}
        if "$ref" in schema
        else schema
    )
    if isinstance(value, list):
        for one in value:
            yield from fields(one, schema.get("items", {}), path)
    elif isinstance(value, dict):
        for name, one in list(value.items()):
            known = schema.get("properties", {})
            other = schema.get("additionalProperties")
            if name in known or isinstance(other, dict):
                here = (*path, name if name in known else "*")
                yield here, value, name
                yield from fields(one, known.get(name, other), here)


def test_the_full_contract_uses_every_field_that_is_published() -> None:
    used = {path for path, _, _ in fields(yaml.safe_load(FULL), published_schema())}
    assert {path for path in properties(published_schema()) if path[-1] != "*"} - used == set()


def test_the_reader_reads_every_field_that_is_published() -> None:
    before = without_digest(full())
    unread: list[tuple[str, ...]] = []
    document = yaml.safe_load(FULL)
    for path, parent, name in fields(document, published_schema()):
        kept = parent.pop(name)
        text = yaml.safe_dump(document)
        if not problems(text) and without_digest(read_contract(text, schemas=SCHEMAS)) == before:
            unread.append(path)
        parent[name] = kept
    assert unread == []


def without_digest(contract: Contract) -> Contract:
    return replace(contract, digest="")


def test_the_published_schema_is_one() -> None:
    schema = compile_schema(published_schema())
    assert schema.fits(yaml.safe_load(FULL))
    assert schema.fits(yaml.safe_load(SMALL))
    assert not schema.fits({**yaml.safe_load(SMALL), "more": 1})
    assert orjson.dumps(published_schema())


def test_every_field_of_the_schema_has_an_example_or_words() -> None:
    for name, one in published_schema()["$defs"].items():
        assert "examples" in one or name == "vouch", name
