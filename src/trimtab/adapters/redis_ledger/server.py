"""A Redis server that keeps what it was told, or is refused.

Redis answers before it has written, unless `appendonly yes` and `appendfsync always` say otherwise, and may throw rows
away when its memory is full. A ledger that loses its last second does a payment twice.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from trimtab.vocabulary.kernel import Invalid, Unavailable

if TYPE_CHECKING:
    from redis import Redis

PREFIX = "{trimtab}"
"""The braces put all keys on one node of a cluster, as a script needs them."""
WAIT_S = 1.0


class RedisServer:
    """A connection to a server. Safe in threads.

    `lossy` takes a server that may lose what it acknowledged; `replicas` is how many copies must have each word
    before it counts (WAIT), beside the server's own disk.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = PREFIX,
        lossy: bool = False,
        replicas: int = 0,
        wait_s: float = WAIT_S,
    ) -> None:
        """Connect, and refuse a server that forgets; raises `Invalid` or `Unavailable`."""
        try:
            import redis
        except ImportError as error:
            raise Invalid(
                "the package redis is not installed", hint="pip install 'trimtab[redis]'"
            ) from error
        self.prefix = prefix
        self._replicas = replicas
        self._wait_ms = int(wait_s * 1000)
        self._client: Redis = redis.Redis.from_url(url, decode_responses=True)
        with reaching():
            faults = faults_of(self._client)
        if faults and not lossy:
            self.close()
            raise Invalid(
                f"this Redis may lose what a ledger was told: {'; '.join(faults)}",
                hint="set appendonly yes, appendfsync always and maxmemory-policy noeviction,"
                " or say lossy=True and live with an effect that happens twice",
                code="ledger_lossy",
            )

    def script(self, source: str) -> Any:
        """A script, to be run with `run`."""
        return self._client.register_script(source)

    def run(self, script: Any, keys: list[str], args: list[str]) -> Any:
        """Run a script that writes; what it says holds on as many copies as were asked for."""
        with reaching():
            if not self._replicas:
                return script(keys=keys, args=args)
            with self._client.pipeline(transaction=False) as pipe:
                script(keys=keys, args=args, client=pipe)
                pipe.execute_command("WAIT", self._replicas, self._wait_ms)
                found, copies = pipe.execute()
        if int(copies) < self._replicas:
            raise Unavailable(
                f"only {copies} of {self._replicas} copies have it within {self._wait_ms} ms",
                hint="bring the replicas back",
            )
        return found

    @contextmanager
    def reading(self) -> Generator[Any]:
        """The client, to read with; its texts are decoded, which its own types do not know."""
        with reaching():
            yield self._client

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


@contextmanager
def reaching() -> Generator[None]:
    """What the server or the way to it cannot do now is `Unavailable`."""
    from redis.exceptions import ConnectionError as NotReached
    from redis.exceptions import RedisError

    try:
        yield
    except NotReached as error:
        raise Unavailable(f"Redis cannot be reached: {error}", hint="is it running?") from error
    except RedisError as error:
        raise Unavailable(f"Redis did not do it: {error}", hint="look into its log") from error


def faults_of(client: "Redis") -> list[str]:
    """Why this server may lose what it acknowledged."""
    from redis.exceptions import ResponseError

    found: list[str] = []
    persistence: Mapping[str, Any] = client.info("persistence")
    memory: Mapping[str, Any] = client.info("memory")
    if not persistence.get("aof_enabled"):
        found.append("appendonly is off")
    else:
        try:
            fsync = client.config_get("appendfsync").get("appendfsync")
        except ResponseError:
            fsync = "hidden from us"
        if fsync != "always":
            found.append(f"appendfsync is {fsync}")
    if str(memory.get("maxmemory_policy", "")).startswith("allkeys") and memory.get("maxmemory"):
        found.append(f"maxmemory-policy is {memory['maxmemory_policy']}")
    return found
