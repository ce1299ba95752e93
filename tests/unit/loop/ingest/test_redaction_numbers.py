"""A card number that comes as a number is masked as its text is, and nothing else that is a number."""

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

from trimtab.loop.ingest import Limits
from trimtab.loop.ingest.prepare import prepare
from trimtab.loop.ingest.redaction import RedactionPolicy, Redactor
from trimtab.vocabulary.redaction.text import TextRedactor

POLICY = RedactionPolicy(mode="mask", key=b"k" * 32)
REDACTOR = Redactor(POLICY)
CARD = 4111111111111111
MASK = "[redacted:credit_card]"


def checked(digits: str) -> int:
    """Digits with the last one that the Luhn sum asks for."""
    doubled = [int(d) * (2 - place % 2) for place, d in enumerate(reversed(digits))]
    return int(digits + str(-sum(d - 9 * (d > 9) for d in doubled) % 10))


CARDS = st.builds(
    lambda start, rest: checked(start + f"{rest:011d}"[: (14 if start[0] == "3" else 15) - len(start)]),
    st.sampled_from(["4111", "5105", "2223", "6011", "6500", "3528", "6212", "3782", "3411"]),
    st.integers(0, 10**11 - 1),
)
NUMBERS = CARDS | st.integers(-(2**63), 2**63 - 1) | st.integers(10**12, 10**17)


def placed(number: int, where: str) -> AnyValue:
    """Put a number into an AnyValue."""
    plain = AnyValue(int_value=number)
    if where == "array":
        return AnyValue(array_value=ArrayValue(values=[AnyValue(string_value="x"), plain]))
    if where == "kvlist":
        return AnyValue(kvlist_value=KeyValueList(values=[KeyValue(key="k", value=placed(number, "array"))]))
    return plain


def request_of(value: AnyValue, key: str = "order.paid_with") -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(name="tool", trace_id=b"A" * 16)
    span.attributes.add(key=key).value.CopyFrom(value)
    return request


def value_of(body: bytes) -> AnyValue:
    found = ExportTraceServiceRequest.FromString(body)
    return found.resource_spans[0].scope_spans[0].spans[0].attributes[0].value


@settings(max_examples=800, deadline=None)
@given(NUMBERS, st.sampled_from(["plain", "array", "kvlist"]))
def test_quick_look_and_full_scan_agree_on_numbers(number: int, where: str) -> None:
    request = request_of(placed(number, where))
    body = request.SerializeToString()
    quick = REDACTOR.redact_body("traces", body)
    assert REDACTOR.redact_message("traces", request) == sum(quick.hits.values())
    assert ExportTraceServiceRequest.FromString(quick.body) == request
    # As its text form, and as the same number in JSON.
    cleaned, hits = REDACTOR.redact_text(str(number))
    assert quick.hits == (hits if number > 0 else Counter())
    assert REDACTOR.redact_json([number])[0] == [number if cleaned == str(number) else cleaned]


@settings(max_examples=300, deadline=None)
@given(CARDS, st.integers(0, 3), st.integers(1, 5), st.booleans())
def test_a_number_that_is_longer_than_it_need_be_is_seen(
    card: int, zeros: int, tag_bytes: int, beyond: bool
) -> None:
    groups = [card >> shift & 127 for shift in range(0, 56, 7)]
    while not groups[-1]:
        groups.pop()
    groups += [0] * min(zeros, 10 - len(groups))
    if len(groups) == 10 and beyond:
        groups[-1] = 2  # bits above the 64th are dropped by whoever reads it
    varint = bytes(group | 128 for group in groups[:-1]) + bytes(groups[-1:])
    tag = b"\x18" if tag_bytes == 1 else b"\x98" + b"\x80" * (tag_bytes - 2) + b"\x00"
    assert AnyValue.FromString(tag + varint).int_value == card
    assert TextRedactor(POLICY).may_hit(b"\x12\x0b" + tag + varint + b"\x1a")


@pytest.mark.parametrize("number", [1_712_345_678_901, 1_712_345_678_901_234_567, 4111111111111112, 200_000])
def test_times_and_counts_stay_numbers(number: int) -> None:
    body = request_of(AnyValue(int_value=number)).SerializeToString()
    assert REDACTOR.redact_body("traces", body).body is body


@pytest.mark.parametrize("number", [1_712_345_678_901, 1_712_345_678_901_234_567, 200_000])
def test_for_times_there_is_not_even_a_second_look(number: int) -> None:
    assert not TextRedactor(POLICY).may_hit(AnyValue(int_value=number).SerializeToString())


@pytest.mark.parametrize("written", [CARD, str(CARD)], ids=["number", "text"])
def test_json_is_masked_as_protobuf_is(written: object) -> None:
    attribute = {"key": "order.paid_with", "value": {"intValue": written}}
    span = {
        "traceId": "41" * 16,
        "spanId": "37" * 8,
        "name": "tool",
        "startTimeUnixNano": "1",
        "endTimeUnixNano": "2",
    }
    document = {"resourceSpans": [{"scopeSpans": [{"spans": [span | {"attributes": [attribute]}]}]}]}
    found = prepare(REDACTOR, Limits(), "traces", json.dumps(document).encode(), json=True)
    assert value_of(found.body).string_value == MASK
    assert str(CARD).encode() not in found.body


def test_sessions_that_are_named_by_such_numbers_stay_apart() -> None:
    names = []
    for number in (CARD, checked("411111111111112")):
        body = request_of(AnyValue(int_value=number), "session.id").SerializeToString()
        names.append(value_of(REDACTOR.redact_body("traces", body).body).string_value)
    assert len(set(names)) == 2
    assert all(name.startswith("[identity:hmac:") for name in names)
    kept = request_of(AnyValue(int_value=17), "session.id").SerializeToString()
    assert REDACTOR.redact_body("traces", kept).body is kept


def test_without_the_rule_numbers_stay() -> None:
    lenient = Redactor(RedactionPolicy(disabled_rules=frozenset({"credit_card"})))
    body = request_of(AnyValue(int_value=CARD)).SerializeToString()
    assert lenient.redact_body("traces", body).body is body
