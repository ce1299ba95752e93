"""What a runtime works with: the contract, what must survive, and the time and chance it is given."""

import random
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from trimtab.edge.runtime.advice.asking import Adviser
from trimtab.edge.runtime.guard import Guards
from trimtab.edge.runtime.model import Attempt, Outcome
from trimtab.edge.runtime.record import Budget, Ledger
from trimtab.edge.runtime.record.keys import canonical
from trimtab.edge.runtime.record.told import Audit
from trimtab.edge.runtime.session import Session
from trimtab.vocabulary.contract import Contract, Tool
from trimtab.vocabulary.kernel import Clock

KEPT = 1000
RETRIES_PER_SESSION = 20


class Cache:
    """The last answers of reading tools, by tenant, user and arguments."""

    def __init__(self, most: int = KEPT) -> None:
        """Begin empty; beyond `most` the oldest goes."""
        self._kept: OrderedDict[str, tuple[int, Any]] = OrderedDict()
        self._most = most

    def put(self, session: Session, tool: str, args: Mapping[str, Any], value: Any, now_ns: int) -> None:
        """Keep an answer."""
        key = canonical([session.tenant, session.user, tool, dict(args)])
        self._kept[key] = (now_ns, value)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def get(
        self, session: Session, tool: str, args: Mapping[str, Any], now_ns: int
    ) -> tuple[float, Any] | None:
        """The last answer and its age in seconds, or None."""
        found = self._kept.get(canonical([session.tenant, session.user, tool, dict(args)]))
        return None if found is None else ((now_ns - found[0]) / 1e9, found[1])


@dataclass(slots=True, kw_only=True)
class Setting:
    """Everything that the steps of a call share. `secret` makes keys that nobody can guess; `owner` names this process."""

    contract: Contract
    ledger: Ledger
    budget: Budget
    clock: Clock
    dice: random.Random
    secret: bytes
    owner: str
    watch: Callable[[Attempt | Outcome], None]
    audit: Audit | None = None
    advisers: tuple[Adviser, ...] = ()
    numbers: Iterator[int] = field(default_factory=count)
    cache: Cache = field(default_factory=Cache)
    guards: dict[str, Guards] = field(default_factory=dict[str, Guards])

    def keep(self, session: Session, tool: Tool, args: Mapping[str, Any], value: Any) -> None:
        """Keep an answer where the contract lets an older one stand in."""
        stand_ins = tool.running.fallbacks
        if stand_ins and any(one.kind == "cache" for one in stand_ins):
            self.cache.put(session, tool.name, args, value, self.clock.now_ns())

    def guards_of(self, name: str) -> Guards:
        """The guards of one tool."""
        if name not in self.guards:
            self.guards[name] = Guards(self.contract.tools[name], self.clock)
        return self.guards[name]
