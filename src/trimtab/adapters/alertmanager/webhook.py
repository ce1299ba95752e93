"""The webhook that Alertmanager sends, version 4: what receives it from there receives it from here.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from trimtab.loop.alert import Alert, Delivered, Message, Refused, Reply, Request, iso, reply_of
from trimtab.loop.alert.ports import SecretSource, Web

NEVER = "0001-01-01T00:00:00Z"


class AlertmanagerWebhook:
    """Sends to one address; settings: `url`, `token` (secret) where one is needed."""

    def __init__(self, settings: Mapping[str, str], secrets: SecretSource, web: Web) -> None:
        """Send by `web`; the token is looked up at each message."""
        self._url, self._token = settings["url"], settings.get("token", "")
        self._secrets, self._web = secrets, web

    def send(self, message: Message) -> Reply:
        """Send one message."""
        if message.kind == "change":
            return Refused(reason="the webhook knows alerts only: route changes elsewhere")
        if message.kind == "acknowledge":
            return Delivered(note="the webhook knows no acknowledgements")
        headers = {"content-type": "application/json"}
        if self._token:
            headers["authorization"] = f"Bearer {self._secrets.reveal(self._token)}"
        request = Request(url=self._url, body=orjson.dumps(webhook_of(message)), headers=headers)
        return reply_of(self._web.send(request), self._secrets.hide)


def webhook_of(message: Message) -> dict[str, Any]:
    """The message in Alertmanager's words."""
    return {
        "version": "4",
        "groupKey": message.group or message.key,
        "truncatedAlerts": message.left_out,
        "status": message.status,
        "receiver": message.receiver,
        "groupLabels": dict(message.group_labels),
        "commonLabels": shared([one.labels for one in message.alerts]),
        "commonAnnotations": shared([one.annotations for one in message.alerts]),
        "externalURL": message.evidence.rows_url,
        "alerts": [alert_of(one, message) for one in message.alerts],
    }


def alert_of(alert: Alert, message: Message) -> dict[str, Any]:
    """One alert."""
    return {
        "status": alert.status,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "startsAt": iso(alert.starts_ns),
        "endsAt": NEVER if alert.ends_ns is None else iso(alert.ends_ns),
        "generatorURL": message.evidence.rows_url,
        "fingerprint": alert.fingerprint,
    }


def shared(each: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What all have with the same value."""
    if not each:
        return {}
    return {name: value for name, value in each[0].items() if all(one.get(name) == value for one in each)}
