"""The door's redactor: a quick look at the raw bytes, and a rewrite of only those bodies that hit."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from trimtab.loop.ingest.decode.shell import shell_of
from trimtab.loop.ingest.redaction.model import Redacted, Signal
from trimtab.loop.ingest.redaction.walk import Texts, plan_of, readable
from trimtab.vocabulary.redaction import RedactionPolicy, TextRedactor, Whole
from trimtab.vocabulary.trace import IDENTITY_KEYS

_REQUESTS: Mapping[Signal, type[Message]] = MappingProxyType(
    {
        "traces": ExportTraceServiceRequest,
        "logs": ExportLogsServiceRequest,
        "metrics": ExportMetricsServiceRequest,
    }
)
_CLEAN_KEYS = 8192
_NOTHING: Mapping[str, int] = MappingProxyType({})


class Redactor:
    """Removes secrets and personal data by one policy; safe to share between threads."""

    def __init__(self, policy: RedactionPolicy) -> None:
        """Compile the policy's rules once; keep the redactor."""
        self._policy = policy
        self._text = TextRedactor(policy)
        # Attribute keys repeat without end; only clean ones are remembered, so no secret stays in memory.
        self._clean_keys: set[str] = set()

    def redact_body(self, signal: Signal, body: bytes) -> Redacted:
        """Redact a serialised OTLP request; the very same bytes when nothing hits. Raises protobuf's DecodeError."""
        if not self._policy.enabled or not self._text.may_hit(body):
            return Redacted(body=body, hits=_NOTHING)
        shell = shell_of(_REQUESTS[signal])
        message = shell.request.FromString(body)
        hits = self._redact(message)
        for items in shell.lists(message):
            for index, item in enumerate(items):
                if self._text.may_hit(item):
                    items[index] = self._redact_item(shell.item, item, hits)
        # A field we do not know, or one given twice, would carry its text past the walk.
        message.DiscardUnknownFields()
        rewritten = message.SerializeToString()
        if not hits and len(rewritten) >= len(body):
            return Redacted(body=body, hits=_NOTHING)
        return Redacted(body=rewritten, hits=MappingProxyType(dict(hits)))

    def _redact_item(self, kind: type[Message], item: bytes, hits: Counter[str]) -> bytes:
        message = kind.FromString(item)
        found = self._redact(message)
        message.DiscardUnknownFields()
        rewritten = message.SerializeToString()
        hits.update(found)
        return rewritten if found or len(rewritten) < len(item) else item

    def redact_message(self, signal: Signal, message: Message) -> int:
        """Redact a parsed OTLP request of `signal` in place; the number of hits. Raises TypeError for another type."""
        if not isinstance(message, _REQUESTS[signal]):
            raise TypeError(f"{type(message).__name__} is no request of {signal}")
        if not self._policy.enabled:
            return 0
        message.DiscardUnknownFields()
        return self._redact(message).total()

    def redact_text(self, text: str) -> tuple[str, Counter[str]]:
        """Redact one text, also inside JSON in JSON; the text and the hits by rule."""
        hits: Counter[str] = Counter()
        return (self._text.text(text, hits) if self._policy.enabled else text), hits

    def redact_identity(self, text: str) -> str:
        """Redact the name of a session, user or tenant: two that differ still differ, whatever the mode."""
        return self._text.identity("", text, Counter()) if self._policy.enabled else text

    def redact_json(self, value: object) -> tuple[object, Counter[str]]:
        """Redact a JSON-like value, keys too; the very same object when nothing hits."""
        hits: Counter[str] = Counter()
        return (self._text.value(value, hits) if self._policy.enabled else value), hits

    def _redact(self, message: Message) -> Counter[str]:
        hits: Counter[str] = Counter()
        texts = Texts(self._clean_keys, IDENTITY_KEYS)
        texts.collect(message, plan_of(message.DESCRIPTOR))
        if texts.texts:
            for index in self._text.suspects(texts.texts):
                before = texts.texts[index]
                after = self._text.text(before, hits)
                if after != before:
                    texts.put(index, after)
        for pair in texts.identities:
            said = pair.value.string_value or str(pair.value.int_value)
            kept = self._text.identity(pair.key, said, hits)
            if kept != said:
                pair.value.string_value = kept
        # Keys last: what a key's name asks for replaces whatever the rules left of its value.
        for pair in texts.named:
            self._redact_pair(pair, hits)
        return hits

    def _redact_pair(self, pair: KeyValue, hits: Counter[str]) -> None:
        key = pair.key
        whole = self._text.whole(key)
        redacted = self._text.text(key, hits)
        if redacted != key:
            pair.key = redacted
        if whole is not None:
            self._redact_whole(pair.value, whole, hits)
        elif redacted == key:
            if len(self._clean_keys) >= _CLEAN_KEYS:
                self._clean_keys.clear()
            self._clean_keys.add(key)

    def _redact_whole(self, value: AnyValue, whole: Whole, hits: Counter[str]) -> None:
        kind = value.WhichOneof("value")
        if kind == "array_value":
            for item in value.array_value.values:
                self._redact_whole(item, whole, hits)
        elif kind == "kvlist_value":
            for pair in value.kvlist_value.values:
                self._redact_whole(pair.value, whole, hits)
        elif kind == "string_value":
            value.string_value = self._text.replace(value.string_value, whole, hits)
        elif kind == "int_value":
            value.string_value = self._text.replace(str(value.int_value), whole, hits)
        elif kind == "double_value":
            value.string_value = self._text.replace(str(value.double_value), whole, hits)
        elif kind == "bytes_value":
            value.string_value = self._text.replace(readable(value.bytes_value)[0], whole, hits)
