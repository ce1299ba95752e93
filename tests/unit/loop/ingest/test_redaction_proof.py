"""The quick look and the full scan agree, however a secret is placed or escaped."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

from trimtab.loop.ingest.redaction import RedactionPolicy, Redactor, rule_book
from trimtab.vocabulary.redaction.rules import Example
from trimtab.vocabulary.redaction.shadow import shadow

REDACTOR = Redactor(RedactionPolicy(disabled_rules=frozenset()))
EXAMPLES = [example for rule in rule_book().rules for example in rule.positive]
GLUE = st.sampled_from(["", " ", "\n", "é ", "日本 ", '"', " '", "\t", "(", ": "])
FILL = st.text(alphabet="xyz \n\"'é", max_size=140)


def unicode_escaped(text: str, every: int) -> str:
    """Return a JSON string in which every n-th character is a unicode escape."""
    shown = [
        f"\\u{ord(c):04X}" if n % every == 0 and ord(c) < 0xD800 else json.dumps(c)[1:-1]
        for n, c in enumerate(text)
    ]
    return '"' + "".join(shown) + '"'


DISGUISES = {
    "plain": lambda t: t,
    "json once": lambda t: json.dumps({"a": [t]}),
    "json twice": lambda t: json.dumps({"a": json.dumps({"b": t})}),
    "json thrice": lambda t: json.dumps([json.dumps({"a": json.dumps({"b": t})})]),
    "unicode": lambda t: '{"a": ' + unicode_escaped(t, 1) + "}",
    "unicode, some": lambda t: '{"a": ' + unicode_escaped(t, 3) + "}",
    "unicode in json": lambda t: json.dumps({"x": '{"a": ' + unicode_escaped(t, 2) + "}"}),
    "slashes": lambda t: json.dumps({"a": t}).replace("/", "\\/"),
    "cut off": lambda t: json.dumps({"a": json.dumps({"b": t})})[:-3],
    "cut off unicode": lambda t: '{"a": ' + unicode_escaped(t, 2)[:-1],
    "not json": lambda t: "result: " + json.dumps({"a": json.dumps(t)}),
    "given twice": lambda t: '{"a": ' + unicode_escaped(t, 1) + ', "a": 1}',
    "key": lambda t: json.dumps({t: json.dumps({t: 1})}),
}


def placed(text: str, where: str) -> AnyValue:
    """Put a text into an AnyValue."""
    if where == "bytes":
        return AnyValue(bytes_value=text.encode())
    if where == "latin":
        return AnyValue(bytes_value=b"\xff\xfe " + text.encode() + b" \xff")
    plain = AnyValue(string_value=text)
    if where == "array":
        return AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=1), plain]))
    if where == "kvlist":
        return AnyValue(kvlist_value=KeyValueList(values=[KeyValue(key="k", value=plain)]))
    return plain


WHERE = st.sampled_from(["plain", "bytes", "latin", "array", "kvlist"])
TREE = st.recursive(WHERE, lambda inner: st.tuples(st.sampled_from(["array", "kvlist"]), inner), max_leaves=3)


def build(text: str, tree: object) -> AnyValue:
    """Nest a text as the tree says."""
    if isinstance(tree, str):
        return placed(text, tree)
    kind, inner = tree
    value = build(text, inner)
    if kind == "array":
        return AnyValue(array_value=ArrayValue(values=[value]))
    return AnyValue(kvlist_value=KeyValueList(values=[KeyValue(key="k", value=value)]))


def leaves(value: object) -> list[str]:
    """All strings of a JSON value, and of the JSON inside them."""
    if isinstance(value, str):
        found = [value]
        try:
            inner = json.loads(value)
        except ValueError:
            return found
        return found + leaves(inner)
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in leaves(key) + leaves(item)]
    return []


def texts_of(value: AnyValue) -> list[str]:
    """Every text of an AnyValue."""
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return [value.string_value]
    if kind == "bytes_value":
        return [value.bytes_value.decode("utf-8", "replace")]
    if kind == "array_value":
        return [t for item in value.array_value.values for t in texts_of(item)]
    if kind == "kvlist_value":
        return [t for pair in value.kvlist_value.values for t in [pair.key, *texts_of(pair.value)]]
    return []


def assert_gone(secret: str, texts: list[str]) -> None:
    """No text says the secret, raw or unescaped."""
    for text in texts:
        for said in [text, shadow(text), *leaves(text)]:
            assert secret not in said


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(EXAMPLES), st.sampled_from(sorted(DISGUISES)), TREE, GLUE, GLUE, FILL)
def test_no_secret_survives_in_a_log_body(
    example: Example, disguise: str, tree: object, before: str, after: str, fill: str
) -> None:
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add()
    text = DISGUISES[disguise](f"{fill}{before or ' '}{example.text}{after or ' '}")
    record.body.CopyFrom(build(text, tree))
    out = ExportLogsServiceRequest.FromString(REDACTOR.redact_body("logs", request.SerializeToString()).body)
    body = out.resource_logs[0].scope_logs[0].log_records[0].body
    assert_gone(example.secret, texts_of(body))
    # The full scan looks at each text without the quick look: it must find neither more nor less.
    # Bytes that are no UTF-8 are compared by `assert_gone` alone: this test reads them with replacement characters.
    for now, whole in zip(texts_of(body), texts_of(record.body), strict=True):
        assert "\ufffd" in whole or now == REDACTOR.redact_text(whole)[0]


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(EXAMPLES), st.sampled_from(sorted(DISGUISES)), TREE, st.integers(0, 200))
def test_body_and_message_agree(example: Example, disguise: str, tree: object, padding: int) -> None:
    # The padding moves the length byte before the string over every word character.
    request = ExportTraceServiceRequest()
    span = (
        request.resource_spans.add()
        .scope_spans.add()
        .spans.add(name="chat", trace_id=b"A" * 16, span_id=b"7" * 8)
    )
    span.attributes.add(key="input.value").value.CopyFrom(
        build(DISGUISES[disguise](example.text + " " * padding), tree)
    )
    body = request.SerializeToString()
    quick = REDACTOR.redact_body("traces", body)
    assert REDACTOR.redact_message("traces", request) == sum(quick.hits.values())
    assert ExportTraceServiceRequest.FromString(quick.body) == request


def fill_every_text(message: object, secret: str) -> None:
    """Put a secret into every string that the schema knows, ids excepted."""
    for field in message.DESCRIPTOR.fields:  # type: ignore[attr-defined]
        if field.full_name.startswith("opentelemetry.proto.common.v1.AnyValue"):
            if field.name == "string_value":
                message.string_value = secret  # type: ignore[attr-defined]
        elif field.message_type is not None:
            inner = getattr(message, field.name)
            fill_every_text(inner.add() if field.is_repeated else inner, secret)
        elif field.type == field.TYPE_STRING:
            if field.is_repeated:
                getattr(message, field.name).append(secret)
            else:
                setattr(message, field.name, secret)


def test_every_field_of_every_signal_is_walked() -> None:
    for signal, kind in (
        ("traces", ExportTraceServiceRequest),
        ("logs", ExportLogsServiceRequest),
        ("metrics", ExportMetricsServiceRequest),
    ):
        request = kind()
        fill_every_text(request, "jane.doe@example.com")
        out = REDACTOR.redact_body(signal, request.SerializeToString())
        assert b"jane.doe" not in out.body
        assert out.body.count(b"[redacted:email]") == out.hits["email"] > 5
