"""Asking the server what must be done now; it answers when that is something new."""

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

LONGEST = 200_000
SLACK_S = 2.0
"""So much longer than it was asked to wait a server may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server said: the text of a 200, and its tag."""

    status: int
    text: str = ""
    tag: str = ""


class Fetch:
    """Asks one server about one agent, over a new connection each time: a dead one is noticed at once."""

    def __init__(self, base: str, headers: tuple[tuple[str, str], ...], agent: str, environment: str) -> None:
        """Ask below the address `base`."""
        self.base, self._parts, self._headers = base, urlsplit(base), headers
        self.agent, self.environment = agent, environment

    def ask(self, tag: str, wait_s: int) -> Answer:
        """What must be done now; waits for something else than `tag`. Raises `OSError` or `http.client.HTTPException`."""
        query = {"agent": self.agent, "environment": self.environment}
        return self.get(f"control?{urlencode(query)}", tag, wait_s)

    def get(self, path: str, tag: str = "", wait_s: int = 0) -> Answer:
        """Read; waits for something else than `tag`."""
        waited = f"{path}{'&' if '?' in path else '?'}wait_s={wait_s if tag else 0}"
        return self._send("GET", waited, {"if-none-match": tag} if tag else {}, wait_s)

    def post(self, path: str, value: Mapping[str, Any]) -> Answer:
        """Write."""
        raw = json.dumps(value).encode()
        return self._send("POST", path, {"content-type": "application/json"}, SLACK_S, raw)

    def _send(
        self, method: str, path: str, more: dict[str, str], wait_s: float, raw: bytes | None = None
    ) -> Answer:
        sent = {"user-agent": "trimtab-sdk", **dict(self._headers), **more}
        connection = self._connect(wait_s + SLACK_S)
        try:
            connection.request(method, f"{self._parts.path}/api/v1/{path}", raw, sent)
            answer = connection.getresponse()
            text = answer.read(LONGEST).decode("utf-8", "replace")
            return Answer(status=answer.status, text=text, tag=answer.headers.get("etag", ""))
        finally:
            connection.close()

    def _connect(self, timeout_s: float) -> http.client.HTTPConnection:
        if self._parts.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self._parts.netloc, timeout=timeout_s, context=context)
        return http.client.HTTPConnection(self._parts.netloc, timeout=timeout_s)
