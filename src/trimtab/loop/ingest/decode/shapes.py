"""What is remembered of attributes by their bytes: most come again and again, and need no second look."""

from collections.abc import Sequence
from typing import Any

from trimtab.loop.ingest.decode.walk import Walked
from trimtab.loop.ingest.decode.wire import key_of, opened
from trimtab.vocabulary.trace import UNREAD, Shape, loose_value, slot, steady, use_of

MAX_ATTRIBUTES = 50_000
MAX_BYTES = 16_000_000
LARGE = 32_000
"""What is larger does not come again."""


class Values(dict[bytes, Any]):
    """What loose attributes say, by their bytes."""

    def __missing__(self, raw: bytes) -> Any:
        """What was forgotten is read again."""
        return loose_value(key_of(raw).decode(), opened(raw)[1])


class Shapes:
    """Attributes that were seen: their shapes by their marks or bytes, and the values of those that become a field each."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self.known: dict[bytes, Shape] = {}
        self.values = Values()
        self._bytes = 0

    def trim(self) -> None:
        """Forget everything when it is too much; what is in use can be read again."""
        if len(self.known) > MAX_ATTRIBUTES or self._bytes > MAX_BYTES:
            self.known.clear()
            self.values.clear()
            self._bytes = 0

    def of(self, walked: Walked, span: int) -> Sequence[Shape] | None:
        """The shapes of a span's attributes; None where the span has to be read as a whole: one is new, or oddly written."""
        first = walked.first[span]
        found = list(map(self.known.get, walked.marks[first : walked.first[span + 1]]))
        whole = True
        while None in found:
            at = found.index(None)
            raw = walked.attribute(first + at)
            shape = self.known.get(raw) or self._meet(raw, walked.marks[first + at])
            found[at] = shape or UNREAD
            whole = whole and shape is not None
        return found if whole else None  # pyright: ignore[reportReturnType] - none is None

    def _meet(self, raw: bytes, mark: bytes) -> Shape | None:
        """The shape of an attribute that is not remembered; None where it is oddly written, or the first of its steady kind."""
        try:
            key = key_of(raw).decode()
        except UnicodeDecodeError:
            return None
        use = use_of(key)
        if use in {"loose", "steady"}:
            return self._open(raw, key) if len(raw) <= LARGE else None
        # A mark that is not all of the attribute says that it is in its canonical form.
        if not key or (len(mark) == len(raw) and not opened(raw)[0]):
            return None
        shape = UNREAD if use == "unread" else slot(key)
        self._keep(mark, shape)
        return shape

    def _open(self, raw: bytes, key: str) -> Shape | None:
        canonical, value = opened(raw)
        if not canonical:
            return None
        if use_of(key) == "steady":
            self._keep(raw, steady(key))
            return None
        self.values[raw] = loose_value(key, value)
        shape = slot(key, given=self.values[raw] is not None)
        self._keep(raw, shape)
        return shape

    def _keep(self, raw: bytes, shape: Shape) -> None:
        self.known[raw] = shape
        self._bytes += len(raw)
