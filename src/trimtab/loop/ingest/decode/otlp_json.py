"""OTLP/JSON as protobuf: identifiers are hex there, which protobuf's own JSON would read as base64."""

import base64
from typing import Any, cast

import orjson
from google.protobuf import json_format

from trimtab.loop.ingest.decode.messages import REQUESTS
from trimtab.vocabulary.kernel import Invalid

IDS = frozenset({"traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id"})
MAX_DEPTH = 90
WORDS = {
    "traces": ("resourceSpans", "resource_spans"),
    "logs": ("resourceLogs", "resource_logs"),
    "metrics": ("resourceMetrics", "resource_metrics"),
}
"""What an export request is made of, by signal."""


def from_json(signal: str, body: bytes) -> bytes:
    """OTLP/JSON as serialised protobuf; unknown fields are ignored; raises `Invalid`."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Invalid(
            f"the body is not JSON: {error}", hint="send OTLP/JSON", code="otlp_malformed"
        ) from error
    if not isinstance(document, dict):
        raise Invalid("OTLP/JSON is an object", hint='{"resourceSpans": [...]}', code="otlp_malformed")
    check_words(signal, cast("dict[str, Any]", document))
    fix_ids(cast("object", document))
    try:
        message = json_format.ParseDict(
            cast("dict[str, Any]", document),
            REQUESTS[signal](),
            ignore_unknown_fields=True,
            max_recursion_depth=MAX_DEPTH,
        )
    except (json_format.ParseError, ValueError, TypeError, AttributeError, RecursionError) as error:
        text = f"the body is not an OTLP {signal} request: {error}"
        raise Invalid(
            text[:500], hint="see opentelemetry.io/docs/specs/otlp", code="otlp_malformed"
        ) from error
    return message.SerializeToString()


def check_words(signal: str, document: dict[str, Any]) -> None:
    """Refuse a document of which nothing would be kept: another signal's, or nobody's."""
    if not document or any(word in document for word in WORDS[signal]):
        return
    other = next((name for name, words in WORDS.items() if any(word in document for word in words)), "")
    raise Invalid(
        f"the body has no {WORDS[signal][0]}, but {', '.join(map(repr, list(document)[:3]))[:100]}",
        hint=f"send it to /v1/{other}" if other else "see opentelemetry.io/docs/specs/otlp",
        code="otlp_malformed",
    )


def fix_ids(document: object) -> None:
    """Turn hex identifiers into base64, wherever they stand; without recursion, for input nests as it likes."""
    stack: list[tuple[object, int]] = [(document, 0)]
    while stack:
        value, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise Invalid(
                f"nested more than {MAX_DEPTH} levels deep", hint="flatten it", code="otlp_malformed"
            )
        if isinstance(value, list):
            stack += [(item, depth + 1) for item in cast("list[object]", value)]
        elif isinstance(value, dict):
            found = cast("dict[str, object]", value)
            for key, item in found.items():
                if key in IDS and isinstance(item, str):
                    found[key] = base64.b64encode(hex_id(key, item)).decode()
                elif isinstance(item, dict | list):
                    stack.append((cast("object", item), depth + 1))


def hex_id(key: str, text: str) -> bytes:
    """The bytes of a hex identifier."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise Invalid(
            f"{key} {text[:40]!r} is not hex",
            hint="OTLP/JSON writes identifiers in hex",
            code="otlp_malformed",
        ) from error
