"""ServiceNow's table API: an incident is found again by its correlation id; what follows is a work note.

https://www.servicenow.com/docs/bundle/zurich-api-reference/page/integrate/inbound-rest/concept/c_TableAPI.html
"""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from trimtab.loop.alert import (
    Answer,
    Delivered,
    Message,
    Refused,
    Reply,
    Request,
    cut,
    headline,
    plain_text,
    reply_of,
    short_key,
)
from trimtab.loop.alert.ports import SecretSource, Web

TABLE = "/api/now/table/incident"
MAX_SHORT, MAX_TEXT, MAX_CORRELATION = 160, 4000, 100
URGENCIES = {"page": "1", "ticket": "3"}
OPTIONAL = ("assignment_group", "category")


class ServiceNow:
    """Writes into one instance; settings: `url`, `user`, `password` (secret), `assignment_group`, `category`."""

    def __init__(self, settings: Mapping[str, str], secrets: SecretSource, web: Web) -> None:
        """Send by `web`; the password is looked up at each message."""
        self._settings, self._secrets, self._web = settings, secrets, web

    def send(self, message: Message) -> Reply:
        """Open an incident, or add a work note to the one that is there."""
        if message.kind == "change":
            return Refused(reason="changes become no incidents: route them elsewhere")
        correlation = short_key(message, MAX_CORRELATION)
        asked = {
            "sysparm_query": f"correlation_id={correlation}^ORDERBYsys_created_on",
            "sysparm_fields": "sys_id,number",
            "sysparm_limit": "1",
        }
        found = self._call("GET", f"?{urlencode(asked)}")
        if not found.ok:
            return reply_of(found, self._hide)
        rows = result_of(found)
        row: Any = rows[0] if isinstance(rows, list) and rows else {}
        if row:
            answer = self._call(
                "PATCH",
                f"/{quote(str(row['sys_id']), safe='')}",
                {"work_notes": cut(plain_text(message), MAX_TEXT)},
            )
        elif message.kind == "trigger":
            answer = self._call("POST", "", self._incident(message, correlation))
            row = result_of(answer)
        else:
            return Delivered(note="there is no incident")
        if not answer.ok:
            return reply_of(answer, self._hide)
        return Delivered(note=str(row.get("number", "")) if isinstance(row, dict) else "")

    def _incident(self, message: Message, correlation: str) -> dict[str, str]:
        urgency = URGENCIES[message.severity]
        return {
            "short_description": cut(headline(message), MAX_SHORT),
            "description": cut(plain_text(message), MAX_TEXT),
            "urgency": urgency,
            "impact": urgency,
            "correlation_id": correlation,
            "correlation_display": "Trimtab",
        } | {name: self._settings[name] for name in OPTIONAL if name in self._settings}

    def _call(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Answer:
        headers = {"accept": "application/json", "authorization": f"Basic {self._login()}"}
        packed = b"" if body is None else orjson.dumps(body)
        if body is not None:
            headers["content-type"] = "application/json"
        url = f"{self._settings['url']}{TABLE}{path}"
        return self._web.send(Request(method=method, url=url, body=packed, headers=headers))

    def _login(self) -> str:
        password = self._secrets.reveal(self._settings["password"])
        return base64.b64encode(f"{self._settings['user']}:{password}".encode()).decode()

    def _hide(self, text: str) -> str:
        return self._secrets.hide(text).replace(self._login(), "***")


def result_of(answer: Answer) -> Any:
    """The result in an answer; None where there is none."""
    try:
        found: Any = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None
    return found.get("result") if isinstance(found, dict) else None
