"""CloudEvents 1.0 over HTTP in structured mode, signed as Standard Webhooks says where a secret is given.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from trimtab.loop.alert import Message, Reply, Request, iso, pack_message, reply_of
from trimtab.loop.alert.ports import SecretSource, Web
from trimtab.vocabulary.kernel import Clock, SystemClock

SECOND_NS = 1_000_000_000
PREFIX = "whsec_"


class CloudEvents:
    """Sends to one address; settings: `url`, `secret` for the signature, `token` for a bearer, both secret and optional."""

    def __init__(
        self, settings: Mapping[str, str], secrets: SecretSource, web: Web, clock: Clock | None = None
    ) -> None:
        """Send by `web`; secrets are looked up at each message, `clock` gives the time that is signed."""
        self._settings, self._secrets, self._web = settings, secrets, web
        self._clock = clock or SystemClock()

    def send(self, message: Message) -> Reply:
        """Send one event; sent again it has the same id."""
        body = orjson.dumps(event_of(message), option=orjson.OPT_SORT_KEYS)
        headers = {"content-type": "application/cloudevents+json; charset=utf-8"}
        if "token" in self._settings:
            headers["authorization"] = f"Bearer {self._secrets.reveal(self._settings['token'])}"
        if "secret" in self._settings:
            at_s = self._clock.now_ns() // SECOND_NS
            secret = self._secrets.reveal(self._settings["secret"])
            headers |= {
                "webhook-id": message.id,
                "webhook-timestamp": str(at_s),
                "webhook-signature": sign(secret, f"{message.id}.{at_s}.".encode() + body),
            }
        request = Request(url=self._settings["url"], body=body, headers=headers)
        return reply_of(self._web.send(request), self._secrets.hide)


def event_of(message: Message) -> dict[str, Any]:
    """The message as an event."""
    return {
        "specversion": "1.0",
        "id": message.id,
        "source": f"/trimtab/projects/{quote(message.project, safe='')}",
        "type": f"dev.trimtab.alert.{message.kind}",
        "subject": message.key,
        "time": iso(message.at_ns),
        "datacontenttype": "application/json",
        "data": orjson.loads(pack_message(message)),
    }


def sign(secret: str, signed: bytes) -> str:
    """HMAC-SHA256 as Standard Webhooks writes it; a secret `whsec_...` is base64, any other is taken as it is."""
    key = secret.encode()
    if secret.startswith(PREFIX):
        try:
            key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            key = secret.encode()
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"
