"""Which words of a span can be searched for, and the thread that indexes them behind the rows."""

import logging
import threading
from collections.abc import Iterator
from typing import Any, cast

import orjson

from trimtab.loop.ingest.apply import Applier
from trimtab.loop.ingest.decode import attributes_of, parse
from trimtab.loop.store import POSITIONS_PER_DAY, Entry, Journal, TextIndex, TextRow, day_of
from trimtab.vocabulary.kernel import Unavailable

LOG = logging.getLogger(__name__)
BODIES = 20
POLL_S = 0.5
MAX_TEXT = 16_000
NEW_IN_A_TURN = "gen_ai.input.messages"
SPOKEN = (
    "gen_ai.output.messages",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.retrieval.query.text",
    "input.value",
    "output.value",
    "tool.parameters",
)
FLAT = ("llm.output_messages.",)
SILENT = frozenset({"role", "type", "id", "tool_call_id", "finish_reason"})


def texts_of(entry: Entry) -> list[TextRow]:
    """The text of each span of a traces body that says anything."""
    if entry.signal != "traces":
        return []
    found: list[TextRow] = []
    spans = (
        span
        for of_resource in parse("traces", entry.body).resource_spans
        for of_scope in of_resource.scope_spans
        for span in of_scope.spans
    )
    for ordinal, span in enumerate(spans):
        if text := text_of(span):
            found.append(
                TextRow(
                    project=entry.project,
                    body=entry.position,
                    ordinal=ordinal,
                    start_ns=span.start_time_unix_nano,
                    text=text,
                )
            )
    return found


def text_of(span: Any) -> str:
    """What was said in a span: of its input only what is new in this turn, or a session is found in every step."""
    attributes = attributes_of(span.attributes)
    said = [span.status.message]
    given = structure(attributes.get(NEW_IN_A_TURN))
    if isinstance(given, list) and given:
        said += leaves(cast("list[object]", given)[-1])
    for key in SPOKEN:
        said += leaves(structure(attributes.get(key)))
    for key, value in attributes.items():
        if key.startswith(FLAT) and key.endswith((".content", ".arguments")):
            said += leaves(value)
    for event in span.events:
        if event.name == "exception":
            said.append(str(attributes_of(event.attributes).get("exception.message", "")))
    return "\n".join(part for part in said if part)[:MAX_TEXT]


def structure(value: Any) -> object:
    """JSON text as what it stands for, anything else as it is."""
    if isinstance(value, str) and value.startswith(("[", "{")):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def leaves(value: object) -> Iterator[str]:
    """The texts within a structure, in order, without what only labels it."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            named = cast("dict[str, object]", item)
            stack += [named[key] for key in reversed(named) if key not in SILENT]
        elif isinstance(item, list):
            stack += reversed(cast("list[object]", item))


class Indexer:
    """A thread that follows the journal while the applier has nothing to do: rows go first."""

    def __init__(self, journal: Journal, index: TextIndex, applier: Applier) -> None:
        """Index the entries of `journal` into `index`."""
        self._journal, self._index, self._applier = journal, index, applier
        self._closed = threading.Event()
        self._at: dict[int, int] = {}
        self._thread = threading.Thread(target=self._run, name="indexer", daemon=True)

    def start(self) -> None:
        """Catch up with the journal, then follow it."""
        self._thread.start()

    def close(self) -> None:
        """Finish the bodies in hand and stop; what is left is indexed after the next start."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()

    def behind(self) -> int:
        """How many of the latest day's positions are not indexed yet."""
        last = self._journal.last()
        return (
            max(last - max(self._position(day_of(last)), day_of(last) * POSITIONS_PER_DAY), 0) if last else 0
        )

    def wait(self, timeout_s: float) -> bool:
        """Wait until the words follow the rows; False when the time is over."""
        waiting = threading.Event()
        for _ in range(int(timeout_s / 0.05)):
            if not self.behind():
                return True
            waiting.wait(0.05)
        return False

    def forget(self, day: int) -> None:
        """Drop a day and index it anew: after an erasure."""
        self._index.drop_day(day)
        self._at.pop(day, None)

    def _position(self, day: int) -> int:
        if day not in self._at:
            self._at[day] = self._index.position(day)
        return self._at[day]

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                busy = self._applier.backlog_bytes > 0 or not self._step()
            except Unavailable as error:
                LOG.warning("%s; trying again", error.message)
                busy = True
            if busy:
                self._closed.wait(POLL_S)

    def _step(self) -> bool:
        """Index a few bodies; False when there is nothing to do."""
        for day in reversed(self._journal.days()):
            after = max(self._position(day), day * POSITIONS_PER_DAY)
            entries = [e for e in self._journal.read(after, BODIES) if day_of(e.position) == day]
            if entries:
                self._index.add(day, entries[-1].position, [row for e in entries for row in texts_of(e)])
                self._at[day] = entries[-1].position
                return True
        return False
