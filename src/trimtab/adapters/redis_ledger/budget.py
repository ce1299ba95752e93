"""Budgets on Redis: counted here, by the one rule; a script keeps them where nobody was quicker.

An answer that is lost after the server heard us is counted twice: too much is spent, never too little.
"""

import json
from collections.abc import Iterable, Mapping

from trimtab.adapters.redis_ledger.server import RedisServer
from trimtab.edge.runtime import SWEPT, Spent, released, reserved
from trimtab.vocabulary.contract import Reservation
from trimtab.vocabulary.kernel import Clock, Unavailable

MOST_TRIES = 1000
CHANGE = """
local amounts, ends = KEYS[1], KEYS[2]
local now_us, swept = ARGV[1], ARGV[2]
for at = 3, #ARGV, 4 do
  if (redis.call('HGET', amounts, ARGV[at]) or '') ~= ARGV[at + 1] then return 0 end
end
for at = 3, #ARGV, 4 do
  redis.call('HSET', amounts, ARGV[at], ARGV[at + 2])
  redis.call('ZADD', ends, ARGV[at + 3], ARGV[at])
end
for _, over in ipairs(redis.call('ZRANGE', ends, '-inf', now_us, 'BYSCORE', 'LIMIT', 0, swept)) do
  redis.call('HDEL', amounts, over)
  redis.call('ZREM', ends, over)
end
return 1
"""
Kept = Mapping[str, str]


class RedisBudget:
    """Budgets on a server; those whose day is over are forgotten."""

    def __init__(self, server: RedisServer, clock: Clock) -> None:
        """Keep them on a server."""
        self._server = server
        self._clock = clock
        self._change = server.script(CHANGE)
        self._names = [f"{server.prefix}:budget", f"{server.prefix}:budget-ends"]

    @property
    def spent(self) -> Mapping[str, float]:
        """What is spent or reserved, by key."""
        return Spent(lambda key: self._open(self._kept([key])).get(key), self._everything)

    def reserve(self, reservations: Iterable[Reservation]) -> bool:
        """Make all of these, or none where one is over its budget."""
        wanted = list(reservations)
        for _ in range(MOST_TRIES):
            kept = self._kept(one.key for one in wanted)
            after = reserved(self._open(kept), wanted, self._clock.now_ns())
            if after is None:
                return False
            if not after or self._swapped(kept, after):
                return True
        raise busy()

    def release(self, reservations: Iterable[Reservation]) -> None:
        """Give back what is known not to have happened."""
        given = list(reservations)
        for _ in range(MOST_TRIES):
            kept = self._kept(one.key for one in given)
            left = released(self._open(kept), given)
            after = {key: (amount, ends_of(kept[key])) for key, amount in left.items()}
            if not after or self._swapped(kept, after):
                return
        raise busy()

    def _kept(self, keys: Iterable[str]) -> Kept:
        wanted = list(dict.fromkeys(keys))
        if not wanted:
            return {}
        with self._server.reading() as client:
            found = client.hmget(self._names[0], wanted)
        return {key: text or "" for key, text in zip(wanted, found, strict=True)}

    def _everything(self) -> dict[str, float]:
        with self._server.reading() as client:
            return self._open(client.hgetall(self._names[0]))

    def _open(self, kept: Kept) -> dict[str, float]:
        now_ns = self._clock.now_ns()
        return {
            key: float(json.loads(text)[0]) for key, text in kept.items() if text and ends_of(text) > now_ns
        }

    def _swapped(self, kept: Kept, after: Mapping[str, tuple[float, int]]) -> bool:
        args = [str(self._clock.now_ns() // 1000), str(SWEPT)]
        for key, (amount, ends_ns) in after.items():
            args += [key, kept[key], json.dumps([amount, ends_ns]), str(-(-ends_ns // 1000))]
        return self._server.run(self._change, self._names, args) == 1


def ends_of(text: str) -> int:
    """When a kept amount ends, in nanoseconds since the epoch."""
    return int(json.loads(text)[1])


def busy() -> Unavailable:
    """Others were quicker, again and again."""
    return Unavailable("the budgets change all the time", hint="ask again")
