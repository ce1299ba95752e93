"""What every store of directives does: the fake, and the adapter in memory and on a file that two servers share."""

from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from tests.support.postgres import POSTGRES, new_state
from tests.unit.vocabulary.control.test_compose import HOUR, T0, wish

from trimtab.adapters.sql_state import SqlDirectiveStore
from trimtab.loop.mitigation import Control, DirectiveStore, MemoryDirectiveStore, Standing, Undone, Wish
from trimtab.vocabulary.audit import FakeKey, fake_check, read_note
from trimtab.vocabulary.control import Directive, Document, read_document
from trimtab.vocabulary.kernel import Conflict, Invalid, Missing, Refused, VirtualClock

Makers = dict[str, Callable[[], tuple[DirectiveStore, DirectiveStore]]]


def two(where: str) -> tuple[DirectiveStore, DirectiveStore]:
    return SqlDirectiveStore(where), SqlDirectiveStore(where)


def alike(store: DirectiveStore) -> tuple[DirectiveStore, DirectiveStore]:
    return store, store


@pytest.fixture(params=["fake", "memory", "file", *POSTGRES])
def servers(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Generator[tuple[DirectiveStore, DirectiveStore]]:
    """What two servers see of one state."""
    makers: Makers = {
        "fake": lambda: alike(MemoryDirectiveStore()),
        "memory": lambda: alike(SqlDirectiveStore(":memory:")),
        "file": lambda: two(str(tmp_path / "state.sqlite")),
        "postgres": lambda: two(new_state()),
    }
    found = makers[request.param]()
    yield found
    for one in found:
        one.close()


def test_directives_are_kept_and_taken_back_once(servers: tuple[DirectiveStore, DirectiveStore]) -> None:
    here, there = servers
    first, second = wish("read_only"), wish("bundle:b", made_ns=T0 + 1)
    here.add("p", first)
    there.add("p", second)
    assert list(here.directives("p")) == [second, first]
    assert list(here.directives("q")) == list(here.directives("p", T0 + HOUR)) == []
    with pytest.raises(Conflict):
        there.add("p", first)
    undone = there.undo("p", first.id, Undone(at_ns=T0 + 5, by="bo", why="mended"))
    assert undone == replace(first, undone_ns=T0 + 5, undone_by="bo", undone_why="mended")
    assert here.undo("p", first.id, Undone(at_ns=T0 + 9, by="cy", why="late")) == undone
    assert here.undo("q", first.id, Undone(at_ns=T0 + 9, by="cy", why="other")) is None


def test_a_version_is_of_one_set_and_only_grows(servers: tuple[DirectiveStore, DirectiveStore]) -> None:
    here, there = servers
    empty = here.standing("p", T0)
    assert empty.version == T0 // 1_000_000
    here.add("p", wish("read_only"))
    held = there.standing("p", T0 + 1)
    assert (held.version, held.issued_ns) == (empty.version + 1, T0 + 1)
    assert [one.what for one in held.directives] == ["read_only"]
    assert here.standing("p", T0 + 2) == held
    over = here.standing("p", T0 + HOUR)
    assert over.version == (T0 + HOUR) // 1_000_000
    assert over.directives == ()
    assert there.standing("q", T0).version == T0 // 1_000_000


class Servers(RuleBasedStateMachine):
    """Two servers on one state, whose clocks are a little apart and may jump back."""

    makers: Makers
    maker: str
    where = 0

    @initialize()
    def begin(self) -> None:
        self.stores = self.makers[self.maker]()
        self.clocks = (VirtualClock(T0), VirtualClock(T0 + 50_000_000))
        numbers = count()
        self.controls = [
            Control(store, clock, partial(FakeKey, "control"), lambda: f"{next(numbers):06}")
            for store, clock in zip(self.stores, self.clocks, strict=True)
        ]
        self.latest = 0
        self.texts: dict[int, str] = {}
        self.live: dict[str, Directive] = {}

    @rule(
        server=st.integers(0, 1),
        what=st.sampled_from(["read_only", "tool_off:a", "observe", "bundle:x", "bundle:y"]),
        lasts_s=st.integers(1, 5),
    )
    def direct(self, server: int, what: str, lasts_s: int) -> None:
        said = Wish(what=what, owner="person", who="ann", reason="why", lasts_s=lasts_s)
        if len(self.live) < 8:
            found = self.controls[server].direct("p", said)
            self.live[found.id] = found

    @rule(server=st.integers(0, 1), which=st.integers(0, 9))
    def undo(self, server: int, which: int) -> None:
        ids = sorted(self.live)
        if which < len(ids):
            try:
                self.controls[server].undo("p", ids[which], "bo", "mended")
            except Missing:  # over by the clock of this server; by that of the other it may still hold
                assert self.live[ids[which]].until_ns <= self.clocks[server].now_ns()
            else:
                del self.live[ids[which]]

    @rule(seconds=st.integers(1, 3))
    def wait(self, seconds: int) -> None:
        for clock in self.clocks:
            clock.advance(seconds)

    @rule(server=st.integers(0, 1), seconds=st.integers(-3, 3))
    def jump(self, server: int, seconds: int) -> None:
        self.clocks[server].advance(seconds)

    @rule(server=st.integers(0, 1))
    def ask(self, server: int) -> None:
        self.clocks[server].advance(0.2)  # what a server remembers for a moment is no longer fresh
        document = self.controls[server].document("p", "a", "prod")
        assert document.version >= self.latest
        assert self.texts.setdefault(document.version, document.note().text) == document.note().text
        self.latest = document.version
        now_ns, narrow = self.clocks[server].now_ns(), ("read_only", "tool_off:a")
        wanted = {one.what for one in self.live.values() if one.from_ns <= now_ns < one.until_ns}
        assert [one.what for one in document.orders if one.what in narrow] == sorted(wanted & {*narrow})
        assert ("observe" in wanted - {*narrow}) >= any(one.what == "observe" for one in document.orders)

    def teardown(self) -> None:
        for store in getattr(self, "stores", ()):
            store.close()


@pytest.mark.parametrize("maker", ["fake", "file"])
def test_two_servers_tell_one_story(maker: str, tmp_path: Path) -> None:
    numbers = count()
    Servers.makers = {
        "fake": lambda: alike(MemoryDirectiveStore()),
        "file": lambda: two(str(tmp_path / f"{next(numbers)}.sqlite")),
    }
    Servers.maker = maker
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Servers,
        settings=settings(
            max_examples=60 if maker == "fake" else 5,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def control(store: DirectiveStore | None = None) -> Control:
    return Control(store or MemoryDirectiveStore(), VirtualClock(T0), partial(FakeKey, "control"))


def said(what: str = "read_only", lasts_s: float = 60, reason: str = "why") -> Wish:
    return Wish(what=what, owner="person", who="ann", reason=reason, lasts_s=lasts_s)


def test_a_document_is_signed_and_says_the_same_each_time() -> None:
    found = control()
    found.direct("p", said())
    raw = found.signed("p", "a", "prod")
    note = read_note(raw)
    assert note.is_signed(found.key, fake_check)
    assert read_document(note.text) == found.document("p", "a", "prod")
    assert isinstance(read_document(note.text), Document)
    assert found.signed("p", "a", "prod") == raw
    assert isinstance(found.store.standing("p", T0), Standing)


def test_what_cannot_be_is_refused() -> None:
    found = control()
    for wrong in (said("fly"), said(lasts_s=0), said(reason=" "), said(lasts_s=91 * 86_400)):
        with pytest.raises(Invalid):
            found.direct("p", wrong)
    first = found.direct("p", said())
    with pytest.raises(Invalid):
        found.undo("p", first.id, "bo", " ")
    found.undo("p", first.id[:6], "bo", "mended")
    with pytest.raises(Conflict):
        found.undo("p", first.id, "bo", "again")
    for name in ("", "zz"):
        with pytest.raises(Missing):
            found.undo("p", name, "bo", "what")
    for _ in range(100):
        found.direct("p", said())
    with pytest.raises(Refused):
        found.direct("p", said())
    with pytest.raises(Invalid):
        _ = Control(MemoryDirectiveStore(), VirtualClock(T0), lambda: None).key
