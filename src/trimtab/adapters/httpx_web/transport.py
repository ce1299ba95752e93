"""httpx's transport, connecting only to addresses that the server may call: checked when it connects, not before."""

from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

from trimtab.loop.access import Reach
from trimtab.vocabulary.kernel import Refused

MOST_CONNECTIONS, KEPT_S = 100, 5.0


class ReachBackend(httpcore.NetworkBackend):
    """Resolves a name once, checks every address, and connects to one of those."""

    def __init__(self, reach: Reach) -> None:
        """Connect within a reach."""
        self._reach, self._inner = reach, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers; raises `httpcore.ConnectError`."""
        try:
            addresses = self._reach.addresses(host, port)
        except (OSError, Refused) as error:
            raise httpcore.ConnectError(str(error)) from error
        failed: Exception | None = None
        for address in addresses:
            try:
                return self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError as error:
                failed = error
        raise failed or httpcore.ConnectError(f"{host} has no address")

    def sleep(self, seconds: float) -> None:
        """Wait between attempts."""
        self._inner.sleep(seconds)


class ReachTransport(httpx.HTTPTransport):
    """A pool of connections within a reach; no proxies, no sockets of this machine, no redirects."""

    def __init__(self, reach: Reach) -> None:
        """No connection yet."""
        super().__init__(trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=20,
            keepalive_expiry=KEPT_S,
            network_backend=ReachBackend(reach),
        )
