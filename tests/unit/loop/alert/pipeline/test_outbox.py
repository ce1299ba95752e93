"""Messages are delivered at least once: pauses, giving up, threads, and being killed at every step."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import pytest
from tests.support.routing import DOCUMENT, HOUR, T0, S, alert

from trimtab.adapters.sql_state import SqlAlertStore
from trimtab.loop.alert import (
    AlertStore,
    Answer,
    Courier,
    Delivered,
    Delivery,
    MemoryAlertStore,
    MemoryNotifier,
    Message,
    Patience,
    Refused,
    Reply,
    Retry,
    Writes,
    play_turn,
    read_routing,
    reply_of,
)
from trimtab.vocabulary.kernel import Conflict, Unavailable, VirtualClock

ROUTING = read_routing(DOCUMENT)
CHAT = ("p", "chat")


@dataclass
class Kit:
    """A store with a message in it, a clock, a notifier and its courier."""

    notifier: MemoryNotifier
    store: AlertStore = field(default_factory=MemoryAlertStore)
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(T0))
    patience: Patience = field(default_factory=Patience)

    def courier(self, holder: str = "a") -> Courier:
        return Courier(
            self.store, lambda _p, _r: self.notifier, self.clock, holder, lambda: 0.5, self.patience
        )

    def add(self, name: str = "m", receiver: str = "chat") -> None:
        made = Message(id=name, kind="trigger", project="p", receiver=receiver, key=name, title="t", at_ns=T0)
        self.store.write(Writes(messages=(made,)), self.clock.now_ns())


def test_a_failure_that_passes_is_tried_again_after_longer_and_longer_pauses() -> None:
    kit = Kit(notifier=MemoryNotifier([Retry(reason="HTTP 500")] * 3 + [Retry(reason="slow", after_s=70)]))
    kit.add()
    times: list[int] = []
    while not kit.store.queued("p", "delivered"):
        if kit.courier().deliver(CHAT):
            times.append((kit.clock.now_ns() - T0) // S)
        kit.clock.advance(0.5)
    assert times == [0, 6, 19, 44, 114]  # 5, 10, 20 s and a quarter by chance; then what was asked for
    log = kit.store.log("p")[::-1]
    assert [(one.number, one.outcome, one.reason) for one in log] == [
        (1, "retry", "HTTP 500"),
        (2, "retry", "HTTP 500"),
        (3, "retry", "HTTP 500"),
        (4, "retry", "slow"),
        (5, "delivered", ""),
    ]


def test_pauses_have_a_bound_and_a_message_is_given_up_for_a_person_to_see() -> None:
    kit = Kit(notifier=MemoryNotifier([Retry(reason="away")] * 999), patience=Patience(give_up_s=7200))
    kit.add()
    for _ in range(2000):
        kit.courier().deliver(CHAT)
        kit.clock.advance(10)
    assert [one.message.id for one in kit.store.queued("p", "dead")] == ["m"]
    tries = kit.store.log("p", limit=999)[::-1]
    assert tries[-1].outcome == "dead"
    assert max(b.at_ns - a.at_ns for a, b in pairwise(tries)) == 750 * S
    sent = len(kit.notifier.sent)
    kit.notifier.replies.clear()
    kit.clock.set(T0 + HOUR)
    assert kit.store.revive("p", "m", kit.clock.now_ns())
    assert kit.courier().deliver(CHAT)
    assert len(kit.notifier.sent) == sent + 1
    assert len(kit.store.queued("p", "delivered")) == 1


def test_what_is_refused_is_not_tried_again() -> None:
    kit = Kit(notifier=MemoryNotifier([Refused(reason="HTTP 400")]))
    kit.add()
    assert kit.courier().deliver(CHAT)
    kit.clock.advance(1e6)
    assert not kit.courier().deliver(CHAT)
    assert [one.reason for one in kit.store.queued("p", "refused")] == ["HTTP 400"]


class Broken:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def send(self, message: Message) -> Reply:
        raise self.error


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (Unavailable("env:X is not set"), Retry(reason="env:X is not set")),
        (Conflict("no such project"), Refused(reason="no such project")),
        (RuntimeError("key=s3cret"), Retry(reason="RuntimeError in the notifier")),
    ],
)
def test_a_notifier_that_breaks_ends_nothing(error: Exception, reply: Reply) -> None:
    courier = Courier(MemoryAlertStore(), lambda _p, _r: Broken(error), VirtualClock(T0), "a", lambda: 0.0)
    sent = Message(id="m", kind="trigger", project="p", receiver="chat", key="m", title="t", at_ns=T0)
    assert courier.send(sent) == reply
    nobody = Courier(MemoryAlertStore(), lambda _p, _r: None, VirtualClock(T0), "a", lambda: 0.0)
    assert isinstance(nobody.send(sent), Refused)


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (Answer(status=202), Delivered()),
        (Answer(status=400, body=b"bad\n key k-12345"), Refused(reason="HTTP 400: bad key ***")),
        (Answer(status=404), Refused(reason="HTTP 404")),
        (Answer(status=302), Refused(reason="HTTP 302")),
        (Answer(status=401), Retry(reason="HTTP 401")),
        (Answer(status=429, headers={"retry-after": "7"}), Retry(reason="HTTP 429", after_s=7.0)),
        (Answer(status=503, headers={"retry-after": "x"}), Retry(reason="HTTP 503")),
        (Answer(status=500, headers={"retry-after": "9" * 99}), Retry(reason="HTTP 500", after_s=86400.0)),
        (
            Answer(
                status=503,
                headers={
                    "retry-after": "Wed, 21 Oct 2026 07:28:30 GMT",
                    "date": "Wed, 21 Oct 2026 07:28:00 GMT",
                },
            ),
            Retry(reason="HTTP 503", after_s=30.0),
        ),
        (Answer(status=0, body=b"ReadTimeout"), Retry(reason="ReadTimeout")),
    ],
)
def test_an_answer_says_whether_to_try_again(answer: Answer, reply: Reply) -> None:
    assert reply_of(answer, lambda text: text.replace("k-12345", "***")) == reply


class Watched:
    """Notes how many sends of a message there are, and whether two were ever at once."""

    def __init__(self) -> None:
        self.lock, self.now, self.most = threading.Lock(), 0, 0
        self.sent: list[str] = []

    def send(self, message: Message) -> Reply:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.002)
        with self.lock:
            self.now -= 1
            self.sent.append(message.id)
        return Delivered()


def test_two_servers_send_each_message_once_and_never_at_the_same_time(tmp_path: Path) -> None:
    path, clock, watched = str(tmp_path / "state.sqlite"), VirtualClock(T0), Watched()
    stores = [SqlAlertStore(path), SqlAlertStore(path)]
    made = [
        Message(id=f"{at}", kind="trigger", project="p", receiver="chat", key="one", title="t", at_ns=T0)
        for at in range(30)
    ]
    stores[0].write(Writes(messages=tuple(made)), T0)
    servers = [
        Delivery(Courier(store, lambda _p, _r: watched, clock, name, lambda: 0.0), store, clock, 0.005)
        for store, name in zip(stores, "ab", strict=True)
    ]
    for server in servers:
        server.start()
    until(lambda: len(watched.sent) >= 30)
    for server in servers:
        server.close()
    assert watched.sent == [f"{at}" for at in range(30)]
    assert watched.most == 1
    for store in stores:
        store.close()


class Stuck:
    """Hangs until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.sent: list[str] = []

    def send(self, message: Message) -> Reply:
        self.go.wait(60)
        self.sent.append(message.id)
        return Delivered()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_receiver_that_hangs_delays_nobody_else() -> None:
    kit, stuck = Kit(notifier=MemoryNotifier()), Stuck()
    courier = Courier(
        kit.store, lambda _p, name: stuck if name == "stuck" else kit.notifier, kit.clock, "a", lambda: 0.0
    )
    delivery = Delivery(courier, kit.store, kit.clock, 0.01)
    kit.add("s", "stuck")
    delivery.start()
    for at in range(5):
        kit.add(f"{at}")
    until(lambda: len(kit.notifier.sent) == 5)
    assert stuck.sent == []
    stuck.go.set()
    until(lambda: stuck.sent == ["s"])
    delivery.close()
    assert [name for thread in threading.enumerate() if (name := thread.name).startswith("deliver")] == []


def test_a_closed_delivery_leaves_the_rest_in_the_outbox() -> None:
    kit, stuck = Kit(notifier=MemoryNotifier()), Stuck()
    courier = Courier(kit.store, lambda _p, _r: stuck, kit.clock, "a", lambda: 0.0)
    delivery = Delivery(courier, kit.store, kit.clock, 0.01)
    for at in range(3):
        kit.add(f"{at}")
    delivery.start()
    until(lambda: any(one.holder for one in kit.store.queued("p", "waiting")))
    stuck.go.set()
    delivery.close()
    assert len(stuck.sent) + len(kit.store.queued("p", "waiting")) == 3


class Killed(BaseException):
    """The process ends here."""


class Fragile:
    """A store and a notifier that end the process before or after one of their calls."""

    def __init__(self, store: AlertStore, notifier: MemoryNotifier, at: int) -> None:
        self._store, self._notifier, self._left = store, notifier, at

    def step(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise Killed

    def send(self, message: Message) -> Reply:
        self.step()
        reply = self._notifier.send(message)
        self.step()
        return reply

    def __getattr__(self, name: str) -> Callable[..., object]:
        call = getattr(self._store, name)

        def fragile(*args: object) -> object:
            self.step()
            result = call(*args)
            self.step()
            return result

        return fragile


def evaluate_and_deliver(store: AlertStore, notifier: object, clock: VirtualClock, holder: str) -> None:
    """What a server does again and again: evaluate, play the turn, deliver."""
    now_ns = clock.now_ns()
    lease = store.lease("alerts", holder, now_ns, now_ns + 60 * S)
    if lease is not None:
        fires = now_ns < T0 + 900 * S
        burning = alert(severity="page", ends_ns=None if fires else T0 + 900 * S)
        store.write(Writes(alerts=(burning,)), now_ns, lease)
        play_turn(store, "p", ROUTING, now_ns, lease)
    courier = Courier(store, lambda _p, _r: notifier, clock, holder, lambda: 0.0)  # type: ignore[arg-type,return-value]
    for lane in store.lanes(now_ns):
        while courier.deliver(lane):
            pass


def live(store: AlertStore, at: int) -> tuple[list[Message], bool]:
    """Forty minutes of a server that is killed at its `at`-th step, and another that takes over; whether it was killed."""
    clock, notifier = VirtualClock(T0), MemoryNotifier()
    fragile, holder, killed = Fragile(store, notifier, at), "a", False
    while clock.now_ns() < T0 + 2400 * S:
        try:
            if killed:
                evaluate_and_deliver(store, notifier, clock, holder)
            else:
                evaluate_and_deliver(fragile, fragile, clock, holder)  # type: ignore[arg-type]
        except Killed:
            killed, holder = True, "b"
        clock.advance(30)
    return notifier.sent, killed


def test_killed_at_any_step_each_page_is_sent_at_least_once_with_the_same_key() -> None:
    whole, killed = live(MemoryAlertStore(), 10**9)
    assert not killed
    expected = {(one.receiver, one.kind, one.key) for one in whole}
    assert {kind for _, kind, _ in expected} == {"trigger", "resolve"}
    at = 1
    while True:
        sent, killed = live(MemoryAlertStore(), at)
        if not killed:
            break
        found = {(one.receiver, one.kind) for one in sent}
        assert found >= {(receiver, kind) for receiver, kind, _ in expected}, f"step {at}"
        assert len({one.key for one in sent}) == 1, f"step {at}"
        assert len(sent) <= len(whole) + 2, f"step {at}"
        at += 1
    assert at > 100


@pytest.mark.parametrize("at", [1, 8, 9, 15, 16, 27, 40, 55, 70])
def test_killed_on_a_real_store_too(at: int) -> None:
    store = SqlAlertStore(":memory:")
    sent, killed = live(store, at)
    assert killed
    assert len({one.key for one in sent}) == 1
    assert {one.kind for one in sent} == {"trigger", "resolve"}
    assert store.queued("p", "waiting") == []
    assert store.groups("p") == {}
    store.close()


def test_a_server_that_lost_its_lease_changes_nothing() -> None:
    store = MemoryAlertStore()
    old = store.lease("alerts", "a", T0, T0 + 60 * S)
    store.write(Writes(alerts=(replace(alert(), starts_ns=T0 - HOUR),)), T0, old)
    assert store.lease("alerts", "b", T0 + 61 * S, T0 + HOUR)
    with pytest.raises(Conflict):
        play_turn(store, "p", ROUTING, T0 + 61 * S, old)
    assert (store.groups("p"), store.lanes(T0 + HOUR)) == ({}, [])
