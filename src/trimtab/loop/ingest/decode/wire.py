"""How an attribute lies on the wire, so that most need not be opened.

What protobuf's own writer makes of a message is its one canonical form: fields in order, lengths as short as they can be.
https://protobuf.dev/programming-guides/encoding/
"""

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from trimtab.loop.ingest.decode.values import plain

KEY_TAG, TEXT_TAG = 0x0A, 0x0A
SHORT = 127
"""A length of one byte."""


def key_of(raw: bytes) -> bytes:
    """The key of a serialised attribute, where it comes first and is short; else nothing."""
    return raw[2 : 2 + raw[1]] if len(raw) > 2 and raw[0] == KEY_TAG and raw[1] <= SHORT else b""


def opened(raw: bytes) -> tuple[bool, object]:
    """Whether a serialised attribute is in its canonical form, and its value; (False, None) where it is no attribute."""
    try:
        pair = KeyValue.FromString(raw)
    except DecodeError:
        return False, None
    return pair.SerializeToString() == raw, pair.value.string_value or plain(pair.value)


def text_behind(raw: bytes, at: int) -> object:
    """The value of a serialised attribute in its canonical form, which is text as a rule; its length stands at `at`."""
    while raw[at] > SHORT:
        at += 1
    at += 1
    if raw[at] != TEXT_TAG:
        return opened(raw)[1]
    at += 1
    while raw[at] > SHORT:
        at += 1
    return raw[at + 1 :].decode()
