"""The web port on httpx: one place where the bounds of outgoing calls are kept.

Only http and https, no redirects, no proxies from the environment, bounded in time and in bytes. It sits on httpx's transport:
its client writes every address into the log, and some addresses are secrets.
"""

import contextlib
import time
from collections.abc import Callable

import httpx

from trimtab.adapters.httpx_web.transport import ReachTransport
from trimtab.loop.access import EVERYWHERE_BUT_LINKS, Reach
from trimtab.loop.alert import Answer, Request

SCHEMES = frozenset({"http", "https"})
MAX_BYTES = 262_144
TOLD = (
    httpx.ConnectError,
    httpx.TimeoutException,
    httpx.ReadError,
    httpx.WriteError,
    httpx.RemoteProtocolError,
)
"""Errors whose text is about the connection; the text of others may hold an address or a header."""


class HttpxWeb:
    """One connection pool for all receivers; safe to share between threads."""

    def __init__(
        self,
        timeout_s: float = 10.0,
        total_s: float = 30.0,
        monotonic: Callable[[], float] = time.monotonic,
        reach: Reach = EVERYWHERE_BUT_LINKS,
    ) -> None:
        """Wait `timeout_s` for a connection and for each piece of an answer, `total_s` for all of its body; call within a reach."""
        self._timeout = dict.fromkeys(("connect", "read", "write", "pool"), timeout_s)
        self._total_s, self._monotonic = total_s, monotonic
        self._transport = ReachTransport(reach)

    def send(self, request: Request) -> Answer:
        """Send a request; an answer of status 0 where none came, with the reason as its body."""
        try:
            return self._exchange(request)
        except TOLD as error:
            return Answer(status=0, body=f"{type(error).__name__} {error}".strip().encode())
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, RuntimeError) as error:
            return Answer(status=0, body=type(error).__name__.encode())

    def close(self) -> None:
        """Give the connections back."""
        self._transport.close()

    def _exchange(self, request: Request) -> Answer:
        url = httpx.URL(request.url)
        if url.scheme not in SCHEMES or not url.host:
            return Answer(status=400, body=b"no address: http:// or https:// is needed")
        headers = {"user-agent": "trimtab", "accept-encoding": "identity", **request.headers}
        for name, value in headers.items():
            if not (value.isascii() and value.isprintable()):  # the driver would write it into its log
                return Answer(status=0, body=f"{name} has characters that no header takes".encode())
        made = httpx.Request(
            request.method, url, headers=headers, content=request.body, extensions={"timeout": self._timeout}
        )
        end = self._monotonic() + self._total_s
        answer = self._transport.handle_request(made)
        with contextlib.closing(answer):
            body = b""
            for piece in answer.iter_raw():
                body += piece
                if len(body) > MAX_BYTES or self._monotonic() > end:
                    break
        return Answer(status=answer.status_code, body=body[:MAX_BYTES], headers=dict(answer.headers))
