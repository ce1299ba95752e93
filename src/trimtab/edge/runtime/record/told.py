"""One thing that the audit log is told, and the log as the runtime sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from trimtab.edge.runtime.session import Session
from trimtab.vocabulary.contract import Contract

Detail = Mapping[str, str | int | bool | None]


@dataclass(slots=True, kw_only=True)
class Told:
    """One thing that happened. `args` and `result` are the agent's: the log keeps digests of them, under a key."""

    event: str
    tool: str = ""
    effect: str = ""
    unit: str = ""
    args: Mapping[str, Any] | None = None
    result: Any = None
    decision: str = ""
    reasons: tuple[str, ...] = ()
    approval: str = ""
    person: str = ""
    detail: Detail = field(default_factory=dict[str, "str | int | bool | None"])


class Audit(Protocol):
    """The log of what an agent did."""

    def tell(self, told: Told, session: Session | None, contract: Contract) -> None:
        """Take it; it is written soon. Never raises."""
        ...

    def tell_first(self, told: Told, session: Session | None, contract: Contract) -> str:
        """Have it on disk before returning; why it is not, or nothing. Never raises."""
        ...
