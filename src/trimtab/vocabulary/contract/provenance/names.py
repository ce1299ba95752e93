"""Names in a text: two or more capitalised words in a row, without the small words that only begin a sentence.

A rule of thumb for languages that capitalise names alone: it sees `Grand Hotel`, it does not see `grand hotel`.
"""

import re
from collections.abc import Iterator

NAME = re.compile(
    r"[^\W\d_a-z][\w'\u2019&-]*(?: (?:of |the |de |la |le |du |von )?[^\W\d_a-z][\w'\u2019&-]*)+"
)
STARTS = frozenset(
    [
        "a",
        "an",
        "and",
        "at",
        "but",
        "by",
        "for",
        "from",
        "here",
        "if",
        "in",
        "it",
        "its",
        "my",
        "on",
        "or",
        "our",
        "that",
        "the",
        "their",
        "there",
        "these",
        "this",
        "to",
        "we",
        "with",
        "you",
        "your",
    ]
)
SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?](?!\s|$)[^.!?\n]*)*(?:[.!?]+|\n|$)\s*")


def names_in(text: str) -> Iterator[str]:
    """The names in a text, as they stand."""
    for found in NAME.finditer(text):
        words = found.group().rstrip("'\u2019-&").split()
        while words and words[0].lower() in STARTS:
            words.pop(0)
        if len(words) > 1:
            yield " ".join(words)


def sentences(text: str) -> list[str]:
    """A text in sentences and lines, which together are the text."""
    return [one.group() for one in SENTENCE.finditer(text) if one.group()]
