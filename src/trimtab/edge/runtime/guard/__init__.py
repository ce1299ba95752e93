"""What stands between a caller and a tool: retries, breaker, bulkhead, rate.

retry.py       may it be tried again, and when; the budget of retries (gRPC A6)
breaker.py     calls stop for a while after too many bad ones
bulkhead.py    so many at once; rate.py so many a second (GCRA)
guards.py      all of them for one tool
"""

from trimtab.edge.runtime.guard.breaker import Breaker, Permit
from trimtab.edge.runtime.guard.bulkhead import Bulkhead
from trimtab.edge.runtime.guard.guards import Guards
from trimtab.edge.runtime.guard.rate import Rate
from trimtab.edge.runtime.guard.retry import Backoff, RetryBudget, backoff_s, may_retry

__all__ = [
    "Backoff",
    "Breaker",
    "Bulkhead",
    "Guards",
    "Permit",
    "Rate",
    "RetryBudget",
    "backoff_s",
    "may_retry",
]
