"""How a command reaches the store: through the server that runs, or as the owner itself when none does."""

import asyncio
import contextlib
import os
from collections.abc import Generator
from typing import Any, Protocol

import httpx
import orjson

from trimtab.app.bootstrap.folder import owner_key, read_address
from trimtab.app.settings import Settings
from trimtab.vocabulary.kernel import Invalid, TrimtabError, Unavailable

TIMEOUT = httpx.Timeout(120.0, read=3600.0)
"""An erasure rewrites what it touches: a large store takes its time to answer."""


class Desk(Protocol):
    """Sends one request of the API and gives its JSON; raises `TrimtabError`."""

    def get(self, path: str, **params: object) -> Any:
        """Read."""
        ...

    def post(self, path: str, body: object, *, media: str = "application/json") -> Any:
        """Write; a `bytes` body goes as it is."""
        ...

    def patch(self, path: str, body: object) -> Any:
        """Change what is there."""
        ...

    def delete(self, path: str) -> Any:
        """Remove what is there."""
        ...


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
def open_desk(settings: Settings, project: str | None) -> Generator[Desk]:
    """The nearest way to the store: TRIMTAB_URL, else the server of the data folder, else this process."""
    headers = {"x-trimtab-project": project} if project else {}
    with asyncio.Runner() as runner, contextlib.ExitStack() as stack:
        url, transport = os.environ.get("TRIMTAB_URL"), None
        key = os.environ.get("TRIMTAB_KEY")
        if url and not key:
            raise Invalid("TRIMTAB_URL is set, TRIMTAB_KEY is not", hint="set it to a key of that server")
        if not url:
            address = read_address(settings.data)
            if address is not None:
                url = address.http
            else:
                # Imported late: a command that only asks a running server must not load the server.
                from trimtab.app.bootstrap import open_server
                from trimtab.app.http import application

                server = stack.enter_context(open_server(settings))
                transport, url = httpx.ASGITransport(application(server)), "http://trimtab"
            key = owner_key(settings.data)
        headers["authorization"] = f"Bearer {key}"
        client = httpx.AsyncClient(transport=transport, base_url=url, timeout=TIMEOUT, trust_env=False)
        stack.callback(lambda: runner.run(client.aclose()))
        yield HttpDesk(client, runner, headers)
