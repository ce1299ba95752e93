"""Which words of a span can be searched for, and the thread that indexes them behind the rows."""

import logging
import re
import threading
from collections.abc import Iterable, Iterator
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
GIVEN = ("gen_ai.input.messages", "gen_ai.prompt", "output.value")
SPOKEN = (
    "gen_ai.output.messages",
    "gen_ai.completion",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.retrieval.query.text",
    "tool.parameters",
)
FLAT_INPUT = ("llm.input_messages.", "gen_ai.prompt.")
FLAT_OUTPUT = ("llm.output_messages.", "gen_ai.completion.")
FLAT_ENDS = (".content", ".arguments", ".text")
PLACE = re.compile(r"\.(\d{1,9})\.")
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
    for key in GIVEN:
        said += leaves(newest(structure(attributes.get(key))))
    said += newest_flat(attributes)
    if not any(key.startswith(FLAT_INPUT) for key in attributes):  # else it is the whole conversation again
        said += leaves(newest(structure(attributes.get("input.value"))))
    for key in SPOKEN:
        said += leaves(structure(attributes.get(key)))
    for key, value in attributes.items():
        if key.startswith(FLAT_OUTPUT) and key.endswith(FLAT_ENDS):
            said += leaves(structure(value))
    for event in span.events:
        if event.name == "exception":
            said.append(str(attributes_of(event.attributes).get("exception.message", "")))
    return bounded(said)


def newest(value: object) -> object:
    """The last of a list of messages, and of a request that holds such a list; else the value as it is."""
    if isinstance(value, dict):
        value = cast("dict[str, object]", value).get("messages") or cast("object", value)
    listed = cast("list[object]", value) if isinstance(value, list) else []
    return listed[-1] if listed else cast("object", value)


def newest_flat(attributes: dict[str, Any]) -> list[str]:
    """The last message of a conversation that lies flat: one attribute a part, its place in the name."""
    found: dict[int, list[str]] = {}
    for key, value in attributes.items():
        if key.startswith(FLAT_INPUT) and key.endswith(FLAT_ENDS) and (place := PLACE.search(key)):
            found.setdefault(int(place[1]), []).extend(leaves(structure(value)))
    return found[max(found)] if found else []


def bounded(parts: Iterable[str]) -> str:
    """The parts as one text, no longer than is indexed."""
    found: list[str] = []
    room = MAX_TEXT
    for part in parts:
        if part and room > 0:
            found.append(part[:room])
            room -= len(part) + 1
    return "\n".join(found)


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
        self._wanted = threading.Event()
        self._busy = threading.Lock()
        self._seen = -1
        self._thread = threading.Thread(target=self._run, name="indexer", daemon=True)

    def start(self) -> None:
        """Catch up with the journal, then follow it."""
        self._thread.start()

    def close(self) -> None:
        """Finish the bodies in hand and stop; what is left is indexed after the next start."""
        self._closed.set()
        self._wanted.set()
        if self._thread.is_alive():
            self._thread.join()

    def behind(self) -> int:
        """How many positions of the journal are not indexed yet; some of them may be empty."""
        if self._seen == self._journal.last():
            return 0
        return sum(
            max(self._journal.reach(day) - self._after(day), 0) for day in sorted(self._journal.days())
        )

    def wait(self, timeout_s: float) -> bool:
        """Have the words follow the rows at once, and wait for it; False when the time is over."""
        waiting = threading.Event()
        for _ in range(int(timeout_s / 0.05)):
            if not self.behind():
                return True
            self._wanted.set()
            waiting.wait(0.05)
        return not self.behind()

    def forget(self, day: int) -> None:
        """Drop a day and index it anew from what the journal has now: after an erasure."""
        with self._busy:  # what was read before must not be written after
            self._index.drop_day(day)
            self._seen = -1

    def _after(self, day: int) -> int:
        return max(self._index.position(day), day * POSITIONS_PER_DAY)

    def _run(self) -> None:
        self._drop_orphans()
        came = 0
        while not self._closed.is_set():
            last = self._journal.last()
            # Nothing new: one comparison, no query. While more comes, a few bodies at a time: receiving goes first.
            idle = self._seen == last or self._applier.backlog_bytes > 0 or not self._work()
            if idle or last != came:
                self._wanted.wait(POLL_S)
                self._wanted.clear()
            came = last

    def _drop_orphans(self) -> None:
        """Words of days that the journal no longer has point nowhere."""
        for day in set(self._index.days()) - set(self._journal.days()):
            self._index.drop_day(day)

    def _work(self) -> bool:
        """Index a few bodies; False when there is nothing to do, or not now."""
        try:
            with self._busy:
                last = self._journal.last()
                if self._step():
                    return True
                self._seen = last
        except Unavailable as error:
            LOG.warning("%s; trying again", error.message)
        except Exception:
            LOG.exception("the text index failed; trying again")
        return False

    def _step(self) -> bool:
        """Index a few bodies of the latest day that is behind; False when none is."""
        for day in reversed(self._journal.days()):
            after = self._after(day)
            if self._journal.reach(day) <= after:
                continue
            entries = [e for e in self._journal.read(after, BODIES) if day_of(e.position) == day]
            if entries:
                rows = [row for entry in entries for row in safe_texts_of(entry)]
                self._index.add(day, entries[-1].position, rows)
                return True
        return False


def safe_texts_of(entry: Entry) -> list[TextRow]:
    """The texts of a body; one that cannot be read must not hold up the others."""
    try:
        return texts_of(entry)
    except Exception:
        LOG.exception("cannot index journal entry %d", entry.position)
        return []
