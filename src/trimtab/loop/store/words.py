"""What a word is, for everything that searches: without case and accents, parted by anything else."""

import re
import unicodedata

WORD = re.compile(r"\w+")


def words_of(text: str) -> list[str]:
    """The words of a text in order. Writing without spaces stays one word a run."""
    plain = text.casefold()
    if not plain.isascii():
        parts = unicodedata.normalize("NFKD", plain)
        plain = "".join(part for part in parts if not unicodedata.combining(part)).casefold()
    return WORD.findall(plain)
