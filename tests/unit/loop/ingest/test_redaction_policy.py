"""What stands in place of a secret, whole values, JSON values, and bodies that must not change."""

import json

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from trimtab.loop.ingest.redaction import RedactionPolicy, Redactor
from trimtab.vocabulary.kernel import Invalid

KEY = b"0123456789abcdef0123456789abcdef"
MAIL = "jane.doe@example.com"
REDACTOR = Redactor(RedactionPolicy())


def traces(**attributes: AnyValue | str) -> ExportTraceServiceRequest:
    """One span with these attributes; `__` stands for a dot."""
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(name="chat")
    for name, value in attributes.items():
        kept = value if isinstance(value, AnyValue) else AnyValue(string_value=value)
        span.attributes.add(key=name.replace("__", ".")).value.CopyFrom(kept)
    return request


def redacted(request: ExportTraceServiceRequest, redactor: Redactor = REDACTOR) -> dict[str, str]:
    """The string attributes after redaction."""
    out = ExportTraceServiceRequest.FromString(
        redactor.redact_body("traces", request.SerializeToString()).body
    )
    pairs = out.resource_spans[0].scope_spans[0].spans[0].attributes
    return {pair.key: pair.value.string_value for pair in pairs}


def test_modes() -> None:
    def said(mode: str, text: str = MAIL, key: bytes = KEY) -> str:
        return Redactor(RedactionPolicy(mode=mode, key=key)).redact_text(text)[0]  # type: ignore[arg-type]

    assert said("mask") == "[redacted:email]"
    assert said("drop", f"to {MAIL}.") == "to ."
    assert said("hash").startswith("[email:hmac:")
    assert said("tokenise").startswith("tok_email_")
    for mode in ("hash", "tokenise"):
        assert said(mode) == said(mode) != said(mode, "other@example.com")
        assert said(mode) != said(mode, key=KEY[::-1])
        assert said(mode, said(mode)) == said(mode)


def test_keyed_modes_need_a_key() -> None:
    with pytest.raises(Invalid, match="key"):
        RedactionPolicy(mode="hash")
    with pytest.raises(Invalid, match="key"):
        RedactionPolicy(structured_attributes={"a": "tokenise"})
    assert "0123" not in repr(RedactionPolicy(key=KEY))


def test_a_clean_body_is_the_same_object() -> None:
    body = traces(input__value="nothing to see").SerializeToString()
    assert REDACTOR.redact_body("traces", body).body is body
    suspicious = traces(input__value='{"a": "\\u0041 b", "password": null}').SerializeToString()
    assert REDACTOR.redact_body("traces", suspicious).body is suspicious


def test_disabled_changes_nothing() -> None:
    request = traces(input__value=MAIL)
    off = Redactor(RedactionPolicy(enabled=False))
    assert off.redact_body("traces", request.SerializeToString()).body == request.SerializeToString()
    assert off.redact_text(MAIL) == (MAIL, {})


def test_structured_attributes_lose_their_whole_value() -> None:
    redactor = Redactor(RedactionPolicy(structured_attributes={"Customer.Name": "hash"}, key=KEY))
    out = redacted(traces(User__Email="jane", customer__name="Jane Doe", agent="a"), redactor)
    assert out["User.Email"] == "[redacted:attribute]"
    assert out["customer.name"].startswith("[attribute:hmac:")
    assert out["agent"] == "a"


def test_two_users_stay_two_whatever_stands_in_their_place() -> None:
    for mode in ("mask", "drop", "hash", "tokenise"):
        redactor = Redactor(RedactionPolicy(mode=mode, key=KEY))
        ann, bob = (
            redacted(
                traces(user__id=f"{name}@example.com", session__id=f"chat of {name}@example.com"), redactor
            )
            for name in ("ann", "bob")
        )
        assert len({ann["user.id"], bob["user.id"]}) == len({ann["session.id"], bob["session.id"]}) == 2, mode
        assert not any("example.com" in value for value in (*ann.values(), *bob.values()))
        assert ann["user.id"] == redactor.redact_identity("ann@example.com")
        assert redactor.redact_identity(ann["user.id"]) == ann["user.id"]
        assert redactor.redact_identity("customer 17") == "customer 17"
    whole = Redactor(RedactionPolicy(structured_attributes={"user.id": "mask"}, key=KEY))
    assert redacted(traces(user__id="ann@example.com"), whole)["user.id"] == "[redacted:attribute]"


def test_sensitive_keys_lose_numbers_and_bytes_but_token_counts_stay() -> None:
    out = redacted(
        traces(
            db__password=AnyValue(int_value=12345678),
            apiKey=AnyValue(bytes_value=b"\xff\x00"),
            gen_ai__usage__input_tokens="12",
            llm__token_count="7",
        )
    )
    assert out == {
        "db.password": "[redacted:sensitive_key]",
        "apiKey": "[redacted:sensitive_key]",
        "gen_ai.usage.input_tokens": "12",
        "llm.token_count": "7",
    }


def test_json_stays_json() -> None:
    text = json.dumps(
        {"a": f"hi\n{MAIL}", "n": 4111111111111111, "b": json.dumps({"password": 'x"y\\z'})}, indent=1
    )
    out = json.loads(redacted(traces(input__value=text))["input.value"])
    assert out["a"] == "hi\n[redacted:email]"
    assert out["n"] == "[redacted:credit_card]"
    assert json.loads(out["b"]) == {"password": "[redacted:sensitive_key]"}


def test_a_tool_schema_keeps_its_types() -> None:
    schema = {"properties": {"password": {"type": "string", "description": "the user's"}}}
    assert REDACTOR.redact_json(schema)[0] is schema


def test_json_values_keys_and_identity() -> None:
    clean = {"id": "f1", "value": 0.5, "list": [1, None, True]}
    assert REDACTOR.redact_json(clean)[0] is clean
    value, hits = REDACTOR.redact_json([{MAIL: 1, "note": f"ask {MAIL}", "ssn": 123456789}])
    assert value == [
        {"[redacted:email]": 1, "note": "ask [redacted:email]", "ssn": "[redacted:sensitive_key]"}
    ]
    assert hits == {"email": 2, "sensitive_key": 1}


def test_depth_is_bounded() -> None:
    deep: object = MAIL
    for _ in range(900):
        deep = [deep]
    assert MAIL not in json.dumps(REDACTOR.redact_json(deep)[0])
    text = "[" * 900 + '"jane.doe\\u0040example.com"' + "]" * 900
    assert "jane" not in REDACTOR.redact_text(text)[0]


def test_ids_and_unknown_fields() -> None:
    request = traces(input__value="fine")
    unknown = b"\xfa\x3e" + bytes([len(MAIL)]) + MAIL.encode()
    out = REDACTOR.redact_body("traces", request.SerializeToString() + unknown)
    assert out.body == request.SerializeToString()


def test_a_message_of_another_signal_is_refused() -> None:
    with pytest.raises(TypeError):
        REDACTOR.redact_message("traces", ExportLogsServiceRequest())


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "unit",
    [
        "sk-aaaa-",
        "-----BEGIN PRIVATE KEY-----",
        "4111 ",
        "4",
        "a@",
        "password=",
        "\\u005c",
        '{"a":',
        "a://b:",
        "DE89 ",
        "eyJaaaaaaaa.",
    ],
)
def test_a_hostile_text_costs_no_more_than_its_length(unit: str) -> None:
    REDACTOR.redact_text(unit * (300_000 // len(unit)))
