"""One session of an agent, as its tool calls need it."""

import random
from collections.abc import Mapping
from typing import Any

from trimtab.vocabulary.contract import (
    CLEAR,
    Contract,
    Marking,
    Provenance,
    SessionState,
    Suspicion,
    Tool,
    facts_name,
    look_into,
    mark_of,
    new_key,
)
from trimtab.vocabulary.kernel import Clock

SYSTEM = random.SystemRandom()


class Session:
    """Who it is for, what was said, and what was done so far."""

    def __init__(
        self,
        id: str,  # noqa: A002 - its own id
        clock: Clock,
        *,
        tenant: str = "",
        user: str = "",
        intent: str = "",
        begun_ns: int | None = None,
    ) -> None:
        """Begin now, or go on with one that began before in another process."""
        self.id = id
        self.tenant = tenant
        self.user = user
        self.intent = intent
        self.provenance = Provenance()
        self.results: dict[str, Any] = {}
        self.cost_usd = 0.0
        self.tokens = 0
        self.retries = 0
        self.key = new_key(SYSTEM)
        """What marks outputs in this session."""
        self._clock = clock
        self._begun_ns = clock.now_ns() if begun_ns is None else begun_ns
        self._state = SessionState(id=id, tenant=tenant, user=user, intent=intent)

    @property
    def state(self) -> SessionState:
        """The session as a decision sees it: always the same object, brought up to date."""
        found = self._state
        found.cost_usd, found.tokens = self.cost_usd, self.tokens
        found.seconds = (self._clock.now_ns() - self._begun_ns) / 1e9
        found.tainted, found.sensitive = self.provenance.tainted, self.provenance.sensitive
        return found

    def began(self, name: str, tool: Tool | None) -> None:
        """A call was let through."""
        state = self._state
        state.calls += 1
        if tool is not None and tool.effect != "read":
            state.writes += 1
            state.irreversible += tool.effect == "irreversible"
        if name not in state.called:
            state.called |= {name}

    def learned(
        self, name: str, tool: Tool | None, args: Mapping[str, Any], value: Any, *, valid: bool
    ) -> None:
        """A call gave a result; only a valid one is a fact for later conditions."""
        self.provenance.read(tool, value, name=name, args=args)
        if valid:
            self.valid(name, value)

    def valid(self, name: str, value: Any) -> None:
        """A result is a fact for later conditions from now on."""
        self.results[facts_name(name)] = value

    def look(self, name: str, contract: Contract, value: Any) -> Suspicion:
        """Whether an output that strangers can write seems to give orders; the session remembers the first that did."""
        tool = contract.tools.get(name)
        if contract.on_suspected == "off" or (tool is not None and tool.output.trusted):
            return CLEAR
        found = look_into(value)
        if found.suspected and not self._state.suspected:
            self._state.suspected = f"{name}: {found}"
        return found

    def marked(self, name: str, contract: Contract, value: Any) -> Any:
        """An output as the model shall see it."""
        tool = contract.tools.get(name)
        way = mark_of(contract, tool)
        if way == "off":
            return value
        spared = tool.output.vouched if tool else frozenset[tuple[str, ...]]()
        return Marking(way=way, key=self.key).put_on(value, spared)

    def marking(self, contract: Contract) -> str:
        """What the system prompt says of the marks of this session; "" where nothing is marked."""
        found: list[str] = []
        for tool in (None, *contract.tools.values()):
            said = Marking(way=mark_of(contract, tool), key=self.key).instructions()
            if said and said not in found:
                found.append(said)
        return "\n".join(found)
