"""PagerDuty Events API v2: trigger, acknowledge, resolve, and change events, which page nobody.

https://developer.pagerduty.com/docs/events-api-v2-overview
"""

from collections.abc import Mapping
from typing import Any

import orjson

from trimtab.loop.alert import Message, Reply, Request, cut, details_of, iso, links_of, reply_of, short_key
from trimtab.loop.alert.ports import SecretSource, Web

URL = "https://events.pagerduty.com"
MAX_SUMMARY, MAX_KEY, MAX_FIELD = 1024, 255, 1024
MAX_BYTES = 512_000
MAX_ALERTS = 50
SEVERITIES = {"page": "critical", "ticket": "warning"}


class PagerDuty:
    """Sends to one service; settings: `routing_key` (secret), `url` for another region."""

    def __init__(self, settings: Mapping[str, str], secrets: SecretSource, web: Web) -> None:
        """Send by `web`; the key is looked up at each message."""
        self._key, self._url = settings["routing_key"], settings.get("url", URL)
        self._secrets, self._web = secrets, web

    def send(self, message: Message) -> Reply:
        """Send one event."""
        place = "/v2/change/enqueue" if message.kind == "change" else "/v2/enqueue"
        body: dict[str, Any] = {"routing_key": self._secrets.reveal(self._key), **event_of(message)}
        packed = orjson.dumps(body)
        if len(packed) > MAX_BYTES:
            body["payload"]["custom_details"] = {"left out": "the message was too long"}
            packed = orjson.dumps(body)
        headers = {"content-type": "application/json"}
        answer = self._web.send(Request(url=f"{self._url}{place}", body=packed, headers=headers))
        return reply_of(answer, self._secrets.hide)


def event_of(message: Message) -> dict[str, Any]:
    """The event without its key: what is not a trigger or a change needs the deduplication key only."""
    action = {"event_action": message.kind, "dedup_key": short_key(message, MAX_KEY)}
    if message.kind in {"acknowledge", "resolve"}:
        return action
    links = [{"href": one.url, "text": cut(one.text, MAX_FIELD)} for one in links_of(message)]
    payload = {
        "summary": cut(message.title, MAX_SUMMARY),
        "source": f"trimtab/{message.project}",
        "timestamp": iso(message.at_ns),
        "custom_details": custom_details(message),
    }
    if message.kind == "change":
        return {"payload": payload, "links": links}
    first = message.alerts[0].labels if message.alerts else {}
    payload |= {
        "severity": SEVERITIES[message.severity],
        "component": cut(first.get("objective", ""), MAX_FIELD),
        "group": message.project,
        "class": cut(first.get("alertname", ""), MAX_FIELD),
    }
    return action | {"payload": payload, "links": links, "client": "Trimtab"}


def custom_details(message: Message) -> dict[str, Any]:
    """What the page rests on; several lines of one name are a list."""
    found: dict[str, Any] = {"summary": message.summary} if message.summary else {}
    for name, said in details_of(message):
        before = found.get(name)
        found[name] = said if before is None else [*(before if isinstance(before, list) else [before]), said]
    firing = [dict(one.labels) for one in message.alerts if one.status == "firing"]
    found["alerts"] = firing[:MAX_ALERTS]
    if len(firing) > MAX_ALERTS:
        found["alerts left out"] = len(firing) - MAX_ALERTS
    return found
