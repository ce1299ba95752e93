"""One form for what is written in many ways, so that equal means equal.

Only what cannot change the meaning is levelled: Unicode NFKC and case, characters that show nothing, the scheme and
the last slash of a link, the groups of an account or phone number, the separators of a number. Letters that merely
look alike stay different: a value in another script is nobody's.
"""

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
WORD = re.compile(r"""[^\s<>"'`(){}\[\],;|\u2018-\u201f\u00ab\u00bb\u3001\u3002\uff01\uff1f]+""")
EDGE_START, EDGE_END = ".:!?*_~=@#$\u00a3\u20ac", ".,;:!?*_~=/-"
OPENS = " \"'`<([{,;|\u201c\u2018\u201e\u00ab"
AFTER = re.compile(r"""(?:[.,;:!?]*(?:[\s"'`>)\]}|\u201d\u2019\u00bb]|$))|[,;]""")
PARTED = re.compile(r"[:=]")
SCHEME = re.compile(r"(?:https?://|mailto:)?(?:www\.)?")
PERCENT = re.compile(r"%(4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9ae]|3[0-9]|2d|2e|5f)")
ACCOUNT = re.compile(r"(?<![a-z0-9])[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,3})?(?![a-z0-9])")
PHONE = re.compile(r"(?<![\w+])(?:\+|00?)\d[\d ()./-]{5,22}\d(?!\w)")
NUMBER = re.compile(r"(?<![\w.,-])[-+]?\d[\d.,]{0,38}(?![\w-])")
GROUPED = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
EUROPEAN = re.compile(r"[-+]?\d{1,3}(?:\.\d{3})+,\d+|[-+]?\d+,\d{1,2}")
LOOK_ALIKE = str.maketrans(
    "\u0430\u0441\u0435\u0451\u043d\u0456\u0457\u0458\u043a\u043c\u043e\u0440\u0455\u0442\u0443\u0445\u0432\u0501\u04bb\u051b\u051d"
    "\u03b1\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u0131\u0261",
    "aceehiijkmopstyxbdhqwaeikvoptuxig",
)
"""Small Cyrillic and Greek letters, and those that they are taken for: only where strangers' words are looked for."""
CODE = re.compile(r"[-+]?0\d")
"""Digits that begin with 0 are a code and no number."""
PLAIN = re.compile(r"[-+]?\d{1,30}(?:\.\d{1,30})?")


def fold(text: str) -> str:
    """A text without case, width and what cannot be seen."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", INVISIBLE.sub("", text)).casefold()
    return INVISIBLE.sub("", unicodedata.normalize("NFKC", folded))


def words(folded: str) -> Iterator[str]:
    """The words of a folded text, each as it stands and without the punctuation around it; a link is one word."""
    for found in WORD.finditer(folded):
        word = found.group()
        yield plain_form(word)
        form = one_form(word)
        yield form
        if "://" not in form and (":" in form or "=" in form):
            for part in PARTED.split(form):
                yield one_form(part)


def one_form(word: str) -> str:
    """A word without the punctuation around it, in its plain form."""
    return plain_form(word.lstrip(EDGE_START).rstrip(EDGE_END))


def plain_form(word: str) -> str:
    """A word as it stands; of a link, without scheme, www, last slash and needless escapes; "" without a letter or digit."""
    if "%" in word:
        word = PERCENT.sub(lambda found: chr(int(found[1], 16)).lower(), word)
    start = SCHEME.match(word)
    word = word[start.end() :] if start else word
    if word.endswith("/") and "." in word:
        word = word[:-1]
    return word if any(one.isalnum() for one in word) else ""


def said_within(phrase: str, text: str) -> bool:
    """Whether a phrase stands in a text exactly, and neither begins nor ends within a word; both are folded."""
    at = text.find(phrase)
    while at >= 0:
        end = at + len(phrase)
        if (at == 0 or text[at - 1] in OPENS) and AFTER.match(text, end):
            return True
        at = text.find(phrase, at + 1)
    return False


def accounts(folded: str) -> Iterator[str]:
    """Account and phone numbers in a folded text, without their groups."""
    for found in ACCOUNT.finditer(folded):
        yield found.group().replace(" ", "")
    for found in PHONE.finditer(folded):
        yield phone(found.group())


def phone(written: str) -> str:
    """A phone number without its groups; 00 and + are the same."""
    digits = "".join(one for one in written if one.isdigit())
    if written.startswith("+"):
        return f"+{digits}"
    return f"+{digits[2:]}" if written.startswith("00") else digits


def numbers(folded: str) -> Iterator[str]:
    """Numbers in a folded text, each in its one form."""
    for found in NUMBER.finditer(folded):
        written = found.group().rstrip(".,")
        if GROUPED.fullmatch(written):
            written = written.replace(",", "")
        elif EUROPEAN.fullmatch(written):
            written = written.replace(".", "").replace(",", ".")
        if PLAIN.fullmatch(written) and not CODE.match(written):
            yield number_form(Decimal(written))


def number_form(value: Decimal) -> str:
    """A number in one form: 1.50 is 1.5, 1E+3 is 1000."""
    form = format(value.normalize(), "f")
    return "0" if form == "-0" else form


def key_of(value: object) -> str:
    """A whole value in its one form; "" where it carries nothing that could be vouched for (null, true, empty)."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int | float | Decimal):
        return number_key(value)
    folded = " ".join(fold(str(value)).split())
    if PHONE.fullmatch(folded):
        return phone(folded)
    if PLAIN.fullmatch(folded):
        return folded if CODE.match(folded) else number_form(Decimal(folded))
    if ACCOUNT.fullmatch(folded):
        return folded.replace(" ", "")
    return plain_form(folded) if " " not in folded else folded


def number_key(value: float | Decimal) -> str:
    """A number's key; "" where it is none, or too large to be one that somebody said."""
    try:
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    except InvalidOperation:
        return ""
    return number_form(number) if number.is_finite() and abs(number.adjusted()) <= 30 else ""
