"""One session of an agent, as its tool calls need it."""

from collections.abc import Mapping
from typing import Any

from trimtab.vocabulary.contract import Provenance, SessionState, Tool, facts_name
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
        self._calls = 0
        self._writes = 0
        self._irreversible = 0
        self._called: frozenset[str] = frozenset()

    @property
    def state(self) -> SessionState:
        """The session as a decision sees it."""
        return SessionState(
            id=self.id,
            tenant=self.tenant,
            user=self.user,
            intent=self.intent,
            calls=self._calls,
            writes=self._writes,
            irreversible=self._irreversible,
            cost_usd=self.cost_usd,
            tokens=self.tokens,
            seconds=(self._clock.now_ns() - self._begun_ns) / 1e9,
            tainted=self.provenance.tainted,
            sensitive=self.provenance.sensitive,
            called=self._called,
        )

    def began(self, name: str, tool: Tool | None) -> None:
        """A call was let through."""
        self._calls += 1
        self._writes += tool is not None and tool.writes
        self._irreversible += tool is not None and tool.effect == "irreversible"
        if name not in self._called:
            self._called |= {name}

    def learned(
        self, name: str, tool: Tool | None, args: Mapping[str, Any], value: Any, *, valid: bool
    ) -> None:
        """A call gave a result; only a valid one is a fact for later conditions."""
        self.provenance.read(tool, value, name=name, args=args)
        if valid:
            self.results[facts_name(name)] = value
