"""How an attribute lies on the wire, so that most need not be opened.

A field is a tag and, where it is text or a message, a length and the content. What protobuf's own writer makes of a
message is its one canonical form: fields in order, lengths as short as they can be.
https://protobuf.dev/programming-guides/encoding/
"""

from functools import lru_cache

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from trimtab.loop.ingest.decode.values import plain

KEY_TAG, VALUE_TAG, TEXT_TAG = 0x0A, b"\x12", b"\x0a"
DOUBLE = b"\x12\x09\x21"
"""A value of nine bytes: the tag of a double, which is not shown here, has no other length."""
SHORT = 127
"""A length of one byte."""


def varint(value: int) -> bytes:
    """Protobuf's variable-length integer."""
    found = bytearray()
    while value > SHORT:
        found.append(value & SHORT | 128)
        value >>= 7
    found.append(value)
    return bytes(found)


@lru_cache(maxsize=1 << 16)
def text_head(size: int) -> bytes:
    """What stands before the text in a value of so many bytes that is text; a byte that stands nowhere where none fits."""
    content = content_of(size - len(VALUE_TAG))
    text = content_of(content - len(TEXT_TAG))
    return VALUE_TAG + varint(content) + TEXT_TAG + varint(text) if text >= 0 else b"\xff"


def content_of(size: int) -> int:
    """The length of a content that takes so many bytes together with its length; negative where none does."""
    return next((size - n for n in range(1, 6) if size >= n and len(varint(size - n)) == n), -1)


def key_of(raw: bytes) -> bytes:
    """The key of a serialised attribute, where it comes first and is short; else nothing."""
    return raw[2 : 2 + raw[1]] if len(raw) > 2 and raw[0] == KEY_TAG and raw[1] <= SHORT else b""


def text_in(raw: bytes, key: bytes) -> str | None:
    """The text of a serialised attribute; None where it has none, or is not in its canonical form."""
    at = 2 + len(key)
    head = text_head(len(raw) - at)
    return raw[at + len(head) :].decode() if raw.startswith(head, at) else None


def is_plain(raw: bytes, key: bytes) -> bool:
    """Whether a serialised attribute is text or a double in its canonical form: the quick look at what need not be read."""
    at = 2 + len(key)
    rest = len(raw) - at
    return raw.startswith(text_head(rest), at) or (rest == 11 and raw.startswith(DOUBLE, at))


def is_canonical(raw: bytes) -> bool:
    """Whether a serialised attribute is as protobuf's own writer would write it."""
    try:
        return opened(raw)[0]
    except DecodeError:
        return False


def opened(raw: bytes) -> tuple[bool, object]:
    """Whether a serialised attribute is in its canonical form, and its value; raises protobuf's DecodeError."""
    pair = KeyValue.FromString(raw)
    return pair.SerializeToString() == raw, pair.value.string_value or plain(pair.value)
