"""Search: words -> the steps that said them, with the place in the text."""

import re

from trimtab.loop.ingest.index import texts_of
from trimtab.loop.store import Analytics, Journal, Row, TextHit, TextIndex, words_of
from trimtab.vocabulary.kernel import Invalid

MAX_WORDS = 32
AROUND = 60
STEP = """
select session, agent, kind, name, tool, start_ns, error from steps
where project = $project and body = $body and ordinal = $ordinal
"""


def search(
    index: TextIndex, journal: Journal, analytics: Analytics, project: str, words: str, limit: int
) -> list[Row]:
    """Steps of a project that said all of these words, the latest first, each with a snippet.

    Any text is a query: what is not a word only separates. Raises `Invalid` where there is no word.
    """
    wanted = words_of(words)[:MAX_WORDS]
    if not wanted:
        raise Invalid(f"{words!r} holds no word", hint='for example: trimtab search "refund order"')
    found: list[Row] = []
    for hit in index.find(project, wanted, limit):
        rows = analytics.rows(STEP, {"project": project, "body": hit.body, "ordinal": hit.ordinal})
        found += [row | {"snippet": snippet(journal, hit, wanted)} for row in rows]
    return found


def snippet(journal: Journal, hit: TextHit, words: list[str]) -> str:
    """The text around the first of the words, from the journal; "" where the body is gone."""
    entry = journal.get(hit.body)
    text = next((row.text for row in texts_of(entry) if row.ordinal == hit.ordinal), "") if entry else ""
    places = [
        found.start() for word in words if (found := re.search(rf"\b{re.escape(word)}", text, re.IGNORECASE))
    ]
    at = min(places, default=0)
    start, end = max(at - AROUND, 0), at + AROUND
    cut = " ".join(text[start:end].split())
    return f"{'…' if start else ''}{cut}{'…' if end < len(text) else ''}"
