"""One session of an agent, as its tool calls need it."""

from collections.abc import Mapping
from typing import Any

from trimtab.vocabulary.contract import (
    Contract,
    Provenance,
    SessionState,
    Suspicion,
    Tool,
    facts_name,
    look_into,
)
from trimtab.vocabulary.kernel import Clock


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
    ) -> None:
        """Begin now."""
        self.id = id
        self.tenant = tenant
        self.user = user
        self.intent = intent
        self.provenance = Provenance()
        self.results: dict[str, Any] = {}
        self.cost_usd = 0.0
        self.tokens = 0
        self.retries = 0
        self._clock = clock
        self._begun_ns = clock.now_ns()
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
            self.results[facts_name(name)] = value

    def look(self, name: str, contract: Contract, value: Any) -> Suspicion:
        """Whether an output that strangers can write seems to give orders; the session remembers the first that did."""
        tool = contract.tools.get(name)
        if contract.on_suspected == "off" or (tool is not None and tool.output.trusted):
            return Suspicion()
        found = look_into(value)
        if found.suspected and not self._state.suspected:
            self._state.suspected = f"{name}: {found}"
        return found
