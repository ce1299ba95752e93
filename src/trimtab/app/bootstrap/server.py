"""The server's root: builds the adapters, wires the contexts, starts and stops them in order."""

import contextlib
import functools
import os
import secrets
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from trimtab.adapters.duckdb_analytics import DuckdbAnalytics
from trimtab.adapters.genai_prices import GenaiPrices
from trimtab.adapters.sql_state import SqlState, place_of
from trimtab.adapters.sqlite_journal import SqliteJournal
from trimtab.adapters.sqlite_text import SqliteTextIndex
from trimtab.app.bootstrap.controlling import open_control
from trimtab.app.bootstrap.entering import Access, open_access
from trimtab.app.bootstrap.folder import lock_folder, note_place, owner_key, state_place, write_secret
from trimtab.app.bootstrap.lapsing import open_lapsing
from trimtab.app.bootstrap.late import sender_within
from trimtab.app.bootstrap.record import NAME, read_record, record, unreadable
from trimtab.app.bootstrap.watching import Watched, open_watched
from trimtab.app.demo import Stage
from trimtab.app.settings import Settings
from trimtab.loop.access import Reach
from trimtab.loop.alert import apply_files
from trimtab.loop.ingest import (
    Applier,
    Door,
    DoorLimits,
    Forwarder,
    GroupCommit,
    Indexer,
    RedactionPolicy,
    Rules,
    cut_out,
)
from trimtab.loop.mitigation import Approvals, Control
from trimtab.loop.sli import Tallier, catalogue
from trimtab.loop.store import (
    Analytics,
    ClosePolicy,
    Grant,
    Journal,
    Keeper,
    Keyring,
    Sources,
    State,
    TextIndex,
    create_key,
    erasure_key,
)
from trimtab.vocabulary.kernel import Clock, SystemClock, Unauthorised

DEFAULT_PROJECT = "default"


@dataclass(slots=True)
class Server:
    """Everything a request needs; `first_key` is set only at the very first start."""

    settings: Settings
    clock: Clock
    state: State
    journal: Journal
    analytics: Analytics
    door: Door
    applier: Applier
    text: TextIndex
    indexer: Indexer
    keeper: Keeper
    forwarder: Forwarder
    keyring: Keyring
    watched: Watched
    access: Access
    control: Control
    approvals: Approvals
    stage: Stage
    owner: str
    first_key: str | None
    _known: frozenset[str] = frozenset()

    def promise(self, project: str, files: Mapping[str, str]) -> None:
        """Let these documents be what a project promises."""
        definitions = catalogue(self.state, project)
        apply_files(self.state, project, files, definitions, self.clock.now_ns())

    def grant(self, authorization: str | None, project: str | None) -> Grant:
        """What a request may do; the owner of this machine may name any project."""
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() == "bearer" and secrets.compare_digest(key.strip().encode(), self.owner.encode()):
            name = project or DEFAULT_PROJECT
            if name not in self._known:
                self._known = frozenset(str(row["name"]) for row in self.state.projects())
            if name not in self._known:
                raise Unauthorised(
                    f"no such project: {name}", hint="`trimtab keys create --project NAME` makes it"
                )
            return Grant(project=name, scopes=frozenset({"admin"}), owner=True, who="owner")
        grant = self.keyring.grant(authorization)
        if project and project != grant.project:
            raise Unauthorised(f"this key is not for the project {project}", hint="use a key of that project")
        return grant


@contextlib.contextmanager
def open_server(settings: Settings, clock: Clock | None = None) -> Generator[Server]:
    """Open the store in `settings.data` and everything on it; on leaving, nothing acknowledged is lost."""
    clock = clock or SystemClock()
    folder = settings.data
    with contextlib.ExitStack() as stack:
        stack.enter_context(lock_folder(folder))
        where, state = open_state(stack, settings)
        owner, first_key = introduce(folder, state, clock)
        journal = SqliteJournal(folder / "journal", clock)
        stack.callback(journal.close)
        analytics = open_rows(folder, settings, clock, journal)
        stack.callback(analytics.close)
        applier = Applier(journal, analytics, Rules(prices=GenaiPrices(), settle_s=settings.settle_s))
        applier.start()
        stack.callback(applier.close)
        text, indexer = open_words(stack, folder / "text", journal, applier)
        sources = sources_of(folder, (journal, analytics, state), clock, indexer)
        keeper = open_keeper(stack, sources, folder, applier)
        forwarder = open_forwarder(stack, settings, (journal, state, clock))
        control = open_control(stack, state, where, clock)
        access = open_access(stack, settings, where, clock, state)
        yield Server(
            settings=settings,
            clock=clock,
            state=state,
            journal=journal,
            analytics=analytics,
            door=open_door(stack, settings, (journal, state, clock), applier),
            applier=applier,
            text=text,
            indexer=indexer,
            keeper=keeper,
            forwarder=forwarder,
            keyring=Keyring(state),
            watched=open_watched(stack, settings, where, (sources, applier)),
            access=access,
            control=control,
            approvals=open_lapsing(stack, where, control, (state, access, clock)),
            stage=open_stage(stack),
            owner=owner,
            first_key=first_key,
        )


def sources_of(
    folder: Path, stores: tuple[Journal, Analytics, State], clock: Clock, indexer: Indexer
) -> Sources:
    """What erasures and retention work on."""
    journal, analytics, state = stores
    return Sources(
        journal=journal,
        analytics=analytics,
        state=state,
        clock=clock,
        cut=cut_out,
        forget_day=indexer.forget,
        record=functools.partial(record, folder, state),
        sound=unreadable,
    )


def open_rows(folder: Path, settings: Settings, clock: Clock, journal: SqliteJournal) -> DuckdbAnalytics:
    """The derived rows."""
    return DuckdbAnalytics(folder / "analytics.duckdb", clock, close_policy(settings), journal.positions)


def open_stage(stack: contextlib.ExitStack) -> Stage:
    """Where the demonstration is played, if anybody asks for it."""
    stage = Stage()
    stack.callback(stage.close)
    return stage


def open_state(stack: contextlib.ExitStack, settings: Settings) -> tuple[str, State]:
    """Where the state is, and the first of its stores."""
    where = state_place(settings.data, settings.state_url)
    state = SqlState(where)
    stack.callback(state.close)
    if settings.state_url:
        note_place(settings.data, place_of(where))
    return where, state


def open_door(
    stack: contextlib.ExitStack, settings: Settings, parts: tuple[Journal, State, Clock], applier: Applier
) -> Door:
    """Where telemetry comes in, and what makes it durable."""
    journal, state, clock = parts
    commit = GroupCommit(journal, applier.put)
    stack.callback(commit.close)
    door = Door(clock, redaction_of(settings, state), commit, applier, limits_of(settings))
    stack.callback(door.close)
    return door


def open_words(
    stack: contextlib.ExitStack, folder: Path, journal: Journal, applier: Applier
) -> tuple[TextIndex, Indexer]:
    """The text index, and the thread that fills it behind the rows."""
    text = SqliteTextIndex(folder)
    stack.callback(text.close)
    indexer = Indexer(journal, text, applier)
    indexer.start()
    stack.callback(indexer.close)
    return text, indexer


def open_keeper(stack: contextlib.ExitStack, sources: Sources, folder: Path, applier: Applier) -> Keeper:
    """What looks after the store, and tallies what is over; first it finishes what a crash interrupted."""
    keeper = Keeper(sources, lambda timeout_s: applier.wait(sources.journal.last(), timeout_s))
    keeper.finish(read_record(folder / NAME))
    keeper.start()
    stack.callback(keeper.close)
    tallier = Tallier(
        sources.analytics,
        sources.state,
        sources.clock,
        lambda: applier.position >= sources.journal.last(),
    )
    tallier.start()
    stack.callback(tallier.close)
    return keeper


def open_forwarder(
    stack: contextlib.ExitStack, settings: Settings, parts: tuple[Journal, State, Clock]
) -> Forwarder:
    """What hands telemetry on; nothing leaves the process where no destination is configured."""
    journal, state, clock = parts
    sender = sender_within(Reach.read(settings.reach))
    stack.callback(sender.close)
    forwarder = Forwarder(journal, state, sender, clock)
    forwarder.start()
    stack.callback(forwarder.close)
    return forwarder


def close_policy(settings: Settings) -> ClosePolicy:
    """When a session is over, as the settings say."""
    return ClosePolicy(
        idle_s=settings.idle_s,
        max_age_s=settings.max_age_s,
        settle_s=settings.settle_s,
        idle_s_by_agent=settings.idle_s_by_agent,
    )


def introduce(folder: Path, state: State, clock: Clock) -> tuple[str, str | None]:
    """The owner's key and, at the very first start, the first ingest key (shown once, kept as a hash)."""
    owner = owner_key(folder)
    erasure_key(state)  # from the beginning, so that every backup knows it
    if owner is not None:
        return owner, None
    owner = f"tt_{secrets.token_hex(24)}"
    _, first_key = create_key(state, clock, DEFAULT_PROJECT, "first key", ["ingest", "read"])
    write_secret(folder / "owner.key", owner)
    return owner, first_key


def limits_of(settings: Settings) -> DoorLimits:
    """What one request may bring."""
    return DoorLimits(body_bytes=settings.max_body_bytes)


def redaction_of(settings: Settings, state: State) -> RedactionPolicy:
    """What the settings ask to be redacted; its key is made once and kept in the state store."""
    key = state.keep_setting("redaction.key", os.urandom(32).hex())
    if settings.redaction == "off":
        return RedactionPolicy(enabled=False, key=bytes.fromhex(key))
    return RedactionPolicy(mode=settings.redaction, key=bytes.fromhex(key))  # type: ignore[arg-type]
