"""The one exception that a contract raises into an agent."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from trimtab.edge.runtime import Outcome
    from trimtab.vocabulary.contract import Decision

Ended = Literal["refused", "waiting", "failed", "unknown"]


class Stopped(Exception):
    """The contract did not let something happen, or nobody knows whether it did; only in mode enforce.

    `status` is refused, waiting (a person must agree), failed, or unknown (do not repeat it); `code` is the reason's. The
    message is made to be shown to the model.
    """

    def __init__(
        self,
        message: str,
        *,
        status: Ended,
        code: str = "",
        outcome: "Outcome | None" = None,
        decision: "Decision | None" = None,
    ) -> None:
        """Keep what was decided."""
        super().__init__(message)
        self.message = message
        self.status: Ended = status
        self.code = code or status
        self.outcome = outcome
        self.decision = decision or (outcome.decision if outcome else None)
