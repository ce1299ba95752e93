"""What a text says once its JSON escapes are undone, however often it was escaped."""

import re

_UNICODE = re.compile(r"\\+u([0-9a-fA-F]{4})")
_LETTERS = (("\\n", "\n"), ("\\r", "\r"), ("\\t", "\t"), ("\\b", " "), ("\\f", " "))
_SURROGATE = re.compile("[\ud800-\udfff]")


def shadow(text: str) -> str:
    """Undo every level of escaping at once, as text that can be stored."""
    while "\\u" in text:
        text, found = _UNICODE.subn(_character, text)
        if not found:
            break
    for escaped, plain in _LETTERS:
        text = text.replace(escaped, plain)
    text = text.replace("\\", "")
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _character(match: re.Match[str]) -> str:
    # A NUL would be taken for the separator of joined texts.
    return chr(int(match[1], 16)) if match[1] != "0000" else " "


def escape_length(data: bytes, start: int) -> int:
    """How many bytes at `start` belong to a JSON escape begun just before it: a match must not eat them."""
    if start == 0 or data[start - 1] != ord("\\"):
        return 0
    if data[start] == ord("u"):
        digits = data[start + 1 : start + 5]
        return 5 if len(digits) == 4 and all(d in b"0123456789abcdefABCDEF" for d in digits) else 0
    return 1 if data[start] in b"nrtbf" else 0
