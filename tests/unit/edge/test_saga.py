"""Taking back, in any course of effects, failures and deaths: the latest first, each once, nothing forgotten."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.unit.edge.bank import Killed, Life, World

from trimtab.edge.runtime import Session
from trimtab.edge.runtime.call import call
from trimtab.edge.runtime.model import Act, Invoke, Reply, Work
from trimtab.edge.runtime.saga import undo_all


class Shop(World):
    """A world whose payments can be taken back; the bank knows both."""

    def __init__(self, effect: str) -> None:
        super().__init__(effect)
        self.repaid: list[str] = []
        self.repaid_keys: set[str] = set()

    def perform(self, act: Act, left: list[str]) -> Reply | None:
        if not isinstance(act, Invoke) or act.tool != "repay":
            return super().perform(act, left)
        fault = left.pop(0) if left else "o"
        if fault in "rfl":
            return Reply(ending={"r": "not_sent", "f": "failed", "l": "timeout"}[fault], message=fault)  # type: ignore[arg-type]
        if act.context.key not in self.repaid_keys:
            self.repaid_keys.add(act.context.key)
            self.repaid.append(act.args["to"])
        return Reply(ending="timeout", message="lost") if fault == "t" else Reply(ending="ok", value="repaid")

    def do(self, what: str, faults: str, kill_at: int | None, to: str = "") -> Any:
        life = Life(kill_at)
        setting, session = self.setting(life), Session("s", self.clock)
        args = {"to": to, "amount": 5}
        steps: Any = (
            undo_all(setting, session)
            if what == "undo"
            else call(setting, session, Work(tool="pay", args=args))
        )
        try:
            return self.drive(steps, faults, life)
        except Killed:
            return None
        finally:
            self.clock.advance(3600)


FAULTS = st.text("orftl", max_size=3)
KILLS = st.none() | st.integers(0, 20)


class Sagas(RuleBasedStateMachine):
    """Effects come and are taken back."""

    @initialize(effect=st.sampled_from(["keyed_write", "irreversible"]))
    def begin(self, effect: str) -> None:
        self.shop = Shop(effect)
        self.to = 0
        self.known: list[str] = []

    @rule(faults=FAULTS, kill_at=KILLS)
    def pay(self, faults: str, kill_at: int | None) -> None:
        self.to += 1
        outcome = self.shop.do("pay", faults, kill_at, f"DE{self.to}")
        if outcome and outcome.status == "succeeded":
            self.known.append(f"DE{self.to}")

    @rule(faults=FAULTS, kill_at=KILLS)
    def undo(self, faults: str, kill_at: int | None) -> None:
        before = len(self.shop.repaid)
        self.shop.do("undo", faults, kill_at)
        new = self.shop.repaid[before:]
        assert new == sorted(new, key=lambda one: -int(one[2:])) or kill_at is not None

    @invariant()
    def each_once_and_none_forgotten(self) -> None:
        shop = getattr(self, "shop", None)
        if shop is None:
            return
        assert len(shop.repaid) == len(set(shop.repaid))
        paid = {one["to"] for one in shop.bank.paid}
        assert set(shop.repaid) <= paid
        waiting = {one.args["to"] for one in shop.ledger.undos("s")}
        assert set(self.known) <= waiting | set(shop.repaid)

    def teardown(self) -> None:
        shop = getattr(self, "shop", None)
        if shop is None:
            return
        for _ in range(3):
            last = shop.do("undo", "", None)
        if not last.left:
            assert set(self.known) <= set(shop.repaid)
        else:
            assert all(one.state in ("stuck", "ready") for one in last.left)


TestSagas = Sagas.TestCase
TestSagas.settings = settings(max_examples=60, stateful_step_count=15, deadline=None)
