"""Every text of an OTLP message, found by its descriptors, so that a new field cannot be forgotten."""

from collections.abc import MutableSequence, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

_KEY_VALUE: Descriptor = KeyValue.DESCRIPTOR
_ANY_VALUE: Descriptor = AnyValue.DESCRIPTOR
_SMALLEST_CARD = 10**12
_IDS = frozenset({"trace_id", "span_id", "parent_span_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The fields of one message type that hold texts, by how they are reached."""

    texts: tuple[str, ...]
    lists: tuple[str, ...]
    attributes: tuple[str, ...]
    values: tuple[str, ...]
    singles: "tuple[tuple[str, Plan], ...]"
    repeated: "tuple[tuple[str, Plan], ...]"


@lru_cache(maxsize=64)
def plan_of(descriptor: Descriptor) -> Plan:
    """Work out once what to visit in a message type."""
    texts: list[str] = []
    lists: list[str] = []
    attributes: list[str] = []
    values: list[str] = []
    singles: list[tuple[str, Plan]] = []
    repeated: list[tuple[str, Plan]] = []
    for field in descriptor.fields:
        inner = field.message_type
        if inner is None:
            if field.type == FieldDescriptor.TYPE_STRING and field.name not in _IDS:
                (lists if field.is_repeated else texts).append(field.name)
        elif inner.full_name == _KEY_VALUE.full_name:
            attributes.append(field.name)
        elif inner.full_name == _ANY_VALUE.full_name:
            values.append(field.name)
        elif _holds_text(plan := plan_of(inner)):
            (repeated if field.is_repeated else singles).append((field.name, plan))
    return Plan(
        texts=tuple(texts),
        lists=tuple(lists),
        attributes=tuple(attributes),
        values=tuple(values),
        singles=tuple(singles),
        repeated=tuple(repeated),
    )


def _holds_text(plan: Plan) -> bool:
    return any((plan.texts, plan.lists, plan.attributes, plan.values, plan.singles, plan.repeated))


class Texts:
    """The texts of one message side by side, each with the place it came from."""

    __slots__ = ("clean_keys", "codecs", "fields", "identities", "identity_keys", "named", "owners", "texts")

    def __init__(self, clean_keys: AbstractSet[str], identity_keys: AbstractSet[str]) -> None:
        """Start with none; pairs whose key is in `clean_keys` need no judgement, those in `identity_keys` one of their own."""
        self.clean_keys, self.identity_keys = clean_keys, identity_keys
        self.identities: list[KeyValue] = []
        self.texts: list[str] = []
        self.owners: list[object] = []
        self.fields: list[str | int] = []
        self.codecs: dict[int, str] = {}
        self.named: list[KeyValue] = []

    def collect(self, message: Message, plan: Plan) -> None:
        """Take every text of the message; pairs whose keys are still to be judged go to `named`."""
        self._own(message, plan)
        for name, inner in plan.singles:
            if message.HasField(name):
                self.collect(cast(Message, getattr(message, name)), inner)
        for name, inner in plan.repeated:
            for item in cast("Sequence[Message]", getattr(message, name)):
                self.collect(item, inner)

    def _own(self, message: Message, plan: Plan) -> None:
        for name in plan.texts:
            text = cast(str, getattr(message, name))
            if text:
                self._add(text, message, name)
        for name in plan.lists:
            items = cast("Sequence[str]", getattr(message, name))
            for index, text in enumerate(items):
                self._add(text, items, index)
        for name in plan.attributes:
            self.attributes(cast("Sequence[KeyValue]", getattr(message, name)))
        for name in plan.values:
            if message.HasField(name):
                self.value(cast(AnyValue, getattr(message, name)))

    def attributes(self, pairs: Sequence[KeyValue]) -> None:
        """Take the values now; the keys not known to be clean are judged later."""
        clean, texts, owners, fields = self.clean_keys, self.texts, self.owners, self.fields
        for pair in pairs:
            if (key := pair.key) not in clean:
                self.named.append(pair)
            value = pair.value
            text = value.string_value
            if text and key in self.identity_keys:
                self.identities.append(pair)
            elif text:
                texts.append(text)
                owners.append(value)
                fields.append("string_value")
            elif value.int_value and key in self.identity_keys:
                self.identities.append(pair)
            else:
                self.value(value)

    def value(self, value: AnyValue) -> None:
        """Take what an AnyValue holds, at any depth."""
        kind = value.WhichOneof("value")
        if kind == "string_value":
            self._add(value.string_value, value, "string_value")
        elif kind == "array_value":
            for item in value.array_value.values:
                self.value(item)
        elif kind == "kvlist_value":
            self.attributes(value.kvlist_value.values)
        elif kind == "int_value":
            if value.int_value >= _SMALLEST_CARD:
                self._add(str(value.int_value), value, "string_value")
        elif kind == "bytes_value":
            text, codec = readable(value.bytes_value)
            self.codecs[len(self.texts)] = codec
            self._add(text, value, "bytes_value")

    def put(self, index: int, text: str) -> None:
        """Write a text back where it came from."""
        owner, field = self.owners[index], self.fields[index]
        if isinstance(field, int):
            cast("MutableSequence[str]", owner)[field] = text
        elif field == "bytes_value":
            setattr(owner, field, text.encode(self.codecs[index], "replace"))
        else:
            setattr(owner, field, text)

    def _add(self, text: str, owner: object, field: str | int) -> None:
        self.texts.append(text)
        self.owners.append(owner)
        self.fields.append(field)


def readable(data: bytes) -> tuple[str, str]:
    """Read bytes as text, one character per byte if they are not UTF-8, and say which."""
    try:
        return data.decode(), "utf-8"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"
