"""A desk over HTTP; loaded by commands that ask, and not by the server."""

import asyncio
import contextlib
from collections.abc import Generator
from typing import Any

import httpx
import orjson

from trimtab.vocabulary.kernel import TrimtabError, Unavailable

TIMEOUT = httpx.Timeout(120.0, read=3600.0)
"""An erasure rewrites what it touches: a large store takes its time to answer."""


class HttpDesk:
    """A desk over an HTTP client that runs in its own event loop."""

    def __init__(self, client: httpx.AsyncClient, runner: asyncio.Runner, headers: dict[str, str]) -> None:
        """Send through `client`, with `headers` on every request."""
        self._client, self._runner, self._headers = client, runner, headers

    def get(self, path: str, **params: object) -> Any:
        """Read."""
        known = {name: str(value) for name, value in params.items() if value is not None}
        return self._send("GET", path, params=known)

    def post(self, path: str, body: object, *, media: str = "application/json") -> Any:
        """Write; a `bytes` body goes as it is."""
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        return self._send("POST", path, content=raw, headers={"content-type": media})

    def patch(self, path: str, body: object) -> Any:
        """Change what is there."""
        media = {"content-type": "application/json"}
        return self._send("PATCH", path, content=orjson.dumps(body), headers=media)

    def delete(self, path: str) -> Any:
        """Remove what is there."""
        return self._send("DELETE", path)

    def _send(self, method: str, path: str, **more: Any) -> Any:
        headers = self._headers | more.pop("headers", {})
        try:
            answer = self._runner.run(self._client.request(method, path, headers=headers, **more))
        except httpx.TransportError as error:
            raise Unavailable(
                f"no answer from {self._client.base_url}: {error}",
                hint="is the server running? `trimtab serve`",
            ) from error
        if answer.is_success:
            json = answer.headers.get("content-type", "").startswith("application/json")
            return answer.json() if json else answer.content
        raise error_of(answer)


def error_of(answer: httpx.Response) -> TrimtabError:
    """The error that an answer carries."""
    try:
        body = answer.json()
        return TrimtabError(body["detail"], hint=body.get("hint", ""), code=body["title"])
    except (ValueError, KeyError, TypeError):
        return TrimtabError(f"HTTP {answer.status_code}: {answer.text[:200]}")


@contextlib.contextmanager
def desk_at(url: str, headers: dict[str, str], application: Any = None) -> Generator[HttpDesk]:
    """A desk at an address, or at an application of this process."""
    transport = None if application is None else httpx.ASGITransport(application)
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(transport=transport, base_url=url, timeout=TIMEOUT, trust_env=False)
        try:
            yield HttpDesk(client, runner, headers)
        finally:
            runner.run(client.aclose())
