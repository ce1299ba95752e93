"""The signs of a text: sentence by sentence, and of the text as a whole. Every look is linear in the text."""

import re
from collections.abc import Iterator

from trimtab.vocabulary.contract.injection.model import Sign
from trimtab.vocabulary.contract.injection.words import (
    AROUND,
    ASSISTANT,
    DROPS,
    EARLIER,
    GENRES,
    LEADS,
    LETTERS,
    MODALS,
    NO_ORDER,
    ORDERS,
    PIECE,
    POINTING,
    REPLY,
    ROLES,
    SECRETS,
    SENTENCE_END,
    TASKS,
    TURNS,
    WORD,
    WORK,
    WRITES,
    YOURS,
)

SHOWN = 80
OPENING, NEAR, LONG = 16, 6, 60
"""Words of a sentence in which its order stands; words that belong together; words that are looked at."""
ROWS = 3
"""So many rows make a table."""
PHRASES = (("role", ROLES), ("task", TASKS), ("secrecy", SECRETS))
LETTER_HIDDEN = re.compile("(?<=[A-Za-z])[\u200b-\u200d\u2060\ufeff](?=[A-Za-z])")
REORDERED = re.compile("[\u202a-\u202e\u2066-\u2069]")
TAGGED = re.compile("[\U000e0020-\U000e007e]{8}")
MOST_HIDDEN = 2


def signs_in(folded: str) -> Iterator[Sign]:
    """The signs of a folded text, in no order."""
    for kind, phrases in PHRASES:
        for phrase in phrases:
            at = folded.find(phrase)
            if at >= 0:
                yield Sign(kind=kind, words=shown(folded[at : at + SHOWN]))
                break
    turn = TURNS.search(folded)
    if turn:
        yield Sign(kind="turns", words=shown(turn.group()))
    table = is_table(folded)
    for line in folded.split("\n"):
        alone = table and "|" not in line
        for sentence in SENTENCE_END.split(line):
            yield from of_sentence(sentence, alone=alone)


def of_sentence(sentence: str, *, alone: bool) -> Iterator[Sign]:
    """The signs of one sentence; `alone` is one that stands between the rows of a table."""
    words = WORD.findall(sentence[: LONG * SHOWN])[:LONG]
    if len(words) < 3:
        return
    said = shown(sentence.strip())
    if drops_orders(words):
        yield Sign(kind="override", words=said)
    order = order_of(words)
    if order and ASSISTANT & set(words):
        yield Sign(kind="assistant", words=said)
    if alone and (order or words[0] in ("what", "how", "why", "who", "can", "could")):
        yield Sign(kind="misplaced", words=said)
    for kind in kinds_of_order(order):
        yield Sign(kind=kind, words=said)


def kinds_of_order(order: list[str]) -> Iterator[str]:
    """What an order is about: the reader's answer or code, its letters, a text to be written."""
    start = order[:OPENING]
    if not start:
        return
    if owned(start, REPLY):
        yield "reply"
    pointed = any(one in POINTING and PIECE & set(start[at : at + NEAR]) for at, one in enumerate(start))
    if pointed and owned(order, WORK):
        yield "code"
    if LETTERS & set(start[:NEAR]):
        yield "letters"
    if start[0] in WRITES and GENRES & set(start[1 : 1 + NEAR]):
        yield "writing"


def owned(words: list[str], things: frozenset[str]) -> bool:
    """Whether a thing is called the reader's own."""
    return any(
        one in YOURS and any(after.removesuffix("'s") in things for after in words[at + 1 : at + 3])
        for at, one in enumerate(words)
    )


def order_of(words: list[str]) -> list[str]:
    """The words of an order from its verb on; none where the sentence gives no order."""
    at = 0
    while at < min(len(words), NEAR) and words[at] in LEADS:
        at += 1
    if at + 1 < len(words):
        pair = words[at], words[at + 1]
        if (pair[0] == "you" and pair[1] in MODALS) or (pair[1] == "you" and pair[0] in MODALS):
            at += 2
    while at < min(len(words), OPENING) and words[at] in AROUND:
        at += 1
    if at >= len(words) or words[at] in NO_ORDER or words[at].isdigit():
        return []
    return words[at:]


def drops_orders(words: list[str]) -> bool:
    """Whether earlier orders shall no longer hold."""
    for at, one in enumerate(words):
        if one in DROPS:
            after = set(words[at + 1 : at + 1 + NEAR])
            if after & ORDERS and after & EARLIER:
                return True
    return False


def is_table(folded: str) -> bool:
    """Whether the first lines of a text are rows of a table."""
    lines = folded.split("\n", 4 * ROWS)[: 4 * ROWS]
    return sum(line.count("|") > 2 for line in lines) >= ROWS


def unseen(text: str) -> Iterator[Sign]:
    """What a text as it was written hides from people's eyes."""
    if text.isascii():
        return
    if TAGGED.search(text):
        yield Sign(kind="hidden", words="letters that show nothing")
    elif REORDERED.search(text):
        yield Sign(kind="hidden", words="characters that turn the order of letters")
    elif sum(1 for _ in LETTER_HIDDEN.finditer(text)) > MOST_HIDDEN:
        yield Sign(kind="hidden", words="characters within words that show nothing")


def shown(text: str) -> str:
    """The words of a sign in a message."""
    plain = " ".join(text.split())
    return plain if len(plain) <= SHOWN else plain[: SHOWN - 3] + "..."
