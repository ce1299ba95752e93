"""Which calls belong to one session: those of a conversation that grows from call to call."""

import hashlib
from collections.abc import Iterator

import orjson

from trimtab.loop.ingest.imports.chat.apis import Call, Json


class Threads:
    """The sessions of the calls seen so far, by what had been said when each call ended.

    A call goes on with the session whose messages and answer its own begin with, or whose response it names; else it
    begins one, named by its own id. Of two that were at the same point the later one goes on.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._by_said: dict[bytes, str] = {}
        self._by_id: dict[str, str] = {}

    def session_of(self, call: Call, name: str) -> str:
        """The session of a call; `name` is that of a session which it begins."""
        found = self._by_id.get(call.after) if call.after else None
        if found is None:
            known = [self._by_said[state] for state in states(list(call.given)) if state in self._by_said]
            found = known[-1] if known else name
        if call.id:
            self._by_id[call.id] = found
        if call.made:
            *_, last = states([*call.given, *call.made])
            self._by_said[last] = found
        return found


def states(messages: list[Json]) -> Iterator[bytes]:
    """A digest of all that was said up to each message."""
    digest = hashlib.blake2b(digest_size=16)
    for message in messages:
        digest.update(orjson.dumps(message, option=orjson.OPT_SORT_KEYS))
        yield digest.digest()
