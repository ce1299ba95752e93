"""Batches over HTTP: one connection that is kept, gzip, time limits, and what each answer means for a batch."""

# The codec of host names loads here, before any thread: a child forked while a thread loads it could never connect.
import encodings.idna  # noqa: F401 # pyright: ignore[reportUnusedImport]
import gzip
import http.client
import json
import ssl
import threading
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, cast
from urllib.parse import urlsplit

from trimtab.edge.sdk.delivery.encode import encode_fact, encode_span, facts_of, traces_of
from trimtab.edge.sdk.delivery.ports import TAKEN, Answer, Batch
from trimtab.edge.sdk.ports import Fact, SteadyClock
from trimtab.edge.sdk.span import Span
from trimtab.edge.sdk.warn import warn_once

SMALL = 1000
"""Bodies below this are not worth compressing."""
MAX_ANSWER = 100_000
KEY_WAIT_S = 60.0
MAX_WAIT_S = 3600.0
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 529})
LOCKED = frozenset({401, 403})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where batches go: full addresses, and headers of every request. `facts` is "" where nobody takes facts."""

    traces: str
    facts: str
    headers: tuple[tuple[str, str], ...] = ()


class Wire:
    """Carries batches to a server, one at a time."""

    def __init__(self, target: Target, clock: SteadyClock) -> None:
        """Connect at the first batch."""
        self._target, self._clock = target, clock
        self._connections: dict[str, http.client.HTTPConnection] = {}
        self._lock = threading.Lock()

    def encode_span(self, span: Span) -> bytes:
        """A step as OTLP/JSON, masked."""
        return encode_span(span)

    def encode_fact(self, fact: Fact) -> bytes:
        """A fact as JSON, masked."""
        return encode_fact(fact)

    def carry(self, batch: Batch, timeout_s: float) -> Answer:
        """Post a batch; any trouble on the way is `later`."""
        spans = batch.signal == "span"
        url = self._target.traces if spans else self._target.facts
        if not url:
            return Answer(verdict="never", why="this endpoint takes no facts")
        body = traces_of(batch.resource, batch.items) if spans else facts_of(batch.items)
        try:
            with self._lock:
                status, headers, said = self._post(url, body, timeout_s)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Answer(verdict="later", why=f"{type(error).__name__}: {error}")
        if 200 <= status < 300:
            note_rejected(said)
            return TAKEN
        return self._judge(status, headers, said, spans=spans)

    def forget(self) -> None:
        """Leave the connections to the parent."""
        self._lock = threading.Lock()
        self._connections = {}

    def close(self) -> None:
        """Give the connections back; one that is in use just now ends with the process."""
        if self._lock.acquire(blocking=False):
            try:
                for netloc in list(self._connections):
                    self._close(netloc)
            finally:
                self._lock.release()

    def _post(self, url: str, body: bytes, timeout_s: float) -> tuple[int, Any, bytes]:
        parts = urlsplit(url)
        sent = {"content-type": "application/json", "user-agent": "trimtab-sdk", **dict(self._target.headers)}
        if len(body) >= SMALL:
            body, sent["content-encoding"] = gzip.compress(body, 5, mtime=0), "gzip"
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        for fresh in (False, True):
            connection = self._connection(parts.scheme, parts.netloc, timeout_s)
            kept = connection.sock is not None
            try:
                connection.request("POST", path or "/", body, sent)
                answer = connection.getresponse()
                return answer.status, answer.headers, answer.read(MAX_ANSWER)
            except (ConnectionError, http.client.RemoteDisconnected, http.client.CannotSendRequest):
                self._close(parts.netloc)
                if (
                    fresh or not kept
                ):  # a kept connection may have been closed meanwhile: once more on a new one
                    raise
            except BaseException:
                self._close(parts.netloc)
                raise
        raise ConnectionError(parts.netloc)

    def _connection(self, scheme: str, netloc: str, timeout_s: float) -> http.client.HTTPConnection:
        found = self._connections.get(netloc)
        if found is None:
            if scheme == "https":
                found = http.client.HTTPSConnection(netloc, context=ssl.create_default_context())
            else:
                found = http.client.HTTPConnection(netloc)
            self._connections[netloc] = found
        found.timeout = timeout_s
        if found.sock is not None:
            found.sock.settimeout(timeout_s)
        return found

    def _close(self, netloc: str) -> None:
        found = self._connections.pop(netloc, None)
        if found is not None:
            found.close()

    def _judge(self, status: int, headers: Any, said: bytes, *, spans: bool) -> Answer:
        why = f"HTTP {status}: {said[:300].decode('utf-8', 'replace')}"
        if status in LOCKED:
            warn_once(f"the key is refused, telemetry waits for a right one ({why})", f"key {status}")
            return Answer(verdict="later", why=why, after_s=KEY_WAIT_S)
        if status in AGAIN:
            return Answer(verdict="later", why=why, after_s=self._retry_after(headers.get("retry-after", "")))
        if status in (404, 405) and spans:
            warn_once(f"nobody takes traces at {self._target.traces}: is the address right? ({why})", "404")
            return Answer(verdict="later", why=why, after_s=KEY_WAIT_S)
        if status in (400, 413, 422):
            return Answer(verdict="smaller", why=why)
        return Answer(verdict="never", why=why)

    def _retry_after(self, header: str) -> float | None:
        """Seconds, or a date: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after."""
        text = header.strip()
        if text.isascii() and text.isdigit():
            return min(float(text[:9]), MAX_WAIT_S)
        try:
            seconds = parsedate_to_datetime(text).timestamp() - self._clock.now_ns() / 1e9
        except (TypeError, ValueError):
            return None
        return min(max(seconds, 0.0), MAX_WAIT_S)


def note_rejected(said: bytes) -> None:
    """Warn once where the server took a batch but not all that was in it."""
    if b"partialSuccess" not in said:
        return
    try:
        found = cast("dict[str, dict[str, Any]]", json.loads(said))["partialSuccess"]
    except (ValueError, KeyError, TypeError):
        return
    if int(found.get("rejectedSpans") or 0):
        warn_once(
            f"the server rejected {found['rejectedSpans']} steps: {found.get('errorMessage', '')}", "rejected"
        )
