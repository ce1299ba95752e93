"""A text that comes in pieces, redacted as if it had come whole: a secret that is cut over two pieces is found."""

import re
from collections import Counter
from collections.abc import Iterator

from trimtab.vocabulary.redaction.text import TextRedactor

AHEAD = 256
"""Characters that must follow a place before the text up to it goes on: more than a secret with spaces in it has."""
MOST = 262_144
"""Characters that are held at most; then what is held goes on, redacted by itself."""
CUT = re.compile(r"\s(?=[^\s{\[\"])")
"""Places at which a text may be cut: no secret without spaces is cut there, and what follows is no JSON."""
JSON = re.compile(r"\s*[{\[\"]")
"""Texts that are understood only as a whole, as those with escapes are."""
BLOCK = "-----BEGIN"
"""What begins here has an end, which may be far."""
BLOCK_ENDS = "-----END"


class Stream:
    """One text in pieces; `hits` counts what was found by rule."""

    def __init__(self, redactor: TextRedactor) -> None:
        """Begin with nothing."""
        self._redactor, self._held = redactor, ""
        self.hits: Counter[str] = Counter()

    def feed(self, piece: str) -> str:
        """Take a piece; what of the text may go on now."""
        self._held += piece
        if len(self._held) > MOST:
            return self.end()
        if "\\" in self._held or JSON.match(self._held):
            return ""
        whole = self._redacted(self._held)
        for at in self._places():
            if self._redacted(self._held[:at]) + self._redacted(self._held[at:]) == whole:
                return self._let_go(at)
        return ""

    def end(self) -> str:
        """The text is over; what is left of it."""
        return self._let_go(len(self._held))

    def _places(self) -> Iterator[int]:
        """Places at which the text may be cut, the last first; a few, for each costs a look."""
        end = len(self._held) - AHEAD
        opened = self._held.rfind(BLOCK)
        if opened >= 0 and self._held.find(BLOCK_ENDS, opened) < 0:
            end = min(end, opened)
        if end <= 0:
            return
        found = [one.end() for one in CUT.finditer(self._held, max(0, end - AHEAD), end)]
        yield from reversed(found[-3:])

    def _redacted(self, text: str) -> str:
        return self._redactor.text(text, Counter())

    def _let_go(self, at: int) -> str:
        gone, self._held = self._held[:at], self._held[at:]
        return self._redactor.text(gone, self.hits)
