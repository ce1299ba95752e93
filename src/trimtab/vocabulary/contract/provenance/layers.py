"""What a text hides: the same text decoded, as often as anybody would; the work is linear in the text."""

import base64
import binascii
import html
import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
HEX = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-fA-F]{2}){8,}(?![0-9A-Za-z])")
DOTS = re.compile(r"\s?[\[({]\s?(?:\.|dot|punkt)\s?[\])}]\s?", re.IGNORECASE)
ATS = re.compile(r"\s?[\[({]\s?(?:@|at)\s?[\])}]\s?", re.IGNORECASE)
DEFANGED = re.compile(r"\bhxxp(s?)\b", re.IGNORECASE)
TAGS = re.compile("[\U000e0020-\U000e007e]+")
MAX_LAYERS = 3


def layers(text: str) -> Iterator[str]:
    """A text, and what stands in it encoded, down to three layers."""
    for _ in range(MAX_LAYERS):
        yield text
        plain = unescaped(text)
        hidden = " ".join(decoded(plain))
        if plain == text and not hidden:
            return
        text = f"{plain} {hidden}" if plain != text else hidden


def unescaped(text: str) -> str:
    """A text without percent encoding, entities, and the tricks that keep links from being seen."""
    if "%" in text:
        text = unquote_plus(text)
    if "&" in text:
        text = html.unescape(text)
    if "[" in text or "(" in text or "{" in text:
        text = ATS.sub("@", DOTS.sub(".", text))
    return DEFANGED.sub(r"http\1", text) if "xx" in text or "XX" in text else text


def decoded(text: str) -> Iterator[str]:
    """The texts that stand in a text as base64, hexadecimal digits or invisible letters."""
    for found in BASE64.finditer(text):
        yield from readable(from_base64(found.group()))
    for found in HEX.finditer(text):
        yield from readable(bytes.fromhex(found.group()))
    if not text.isascii():
        for found in TAGS.finditer(text):
            yield "".join(chr(ord(one) - 0xE0000) for one in found.group())


def from_base64(written: str) -> bytes:
    """The bytes of a base64 text in either alphabet; b"" where it is none."""
    body = written.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def readable(data: bytes) -> Iterator[str]:
    """Bytes as text, where they are one."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return
    if text and all(one.isprintable() for one in text.split()):
        yield text
