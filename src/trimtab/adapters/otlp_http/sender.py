"""Sends OTLP/HTTP as its specification asks: protobuf, gzip, which answers mean "again", partial success.

https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

import gzip
import os
from collections.abc import Mapping

import httpx
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from trimtab.loop.ingest import Destination, Reply
from trimtab.loop.store import Signal

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
AGAIN = frozenset({408, 429, 500, 502, 503, 504})
"""500 is no answer that OTLP says to repeat; what fails for a moment is often told so, and dropping is worse."""
KEYS_WRONG = frozenset({401, 403})
MAX_REASON = 200


class OtlpHttpSender:
    """One connection pool for all destinations; safe to share between threads."""

    def __init__(
        self, env: Mapping[str, str] = os.environ, transport: httpx.BaseTransport | None = None
    ) -> None:
        """Take the values of headers from `env` when something is sent; `transport` bounds where it may go."""
        self._env = env
        self._client = httpx.Client(
            timeout=TIMEOUT, trust_env=False, follow_redirects=False, transport=transport
        )

    def send(self, destination: Destination, signal: Signal, body: bytes) -> Reply:
        """Send a body; what the other side, or the network, does is in the reply."""
        headers = {"content-type": "application/x-protobuf", "content-encoding": "gzip"}
        for header, variable in destination.headers.items():
            value = self._env.get(variable)
            if not value:
                return Reply(again=True, reason=f"{variable} is not set: restart the server with it")
            headers[header] = value
        try:
            answer = self._client.post(
                f"{destination.url}/v1/{signal}", content=gzip.compress(body, 1), headers=headers
            )
        except (httpx.HTTPError, ValueError) as error:
            return Reply(again=True, reason=f"{type(error).__name__} {error}".strip()[:MAX_REASON])
        return reply_of(answer)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()


def reply_of(answer: httpx.Response) -> Reply:
    """What an answer means."""
    code = answer.status_code
    if answer.is_success:
        return taken(answer.content)
    reason = f"HTTP {code}: {answer.text[:MAX_REASON]}".rstrip(": ")
    if code in AGAIN or code in KEYS_WRONG:  # wrong keys are mended by a person: nothing is lost meanwhile
        said = answer.headers.get("retry-after", "")
        return Reply(again=True, reason=reason, retry_after_s=float(said) if said.isdigit() else None)
    return Reply(reason=reason)


def taken(content: bytes) -> Reply:
    """Taken, less what the other side rejected; the three signals answer alike."""
    try:
        partial = ExportTraceServiceResponse.FromString(content).partial_success
    except DecodeError:
        return Reply(taken=True)
    return Reply(taken=True, rejected=partial.rejected_spans, reason=partial.error_message[:MAX_REASON])
