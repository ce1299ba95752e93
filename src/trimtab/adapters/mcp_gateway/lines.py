"""Lines of a server's standard output, each whole and none without end.

The SDK reads text in the encoding that it is told, and puts lines together by adding up what came: that grows with the square of a line's
length, and knows no end. In this encoding, which is UTF-8, only whole lines come out. In place of one that is too long comes a message
that says so.
"""

import codecs
from typing import Any, Final

NAME: Final = "trimtab_lines"
MOST_BYTES: Final = 64 << 20
"""The longest message that is read."""
TOO_LONG: Final = "notifications/trimtab/too_long"
INSTEAD: Final = f'{{"jsonrpc": "2.0", "method": "{TOO_LONG}"}}\n'


class Decoder(codecs.IncrementalDecoder):
    """Gives whole lines; what is no UTF-8 is replaced."""

    def __init__(self, errors: str = "strict") -> None:
        """Begin with nothing."""
        super().__init__(errors)
        self.reset()

    def reset(self) -> None:
        """Forget what was begun."""
        self._parts: list[bytes] = []
        self._held, self._dropped = 0, False

    def decode(self, input: Any, final: bool = False) -> str:  # noqa: A002, FBT001, FBT002, ARG002 - as codecs has it
        """The lines that these bytes complete."""
        first, end, rest = bytes(input).rpartition(b"\n")
        found = self._ended(first) if end else ""
        self._hold(rest)
        return found

    def _ended(self, lines: bytes) -> str:
        """What was held, with the lines that end it."""
        self._hold(lines)
        text = INSTEAD if self._dropped else b"".join(self._parts).decode("utf-8", "replace") + "\n"
        self.reset()
        return text

    def _hold(self, part: bytes) -> None:
        """Hold the begin of a line, unless it is too long."""
        self._held += len(part)
        if self._held > MOST_BYTES:
            self._parts.clear()
            self._dropped = True
        else:
            self._parts.append(part)


def found(name: str) -> codecs.CodecInfo | None:
    """This encoding, by its name."""
    if name != NAME:
        return None
    utf8 = codecs.lookup("utf-8")
    return codecs.CodecInfo(utf8.encode, utf8.decode, name=NAME, incrementaldecoder=Decoder)


codecs.register(found)
