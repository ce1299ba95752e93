"""Second looks at what a pattern found: how much of the text is really the thing, 0 for nothing."""

import base64
import math
from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType

_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "BR": 29, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18,
    "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23,
    "IS": 26, "IT": 27, "KW": 30, "LB": 28, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18,
    "NO": 15, "PL": 28, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27,
    "TR": 26, "UA": 29,
}  # fmt: skip
_NOT_VALUES = frozenset(
    [
        "string",
        "str",
        "null",
        "none",
        "true",
        "false",
        "undefined",
        "required",
        "optional",
        "integer",
        "number",
        "object",
        "boolean",
        "redacted",
        "missing",
        "invalid",
        "expired",
        "incorrect",
        "unknown",
        "empty",
        "bearer",
        "basic",
    ]
)
_PHONE_DIGITS = range(8, 16)
_MIN_ENTROPY_BITS = 3.0


def luhn(text: str) -> int:
    """Accept digits whose Luhn sum is a multiple of ten; characters accepted."""
    digits = [int(char) for char in text if char.isdigit()]
    total = sum(digits[-1::-2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return len(text) if total % 10 == 0 and len(set(digits)) > 1 else 0


def iban(text: str) -> int:
    """Accept the leading characters that make an IBAN of its country's length with remainder 1 mod 97."""
    wanted = _IBAN_LENGTHS.get(text[:2], 0)
    taken: list[str] = []
    for length, char in enumerate(text, start=1):
        if char != " ":
            taken.append(char)
        if wanted and len(taken) == wanted:
            number = "".join(str(int(symbol, 36)) for symbol in taken[4:] + taken[:4])
            return length if int(number) % 97 == 1 else 0
    return 0


def ssn(text: str) -> int:
    """Accept a US social security number outside the ranges never given out."""
    area, group, serial = text[:3], text[4:6], text[7:]
    issued = area not in {"000", "666"} and area[0] != "9" and group != "00" and serial != "0000"
    return len(text) if issued else 0


def phone(text: str) -> int:
    """Accept eight to fifteen digits that are not all the same."""
    digits = [char for char in text if char.isdigit()]
    return len(text) if len(digits) in _PHONE_DIGITS and len(set(digits)) > 1 else 0


def ipv4(text: str) -> int:
    """Accept four numbers of at most 255."""
    return len(text) if all(int(part) <= 255 for part in text.split(".")) else 0


def entropy(text: str) -> int:
    """Accept text of at least three bits per character: random keys, not words."""
    counts = Counter(text)
    bits = -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())
    return len(text) if bits >= _MIN_ENTROPY_BITS else 0


def mixed(text: str) -> int:
    """Accept text that holds a digit and a letter: hyphenated prose does not."""
    return len(text) if any(c.isdigit() for c in text) and any(c.isalpha() for c in text) else 0


def credential(text: str) -> int:
    """Accept a token of digits and letters, or the base64 of `user:password`."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except ValueError:
        decoded = b""
    return len(text) if mixed(text) or b":" in decoded else 0


def assigned(text: str) -> int:
    """Accept a value that is not a type name, a placeholder or a variable."""
    plain = text.strip().lower()
    return 0 if plain in _NOT_VALUES or plain.startswith("${") or not plain.strip("*.-_ ") else len(text)


VALIDATORS: Mapping[str, Callable[[str], int]] = MappingProxyType(
    {f.__name__: f for f in (luhn, iban, ssn, phone, ipv4, entropy, mixed, credential, assigned)}
)
