"""Opsgenie's alert API; the service ends in April 2027.

https://docs.opsgenie.com/docs/alert-api
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from trimtab.loop.alert import (
    Message,
    Refused,
    Reply,
    Request,
    cut,
    details_of,
    headline,
    plain_text,
    reply_of,
    short_key,
)
from trimtab.loop.alert.ports import SecretSource, Web

URL = "https://api.opsgenie.com"
MAX_MESSAGE, MAX_ALIAS, MAX_DESCRIPTION, MAX_ENTITY, MAX_DETAIL = 130, 250, 15_000, 512, 1000
PRIORITIES = {"page": "P1", "ticket": "P3"}


class Opsgenie:
    """Sends to one integration; settings: `api_key` (secret), `team` that responds, `url` for another region."""

    def __init__(self, settings: Mapping[str, str], secrets: SecretSource, web: Web) -> None:
        """Send by `web`; the key is looked up at each message."""
        self._key, self._team = settings["api_key"], settings.get("team", "")
        self._url, self._secrets, self._web = settings.get("url", URL), secrets, web

    def send(self, message: Message) -> Reply:
        """Open, acknowledge or close an alert by its alias."""
        if message.kind == "change":
            return Refused(reason="Opsgenie takes no changes: route them elsewhere")
        alias = short_key(message, MAX_ALIAS)
        path, body = "/v2/alerts", alert_of(message, alias, self._team)
        if message.kind != "trigger":
            action = "close" if message.kind == "resolve" else "acknowledge"
            path = f"/v2/alerts/{quote(alias, safe='')}/{action}?identifierType=alias"
            body = {"source": "trimtab", "note": cut(headline(message), MAX_DESCRIPTION)}
        key = self._secrets.reveal(self._key)
        headers = {"content-type": "application/json", "authorization": f"GenieKey {key}"}
        request = Request(url=f"{self._url}{path}", body=orjson.dumps(body), headers=headers)
        return reply_of(self._web.send(request), self._secrets.hide)


def alert_of(message: Message, alias: str, team: str) -> dict[str, Any]:
    """The message as an alert."""
    first = message.alerts[0].labels if message.alerts else {}
    details: dict[str, str] = {}
    for name, said in details_of(message):
        details[name] = cut(f"{details[name]}; {said}" if name in details else said, MAX_DETAIL)
    body: dict[str, Any] = {
        "message": cut(message.title, MAX_MESSAGE),
        "alias": alias,
        "description": cut(plain_text(message), MAX_DESCRIPTION),
        "details": details,
        "entity": cut(first.get("objective", ""), MAX_ENTITY),
        "source": "trimtab",
        "priority": PRIORITIES[message.severity],
        "tags": ["trimtab", message.severity],
    }
    if team:
        body["responders"] = [{"type": "team", "name": team}]
    return body
