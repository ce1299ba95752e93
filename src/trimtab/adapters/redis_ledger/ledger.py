"""Units of work on Redis: who gets a row is decided here, by the one rule; a script keeps it where nobody was quicker.

The script may be told twice, as a client does whose answer was lost: the second time changes nothing.

    PREFIX:work:KEY           a row, as JSON
    PREFIX:ends               keys of rows that ended clearly, by the microsecond at which they may be forgotten
    PREFIX:unknown:SESSION    keys of rows of which nobody knows how they ended
    PREFIX:undo:ID            an undo entry; PREFIX:undos:SESSION their ids by position
    PREFIX:grants             approvals that were used
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields, replace

from trimtab.adapters.redis_ledger.server import RedisServer
from trimtab.edge.runtime import SWEPT, Claim, Row, Settlement, UndoEntry, as_text, claimed, settled
from trimtab.edge.runtime.ports import UndoState
from trimtab.vocabulary.kernel import Unavailable

MOST_TRIES = 1000
SWAP = """
local work, unknown, ends, position, undos, undo = unpack(KEYS)
local before, after, key, state, ends_us, entry, id, now_us, swept, prefix = unpack(ARGV)
local found = redis.call('GET', work) or ''
if found == after then return 1 end
if found ~= before then return 0 end
if after == '' then redis.call('DEL', work) else redis.call('SET', work, after) end
if state == 'unknown' then redis.call('SADD', unknown, key) else redis.call('SREM', unknown, key) end
if state == 'succeeded' or state == 'failed' then
  redis.call('ZADD', ends, ends_us, key)
else
  redis.call('ZREM', ends, key)
end
if entry ~= '' and redis.call('SETNX', undo, entry) == 1 then
  redis.call('ZADD', undos, redis.call('INCR', position), id)
end
if now_us ~= '' then
  for _, over in ipairs(redis.call('ZRANGE', ends, '-inf', now_us, 'BYSCORE', 'LIMIT', 0, swept)) do
    redis.call('DEL', prefix .. ':work:' .. over)
    redis.call('ZREM', ends, over)
  end
end
return 1
"""
MARK = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if ARGV[1] == '' then
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[1])
end
return 1
"""
USE = """
for _, id in ipairs(ARGV) do
  if redis.call('SISMEMBER', KEYS[1], id) == 1 then return 0 end
end
for _, id in ipairs(ARGV) do redis.call('SADD', KEYS[1], id) end
return 1
"""
Change = Callable[[Row | None], Row | None]


class RedisLedger:
    """Units of work on a server."""

    def __init__(self, server: RedisServer) -> None:
        """Keep them on a server."""
        self._server = server
        self._swap = server.script(SWAP)
        self._mark = server.script(MARK)
        self._use = server.script(USE)

    def begin(self, claim: Claim) -> Row:
        """The row of a unit of work, `mine` if the claim got it."""
        for _ in range(MOST_TRIES):
            before = self._text(claim.key)
            row = claimed(row_of(before), claim)
            if not row.mine or self._swapped(row, before, text_of(row), now_ns=claim.now_ns):
                return row
        raise busy(claim.key)

    def look(self, key: str) -> Row | None:
        """The row of a unit of work as it stands."""
        return row_of(self._text(key))

    def mark_sent(self, key: str, owner: str) -> bool:
        """Note before sending that it may have left."""
        return self._change(key, lambda row: replace(row, sent=True) if row and is_held(row, owner) else None)

    def settle(self, key: str, owner: str, settlement: Settlement) -> bool:
        """Note how it ended."""
        return self._change(key, lambda row: settled(row, owner, settlement), settlement.undo)

    def release(self, key: str, owner: str) -> None:
        """Forget a pending row of the owner."""
        for _ in range(MOST_TRIES):
            before = self._text(key)
            row = row_of(before)
            if row is None or not is_held(row, owner) or self._swapped(row, before, ""):
                return
        raise busy(key)

    def unresolved(self, session: str) -> list[Row]:
        """The rows of a session of which nobody knows how they ended."""
        with self._server.reading() as client:
            keys = sorted(client.smembers(self._name("unknown", session)))
            texts = client.mget([self._name("work", key) for key in keys]) if keys else []
        rows = [row for text in texts if (row := row_of(text))]
        return [row for row in rows if row.state == "unknown"]

    def undos(self, session: str) -> list[UndoEntry]:
        """The undo entries of a session that are ready or stuck, the latest first."""
        with self._server.reading() as client:
            placed = client.zrange(self._name("undos", session), 0, -1, desc=True, withscores=True)
            texts = client.mget([self._name("undo", one[0]) for one in placed]) if placed else []
        return [
            UndoEntry(**json.loads(text) | {"position": int(one[1])})
            for one, text in zip(placed, texts, strict=True)
            if text
        ]

    def mark_undo(self, id: str, state: UndoState, message: str = "") -> None:  # noqa: A002 - it is the entry's id
        """Note how an undo went; what is undone is forgotten."""
        name = self._name("undo", id)
        with self._server.reading() as client:
            found = client.get(name)
        if not found:
            return
        entry = UndoEntry(**json.loads(found))
        after = "" if state == "undone" else undo_text(replace(entry, state=state, message=message))
        self._server.run(self._mark, [name, self._name("undos", entry.session)], [after, id])

    def use_grants(self, ids: Sequence[str]) -> bool:
        """Use these approvals up, all or none; told twice by a lost answer, they count as used before."""
        return not ids or self._server.run(self._use, [self._name("grants")], list(ids)) == 1

    def _name(self, *parts: str) -> str:
        return ":".join((self._server.prefix, *parts))

    def _text(self, key: str) -> str:
        with self._server.reading() as client:
            return client.get(self._name("work", key)) or ""

    def _change(self, key: str, change: Change, undo: UndoEntry | None = None) -> bool:
        for _ in range(MOST_TRIES):
            before = self._text(key)
            row = change(row_of(before))
            if row is None:
                return False
            if self._swapped(row, before, text_of(row), undo=undo):
                return True
        raise busy(key)

    def _swapped(
        self, row: Row, before: str, after: str, *, undo: UndoEntry | None = None, now_ns: int | None = None
    ) -> bool:
        keys = [
            self._name("work", row.key),
            self._name("unknown", row.session),
            self._name("ends"),
            self._name("position"),
            self._name("undos", undo.session if undo else ""),
            self._name("undo", undo.id if undo else ""),
        ]
        args = [
            before,
            after,
            row.key,
            row.state,
            str(-(-row.expires_ns // 1000)),
            undo_text(undo) if undo else "",
            undo.id if undo else "",
            "" if now_ns is None else str(now_ns // 1000),
            str(SWEPT),
            self._server.prefix,
        ]
        return self._server.run(self._swap, keys, args) == 1


def is_held(row: Row, owner: str) -> bool:
    """Whether a row is pending and the owner's."""
    return row.state == "pending" and row.owner == owner


def busy(key: str) -> Unavailable:
    """Others were quicker, again and again."""
    return Unavailable(f"the work {key} changes all the time", hint="ask again")


def row_of(text: str | None) -> Row | None:
    """A row as it is kept."""
    return Row(**json.loads(text)) if text else None


def text_of(row: Row) -> str:
    """A row as JSON, without whose it is to whom."""
    known = {
        one.name: getattr(row, one.name) for one in fields(row) if one.name not in ("args", "result", "mine")
    }
    texts = f'"args": {as_text(dict(row.args))}, "result": {as_text(row.result)}'
    return f"{json.dumps(known)[:-1]}, {texts}}}"


def undo_text(entry: UndoEntry) -> str:
    """An undo entry as JSON."""
    return as_text(asdict(replace(entry, args=dict(entry.args))))
