"""A store on small engines, for tests of what is kept and what goes."""

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import Any

import orjson
import zstandard
from tests.support.bodies import span, traces_of

from trimtab.adapters.duckdb_analytics import DuckdbAnalytics
from trimtab.adapters.sql_state import SqlState
from trimtab.loop.ingest import FixedPrices, Rules, cut_out, decode_entry
from trimtab.loop.store import (
    Analytics,
    Batch,
    ClosePolicy,
    Entry,
    Journal,
    Keeper,
    MemoryJournal,
    Signal,
    Sources,
    State,
)
from trimtab.vocabulary.kernel import VirtualClock

DAY_S = 86_400
RULES = Rules(prices=FixedPrices({"m": (3, 7)}))
POLICY = ClosePolicy(idle_s=60, max_age_s=600, settle_s=1)
NUMBERS = "select * exclude (dims), dims::varchar from sessions where project = $p order by session"
STEPS = "select * exclude (dims), dims::varchar from steps where project = $p order by trace_id, span_id"


def entry(body: bytes, project: str = "p", signal: Signal = "traces", received_ns: int = 0) -> Entry:
    """A body of one item."""
    return Entry(project=project, signal=signal, received_ns=received_ns, body=body, items=1)


class Kit:
    """Journal, analytics and state around one clock; bodies are applied as they come."""

    def __init__(self, clock: VirtualClock, journal: Journal, path: Path | None = None) -> None:
        self.clock, self.journal, self.path = clock, journal, path
        self.analytics: Analytics = DuckdbAnalytics(path, clock, POLICY, journal.positions)
        self.state: State = SqlState(":memory:")
        self.forgotten: list[int] = []
        self.recorded: list[dict[str, Any]] = []
        for project in ("p", "q"):
            self.state.add_project(project, 1)
        self.sources = Sources(
            journal=journal,
            analytics=self.analytics,
            state=self.state,
            clock=clock,
            cut=cut_out,
            forget_day=self.forgotten.append,
            record=self.recorded.append,
            sound=lambda _project, _settings: (),
        )
        self.keeper = Keeper(self.sources, lambda _: True)

    def take(self, body: bytes, project: str = "p", signal: Signal = "traces") -> int:
        """Journal and apply a body."""
        position = self.journal.append([entry(body, project, signal, self.clock.now_ns())])[0]
        self.follow()
        return position

    def fact(self, name: str, **values: object) -> int:
        """Journal and apply an outcome."""
        row = {"id": name, "kind": "outcome", "source": "human", "label": "success"} | values
        row.setdefault("time", self.clock.now_ns() / 1e9)
        return self.take(orjson.dumps([row]), signal="facts")

    def session(self, session: str, number: int, steps: int = 2, **attributes: object) -> int:
        """A body with the steps of one session, a second each, ending now."""
        now_ns = self.clock.now_ns()
        named = {"gen_ai.conversation.id": session, "gen_ai.operation.name": "execute_tool", **attributes}
        return self.take(
            traces_of(
                span(
                    number,
                    named,
                    span_id=(number + place).to_bytes(8, "big"),
                    start_time_unix_nano=now_ns - 10**9,
                    end_time_unix_nano=now_ns,
                )
                for place in range(steps)
            )
        )

    def follow(self) -> None:
        """Apply what is not applied yet."""
        while entries := self.journal.read(self.analytics.applied(), 1):
            rows = decode_entry(entries[0], RULES)
            received = {entries[0].position: entries[0].received_ns}
            position = entries[0].position
            self.analytics.apply(Batch(**rows._asdict(), position=position, received_ns=received))

    def rebuild(self) -> None:
        """Derive again what can be derived."""
        self.analytics.clear()
        self.follow()

    def rows(self, sql: str = NUMBERS, project: str = "p") -> list[dict[str, Any]]:
        """Rows of a project."""
        return self.analytics.rows(sql, {"p": project})

    def sessions(self, project: str = "p") -> dict[str, int]:
        """Session -> its number of steps, as it says."""
        return {row["session"]: row["steps"] for row in self.rows(project=project)}

    def count(self, table: str, project: str = "p") -> int:
        """How many rows a table has."""
        return self.rows(f"select count(*) as n from {table} where project = $p", project)[0]["n"]


@contextlib.contextmanager
def kit(path: Path | None = None, journal: Journal | None = None) -> Generator[Kit]:
    """A kit in memory, or with files where they are given."""
    clock = VirtualClock()
    found = Kit(clock, journal or MemoryJournal(clock), path)
    try:
        yield found
    finally:
        found.analytics.close()
        found.journal.close()
        found.state.close()


def everything(folder: Path) -> bytes:
    """All bytes below a folder, and whatever zstd frames unpack to, wherever they stand."""
    raw = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    found, at = [raw], raw.find(zstandard.FRAME_HEADER)
    while at >= 0:
        with contextlib.suppress(zstandard.ZstdError):
            found.append(zstandard.ZstdDecompressor().decompressobj().decompress(raw[at : at + 1_000_000]))
        at = raw.find(zstandard.FRAME_HEADER, at + 4)
    return b"\n".join(found)
