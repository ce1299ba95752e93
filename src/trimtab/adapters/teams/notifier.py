"""Microsoft Teams: an Adaptive Card to the webhook of a workflow.

https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
"""

from collections.abc import Mapping
from typing import Any

import orjson

from trimtab.loop.alert import Message, Reply, Request, cut, details_of, headline, links_of, reply_of
from trimtab.loop.alert.ports import SecretSource, Web

CARD = "application/vnd.microsoft.card.adaptive"
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
MAX_BYTES = 28_000
MAX_TITLE, MAX_TEXT, MAX_FACT, MAX_FACTS, MAX_ACTIONS = 500, 5000, 500, 12, 5
COLOURS = {"trigger": "Attention", "acknowledge": "Warning", "resolve": "Good", "change": "Accent"}


class Teams:
    """Sends to one channel; settings: `webhook`, the whole address, which is a secret."""

    def __init__(self, settings: Mapping[str, str], secrets: SecretSource, web: Web) -> None:
        """Send by `web`; the address is looked up at each message."""
        self._webhook, self._secrets, self._web = settings["webhook"], secrets, web

    def send(self, message: Message) -> Reply:
        """Send one card."""
        packed = orjson.dumps(card_of(message, MAX_TEXT))
        if len(packed) > MAX_BYTES:
            packed = orjson.dumps(card_of(message, 500))
        request = Request(
            url=self._secrets.reveal(self._webhook), body=packed, headers={"content-type": "application/json"}
        )
        return reply_of(self._web.send(request), self._secrets.hide)


def card_of(message: Message, most: int) -> dict[str, Any]:
    """The message as a card, its summary of at most `most` characters."""
    body: list[dict[str, Any]] = [
        {
            "type": "TextBlock",
            "text": cut(headline(message), min(MAX_TITLE, most)),
            "weight": "Bolder",
            "size": "Medium",
            "color": COLOURS[message.kind],
            "wrap": True,
        }
    ]
    if message.summary:
        body.append({"type": "TextBlock", "text": cut(message.summary, most), "wrap": True})
    facts = [{"title": name, "value": cut(said, min(MAX_FACT, most))} for name, said in details_of(message)]
    body.append({"type": "FactSet", "facts": facts[:MAX_FACTS]})
    card = {"$schema": SCHEMA, "type": "AdaptiveCard", "version": "1.4", "body": body}
    actions = [
        {"type": "Action.OpenUrl", "title": cut(one.text, 75), "url": one.url}
        for one in links_of(message)
        if len(one.url) <= 2000
    ]
    if actions:
        card["actions"] = actions[:MAX_ACTIONS]
    return {"type": "message", "attachments": [{"contentType": CARD, "contentUrl": None, "content": card}]}
