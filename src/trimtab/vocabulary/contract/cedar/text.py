"""How Cedar writes names, texts and numbers."""

from decimal import Decimal

PLACES = Decimal("0.0001")
MOST = Decimal("922337203685477.5807")
ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}


def quoted(text: str) -> str:
    """A text."""
    return f'"{"".join(escaped(one) for one in text)}"'


def escaped(one: str) -> str:
    """A character within quotes."""
    plain = " " <= one <= "~"
    return ESCAPED.get(one) or (one if plain else f"\\u{{{ord(one):x}}}")


def pattern(text: str) -> str:
    """A text within a pattern of `like`, where a star stands for anything."""
    return "".join("\\*" if one == "*" else escaped(one) for one in text)


def decimal_of(value: float | Decimal) -> str | None:
    """A number with at most four places, as Cedar's decimals have; None where it is none."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not exact.is_finite() or abs(exact) > MOST:
        return None
    cut = exact.quantize(PLACES)
    return f"{cut:f}" if cut == exact else None
