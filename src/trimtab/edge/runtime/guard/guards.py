"""All that guards one tool, and how long it usually takes."""

from collections import deque

from trimtab.edge.runtime.guard.breaker import Breaker
from trimtab.edge.runtime.guard.bulkhead import Bulkhead
from trimtab.edge.runtime.guard.rate import Rate
from trimtab.edge.runtime.guard.retry import RetryBudget
from trimtab.vocabulary.contract import Tool
from trimtab.vocabulary.kernel import Clock

REMEMBERED = 50
ENOUGH = 5


class Guards:
    """The guards of one tool, shared by all its callers."""

    def __init__(self, tool: Tool, clock: Clock) -> None:
        """Begin with everything open."""
        plan = tool.running
        self.retries = RetryBudget(plan.retry.budget)
        self.breaker = Breaker(plan.breaker, clock)
        self.bulkhead = Bulkhead(plan.at_once)
        self.rate = Rate(plan.per_s, clock)
        self._seconds: deque[float] = deque(maxlen=REMEMBERED)

    def took(self, seconds: float) -> None:
        """Remember how long a good call took."""
        self._seconds.append(seconds)

    @property
    def usual_s(self) -> float:
        """The median of the last good calls, in seconds; 0 while there are too few."""
        known = sorted(self._seconds)
        return known[len(known) // 2] if len(known) >= ENOUGH else 0.0
