"""What is remembered of attributes by their bytes: most come again and again, and need no second look."""

from collections.abc import Sequence
from typing import Any

from google.protobuf.message import DecodeError

from trimtab.loop.ingest.decode.wire import is_canonical, is_plain, key_of, opened
from trimtab.vocabulary.trace import UNREAD, Shape, loose_value, slot, steady, use_of

MAX_ATTRIBUTES = 50_000
MAX_BYTES = 16_000_000
SMALL = 64
"""What no step depends on is remembered up to this size: it comes again, or is quickly looked at."""
LARGE = 32_000
"""What is larger does not come again."""
MAX_KEYS = 10_000


class Shapes:
    """Attributes that were seen: their shapes, and the values of those that become a field each."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self.known: dict[bytes, Shape] = {}
        self.values: dict[bytes, Any] = {}
        self._slots: dict[bytes, Shape] = {}
        self._bytes = 0

    def trim(self) -> None:
        """Forget everything when it is too much; never between two looks at one span."""
        if len(self.known) > MAX_ATTRIBUTES or self._bytes > MAX_BYTES or len(self._slots) > MAX_KEYS:
            self.known.clear()
            self.values.clear()
            self._slots.clear()
            self._bytes = 0

    def of(self, attributes: Sequence[bytes]) -> list[Shape] | None:
        """The shapes of a span's attributes; None where the span has to be read as a whole: one is new, or oddly written."""
        found = list(map(self.known.get, attributes))
        if None not in found:
            return found  # pyright: ignore[reportReturnType] - none is None
        slots = self._slots.get
        for at, raw in enumerate(attributes):
            if found[at] is None:
                key = key_of(raw)
                slot = slots(key)
                # Large texts that need not be opened are most of what is not remembered.
                quick = slot is not None and not slot.opened and len(raw) > SMALL and is_plain(raw, key)
                found[at] = slot if quick else self._meet(raw, key)
        return None if None in found else found  # pyright: ignore[reportReturnType] - none is None

    def _meet(self, raw: bytes, key: bytes) -> Shape | None:
        """The shape of an attribute that is not remembered; None where it is oddly written, or the first of its steady kind."""
        shape = self._slots.get(key) or self._learn(key)
        if shape is None:
            return None
        if shape.opened:
            return self._open(raw, shape)
        if not is_plain(raw, key) and not is_canonical(raw):
            return None
        if len(raw) <= SMALL and shape.use != "text":
            self._keep(raw, shape)
        return shape

    def _learn(self, key: bytes) -> Shape | None:
        try:
            name = key.decode()
        except UnicodeDecodeError:
            return None
        if not key:
            return None
        found = UNREAD if use_of(name) == "unread" else slot(name)
        self._slots[key] = found
        return found

    def _open(self, raw: bytes, shape: Shape) -> Shape | None:
        if len(raw) > LARGE:
            return None
        try:
            canonical, value = opened(raw)
        except DecodeError:
            return None
        if not canonical:
            return None
        if shape.use == "steady":
            self._keep(raw, steady(shape.key))
            return None
        converted = loose_value(shape.key, value)
        shape = slot(shape.key, given=converted is not None)
        self.values[raw] = converted
        self._keep(raw, shape)
        return shape

    def _keep(self, raw: bytes, shape: Shape) -> None:
        self.known[raw] = shape
        self._bytes += len(raw)
