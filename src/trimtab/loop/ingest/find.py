"""Search: words -> the steps that said them, with the place in the text."""

import re
from collections.abc import Sequence

from trimtab.loop.ingest.said import texts_of
from trimtab.loop.store import Analytics, Journal, Row, TextHit, TextIndex, words_of
from trimtab.vocabulary.kernel import Invalid

MAX_WORDS = 32
AROUND = 60
FOUND = """
with hits as (select unnest($bodies::bigint[]) as body, unnest($ordinals::integer[]) as ordinal),
of_records as (select * from logged join hits using (body, ordinal) where project = $project)
select {what} from steps join hits using (body, ordinal) where project = $project
union all
select {what} from (select project, trace_id, span_id, body, ordinal from of_records)
join (select * exclude (body, ordinal) from steps where project = $project
      and trace_id in (select trace_id from of_records)) using (project, trace_id, span_id)
"""
STEP = "body, ordinal, session, agent, kind, name, tool, start_ns, error"
MAX_HITS = 10_000


def search(
    index: TextIndex, journal: Journal, analytics: Analytics, project: str, words: str, limit: int
) -> list[Row]:
    """Steps of a project that said all of these words, the latest first, each with a snippet.

    Any text is a query: what is not a word only separates. Raises `Invalid` where there is no word.
    """
    wanted = wanted_in(words)
    hits = index.find(project, wanted, limit)
    rows = {(r.pop("body"), r.pop("ordinal")): r for r in steps_at(analytics, project, hits, STEP)}
    texts: dict[int, dict[int, str]] = {}
    found: list[Row] = []
    for hit in hits:
        row = rows.get((hit.body, hit.ordinal))  # a span that came twice has its step at one of the places
        if row is None:
            continue
        if hit.body not in texts:
            entry = journal.get(hit.body)
            texts[hit.body] = {text.ordinal: text.text for text in texts_of(entry)} if entry else {}
        found.append(row | {"snippet": snippet(texts[hit.body].get(hit.ordinal, ""), wanted)})
    return found


def sessions_that_said(index: TextIndex, analytics: Analytics, project: str, words: str) -> list[str]:
    """Sessions of a project with a step that said all of these words, of the 10,000 steps received last."""
    hits = index.find(project, wanted_in(words), MAX_HITS)
    return [str(row["session"]) for row in steps_at(analytics, project, hits, "distinct session")]


def wanted_in(words: str) -> list[str]:
    """The words of a query; raises `Invalid` where there are none."""
    wanted = words_of(words)[:MAX_WORDS]
    if not wanted:
        raise Invalid(f"{words!r} holds no word", hint='for example: trimtab search "refund order"')
    return wanted


def steps_at(analytics: Analytics, project: str, hits: Sequence[TextHit], what: str) -> list[Row]:
    """Columns of the steps that hits point at."""
    params = {"project": project, "bodies": [h.body for h in hits], "ordinals": [h.ordinal for h in hits]}
    return analytics.rows(FOUND.format(what=what), params) if hits else []


def snippet(text: str, words: Sequence[str]) -> str:
    """The text around the first of the words; "" where the text is gone."""
    places = [
        found.start() for word in words if (found := re.search(rf"\b{re.escape(word)}", text, re.IGNORECASE))
    ]
    at = min(places, default=0)
    start, end = max(at - AROUND, 0), at + AROUND
    cut = " ".join(text[start:end].split())
    return f"{'…' if start else ''}{cut}{'…' if end < len(text) else ''}"
