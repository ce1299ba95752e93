"""Alerts pushed to an Alertmanager by its API v2, for those who route there.

https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from trimtab.loop.alert import Alert, Delivered, Message, Refused, Reply, Request, iso, reply_of
from trimtab.loop.alert.ports import SecretSource, Web

FOREIGN = re.compile(r"[^A-Za-z0-9_]")
LASTS_NS = 86_400_000_000_000
"""An alert without an end would be over after Alertmanager's resolve_timeout; it is pushed again at each repetition."""


class AlertmanagerPush:
    """Pushes to one Alertmanager; settings: `url` without a path, `token` (secret) where one is needed."""

    def __init__(self, settings: Mapping[str, str], secrets: SecretSource, web: Web) -> None:
        """Send by `web`; the token is looked up at each message."""
        self._url, self._token = settings["url"], settings.get("token", "")
        self._secrets, self._web = secrets, web

    def send(self, message: Message) -> Reply:
        """Push the alerts of a message."""
        if message.kind == "change":
            return Refused(reason="Alertmanager takes no changes: route them elsewhere")
        if message.kind == "acknowledge":
            return Delivered(note="Alertmanager knows no acknowledgements")
        headers = {"content-type": "application/json"}
        if self._token:
            headers["authorization"] = f"Bearer {self._secrets.reveal(self._token)}"
        body = orjson.dumps([posted(one, message) for one in message.alerts])
        request = Request(url=f"{self._url}/api/v2/alerts", body=body, headers=headers)
        return reply_of(self._web.send(request), self._secrets.hide)


def posted(alert: Alert, message: Message) -> dict[str, Any]:
    """An alert as it is posted: its project is a label, and names are ones that every version takes."""
    labels = {FOREIGN.sub("_", name): value for name, value in alert.labels.items() if value}
    annotations = {FOREIGN.sub("_", name): value for name, value in alert.annotations.items()}
    ends_ns = alert.ends_ns if alert.ends_ns is not None else message.at_ns + LASTS_NS
    return {
        "labels": {
            name if name[:1].isalpha() or name[:1] == "_" else f"_{name}": labels[name] for name in labels
        }
        | {"trimtab_project": alert.project},
        "annotations": annotations,
        "startsAt": iso(alert.starts_ns),
        "endsAt": iso(ends_ns),
        "generatorURL": message.evidence.rows_url,
    }
