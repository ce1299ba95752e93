"""May a call be tried again: by what it does to the world, and by what is known of the last attempt."""

import random
import threading

from trimtab.edge.runtime.model import Reply
from trimtab.vocabulary.contract import Effect, Retry

REPEATABLE: frozenset[Effect] = frozenset({"read", "idempotent_write", "keyed_write"})
MAX_TOKENS = 10.0
MAX_ATTEMPTS = 5


def may_retry(effect: Effect, reply: Reply) -> bool:
    """Whether another attempt does no harm: always where nothing was sent, after silence only where repeating is harmless.

    A keyed write is repeated under the same key; what is written anew each time, or for good, never after silence.
    """
    if reply.ending == "not_sent":
        return True
    if reply.ending == "busy":
        return reply.retry_after_s is not None
    return reply.ambiguous and effect in REPEATABLE


def backoff_s(plan: Retry, attempt: int, dice: random.Random) -> float:
    """Seconds before the attempt after number `attempt`: random(0, min(initial x 2^(n-1), max)), as in gRPC A6."""
    return dice.uniform(0.0, min(plan.backoff_s * 2 ** (attempt - 1), plan.most_s))


class Backoff:
    """How long one call waits between its attempts."""

    def __init__(self, plan: Retry, dice: random.Random) -> None:
        """Begin with the first backoff."""
        self._plan = plan
        self._dice = dice
        self._number = 0

    def after(self, reply: Reply) -> float:
        """Seconds: what the other side asks for, whereupon backoffs begin anew, else the next backoff (gRPC A6)."""
        if reply.ending == "busy" and reply.retry_after_s is not None:
            self._number = 0
            return reply.retry_after_s
        self._number += 1
        return backoff_s(self._plan, self._number, self._dice)


class RetryBudget:
    """Retry throttling of gRPC A6: a token less for each failure, a part of one more for each success.

    What never left is none, for it burdens nobody; what was asked wrongly is none either. Nothing is tried again while half of the tokens or fewer are left. Safe in threads.
    """

    def __init__(self, ratio: float, tokens: float = MAX_TOKENS) -> None:
        """Begin full; `ratio` is what a success gives back."""
        self._most = tokens
        self._ratio = ratio
        self._tokens = tokens
        self._lock = threading.Lock()

    @property
    def tokens(self) -> float:
        """What is left."""
        return self._tokens

    def success(self) -> None:
        """Give a part back."""
        if self._tokens >= self._most:
            return
        with self._lock:
            self._tokens = min(self._most, self._tokens + self._ratio)

    def failure(self) -> None:
        """Take one."""
        with self._lock:
            self._tokens = max(0.0, self._tokens - 1.0)

    def allows(self) -> bool:
        """Whether another attempt is within the budget."""
        return self._tokens > self._most / 2
