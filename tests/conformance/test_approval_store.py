"""What every store of approvals does, and approvals as a state machine over two servers on one state."""

import itertools
import json
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.support.postgres import POSTGRES, new_state

from trimtab.adapters.sql_state import SqlApprovalStore
from trimtab.loop.mitigation import Approvals, Request, Response, pack_request, unpack_request
from trimtab.vocabulary.audit import FakeKey, Key, fake_check, read_note
from trimtab.vocabulary.control import read_permit
from trimtab.vocabulary.kernel import Conflict, Invalid, Missing, Refused, TrimtabError, VirtualClock

T0, SECOND = 1_700_000_000_000_000_000, 1_000_000_000
SIGNER = FakeKey("control")


def request(
    name: str = "r1", quorum: int = 1, lasts_s: int = 60, now_ns: int = T0, **more: object
) -> Request:
    found = Request(
        id=name,
        project="p",
        agent="support",
        environment="prod",
        session="s",
        user="ann",
        tool="pay",
        args='{"iban": "X"}',
        args_digest=f"digest-of-{name}",
        contract_digest="c",
        why="pay needs 1 yes",
        doubts=(("iban", "iban comes from mail.read"),),
        role="",
        quorum=quorum,
        not_requester=True,
        made_ns=now_ns,
        until_ns=now_ns + lasts_s * SECOND,
    )
    return replace(found, **more)  # type: ignore[arg-type]


@pytest.fixture(params=["memory", "file", *POSTGRES])
def servers(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Generator[tuple[SqlApprovalStore, SqlApprovalStore]]:
    makers: dict[str, Callable[[], tuple[SqlApprovalStore, SqlApprovalStore]]] = {
        "memory": lambda: (found := SqlApprovalStore(":memory:"), found),
        "file": lambda: two(str(tmp_path / "state.sqlite")),
        "postgres": lambda: two(new_state()),
    }
    found = makers[request.param]()
    yield found
    for one in found:
        one.close()


def two(where: str) -> tuple[SqlApprovalStore, SqlApprovalStore]:
    return SqlApprovalStore(where), SqlApprovalStore(where)


def test_requests_are_kept_found_and_changed(servers: tuple[SqlApprovalStore, SqlApprovalStore]) -> None:
    here, there = servers
    first, second = request(), request("r2", now_ns=T0 + 1)
    here.add(first)
    there.add(second)
    with pytest.raises(Conflict):
        there.add(first)
    assert there.request("p", "r1") == first
    assert there.request("q", "r1") is None
    assert there.requests("p") == [second, first]
    assert there.requests("p", T0 + 1) == [second]
    said = Response(who="user:bo", yes=True, reason="read it", at_ns=T0)
    changed = here.change("p", "r1", lambda one: one.answered(said))
    assert there.request("p", "r1") == changed
    with pytest.raises(Missing):
        here.change("q", "r1", lambda one: one)


def test_who_is_slower_decides_again(servers: tuple[SqlApprovalStore, SqlApprovalStore]) -> None:
    here, there = servers
    here.add(request(quorum=2))
    tries: list[int] = []

    def late(one: Request) -> Request:
        tries.append(one.version)
        if len(tries) == 1:  # somebody else comes first, on the other server
            there.change("p", "r1", lambda two: two.answered(answer("user:bo")))
        return one.answered(answer("user:cy"))

    assert here.change("p", "r1", late).approvers == ("user:bo", "user:cy")
    assert tries == [1, 2]


def test_a_broken_glass_is_listed_until_somebody_else_looks_at_it(
    servers: tuple[SqlApprovalStore, SqlApprovalStore],
) -> None:
    here, there = servers
    first, second = request(quorum=2), request("r2", quorum=3, now_ns=T0 + 1)
    here.add(first)
    here.add(second)
    assert there.unreviewed("p") == []
    broken = here.change("p", "r1", lambda one: one.broken_open(answer("user:bo")))
    later = there.change("p", "r2", lambda one: one.broken_open(answer("user:cy", T0 + 1)))
    assert there.unreviewed("p") == here.unreviewed("p") == [broken, later]
    assert there.unreviewed("q") == []
    there.change("p", "r1", lambda one: one.reviewed(answer("user:cy")))
    assert here.unreviewed("p") == [later]


def test_a_request_of_the_release_before_is_read() -> None:
    row = json.loads(pack_request(request()))
    del row["break_glass"], row["review"]
    assert unpack_request(json.dumps(row)) == request()


def answer(who: str, at_ns: int = T0, *, yes: bool = True, reason: str = "read it") -> Response:
    return Response(who=who, yes=yes, reason=reason, at_ns=at_ns)


class Desk(RuleBasedStateMachine):
    """Two servers on one state: people answer, agents use, time passes."""

    where: Callable[[], tuple[SqlApprovalStore, SqlApprovalStore]]

    @initialize()
    def begin(self) -> None:
        self.stores, self.clock = type(self).where(), VirtualClock(T0)
        self.desks = [Approvals(store, self.clock, lambda: SIGNER) for store in self.stores]
        self.yes: dict[str, set[str]] = {}
        self.dead: set[str] = set()
        self.broken: dict[str, str] = {}
        self.reviewed: set[str] = set()
        self.permits: dict[str, str] = {}
        self.requests: dict[str, Request] = {}

    @rule(server=st.integers(0, 1), quorum=st.integers(1, 3), lasts_s=st.integers(1, 20))
    def ask(self, server: int, quorum: int, lasts_s: int) -> None:
        name = f"r{len(self.requests)}"
        made = request(name, quorum, lasts_s, self.clock.now_ns())
        self.requests[name] = self.desks[server].ask(made)
        self.yes[name] = set()

    @rule(
        server=st.integers(0, 1),
        which=st.integers(0, 4),
        who=st.sampled_from(["user:ann", "user:Ann", "user:bo", "user:cy", "key:d"]),
        yes=st.booleans(),
    )
    def answer(self, server: int, which: int, who: str, yes: bool) -> None:
        name = f"r{which}"
        if name not in self.requests:
            return
        open_ = self.waits(name)
        may = open_ and who not in self.yes[name] and not (yes and who.lower() == "user:ann")
        try:
            self.desks[server].answer("p", name, who, "read it", yes=yes)
        except TrimtabError:
            assert not may
            return
        assert may
        if yes:
            self.yes[name].add(who)
        else:
            self.dead.add(name)

    @rule(
        server=st.integers(0, 1),
        which=st.integers(0, 4),
        who=st.sampled_from(["user:Ann", "user:bo", "user:cy", "key:d"]),
    )
    def break_glass(self, server: int, which: int, who: str) -> None:
        name = f"r{which}"
        if name not in self.requests:
            return
        short = len(self.yes[name] - {who}) + 1 < self.requests[name].quorum or who in self.yes[name]
        may = self.waits(name) and short and who != "user:Ann"
        try:
            self.desks[server].break_glass("p", name, who, "nobody else is awake")
        except TrimtabError:
            assert not may
            return
        assert may
        self.broken[name] = who

    @rule(
        server=st.integers(0, 1),
        which=st.integers(0, 4),
        who=st.sampled_from(["user:Ann", "user:bo", "user:cy"]),
    )
    def review(self, server: int, which: int, who: str) -> None:
        name = f"r{which}"
        if name not in self.requests:
            return
        to_do = name in self.broken and name not in self.reviewed
        may = to_do and who not in {self.broken[name], "user:Ann"}
        try:
            self.desks[server].review("p", name, who, "it was right")
        except TrimtabError:
            assert not may
            return
        assert may
        self.reviewed.add(name)

    @rule(server=st.integers(0, 1), which=st.integers(0, 4))
    def revoke(self, server: int, which: int) -> None:
        name = f"r{which}"
        if name in self.requests:
            may = self.granted(name)
            try:
                self.desks[server].revoke("p", name, "user:bo", "a mistake")
            except Conflict:
                assert not may
                return
            assert may
            self.dead.add(name)

    @rule(server=st.integers(0, 1), which=st.integers(0, 4))
    def use(self, server: int, which: int) -> None:
        name = f"r{which}"
        if name in self.requests:
            may = self.granted(name)
            try:
                raw = self.desks[server].consume("p", name)
            except Conflict:
                assert not may
                return
            assert may
            assert name not in self.permits
            self.permits[name] = raw

    @rule(seconds=st.integers(1, 8))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds)

    def open(self, name: str) -> bool:
        over = self.clock.now_ns() >= self.requests[name].until_ns
        return not over and name not in self.dead and name not in self.permits

    def enough(self, name: str) -> bool:
        return name in self.broken or len(self.yes[name]) >= self.requests[name].quorum

    def waits(self, name: str) -> bool:
        return self.open(name) and not self.enough(name)

    def granted(self, name: str) -> bool:
        return self.open(name) and self.enough(name)

    @invariant()
    def what_was_broken_is_listed_until_reviewed(self) -> None:
        for store in getattr(self, "stores", ()):
            assert {one.id for one in store.unreviewed("p")} == set(self.broken) - self.reviewed

    @invariant()
    def permits_are_bound(self) -> None:
        for name, raw in getattr(self, "permits", {}).items():
            note = read_note(raw)
            assert note.is_signed(Key(name="control", public=SIGNER.public), fake_check)
            permit = read_permit(note.text)
            assert (permit.request, permit.args_digest) == (name, f"digest-of-{name}")
            alone = {self.broken[name]} if name in self.broken else set[str]()
            assert set(permit.approvers) == self.yes[name] | alone
            assert alone or len(permit.approvers) >= self.requests[name].quorum

    def teardown(self) -> None:
        for store in getattr(self, "stores", ()):
            store.close()


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_single_use_quorum_expiry_and_who_may(kind: str, tmp_path: Path) -> None:
    numbers = itertools.count()

    def memory() -> tuple[SqlApprovalStore, SqlApprovalStore]:
        found = SqlApprovalStore(":memory:")
        return found, found

    Desk.where = staticmethod(  # type: ignore[assignment]
        memory if kind == "memory" else lambda: two(str(tmp_path / f"{next(numbers)}.sqlite"))
    )
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Desk,
        settings=settings(
            max_examples=25 if kind == "memory" else 4,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_what_cannot_be_is_refused_and_how_it_goes_is_counted() -> None:
    clock = VirtualClock(T0)
    desk = Approvals(SqlApprovalStore(":memory:"), clock, lambda: SIGNER)
    for wrong in (request(quorum=0), request(lasts_s=0), request(lasts_s=86_401)):
        with pytest.raises(Invalid):
            desk.ask(wrong)
    nothing = desk.figures("p", 0)
    assert (nothing.requests, nothing.median_s, nothing.rubber_stamped) == (0, None, None)
    for number, (seconds, yes) in enumerate([(2, True), (10, True), (20, False), (100, None)]):
        made = desk.ask(request(f"a{number}", now_ns=clock.now_ns()))
        clock.advance(seconds)
        if yes is not None:
            desk.answer("p", made.id, "user:bo", "read it", yes=yes)
    with pytest.raises(Missing):
        desk.find("p", "a")
    with pytest.raises(Invalid):
        desk.answer("p", desk.ask(request("b", now_ns=clock.now_ns())).id, "user:bo", " ", yes=True)
    with pytest.raises(Refused):
        desk.answer("p", "b", "user:ANN", "mine", yes=True)
    found = desk.figures("p", 0)
    assert (found.requests, found.granted, found.denied, found.expired) == (5, 2, 1, 1)
    assert (found.median_s, found.rubber_stamped) == (6.0, 0.5)


def test_a_review_is_due_within_a_day_and_overdue_after() -> None:
    desk = Approvals(SqlApprovalStore(":memory:"), clock := VirtualClock(T0), lambda: SIGNER)
    desk.ask(request(quorum=2))
    assert desk.find("p", "r1").review_status(clock.now_ns()) == "none"
    with pytest.raises(Invalid):
        desk.break_glass("p", "r1", "user:bo", " ")
    found = desk.break_glass("p", "r1", "user:bo", "nobody else is awake")
    assert (found.status(clock.now_ns()), found.granted_ns, found.approvers) == ("granted", T0, ("user:bo",))
    assert found.review_due_ns == T0 + 86_400 * SECOND
    assert desk.figures("p", 0).break_glass == 1
    clock.advance(86_399)
    assert found.review_status(clock.now_ns()) == "due"
    clock.advance(1)
    assert found.review_status(clock.now_ns()) == "overdue"
    with pytest.raises(Refused):
        desk.review("p", "r1", "user:bo", "mine was right")
    assert desk.review("p", "r1", "user:cy", "it was right").review_status(clock.now_ns()) == "done"
    with pytest.raises(Conflict):
        desk.review("p", "r1", "user:dy", "once more")


@pytest.mark.parametrize(
    "raw", ["", "[]", "{}", '{"apiVersion":"trimtab/v1","kind":"Permit","approvers":[]}']
)
def test_what_is_no_permit_is_refused(raw: str) -> None:
    with pytest.raises(Invalid):
        read_permit(raw)
