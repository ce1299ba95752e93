"""Slack's incoming webhooks: blocks within their limits, and a plain text for notifications.

https://docs.slack.dev/reference/block-kit/blocks
"""

from collections.abc import Mapping
from typing import Any

import orjson

from trimtab.loop.alert import Message, Reply, Request, cut, details_of, headline, iso, links_of, reply_of
from trimtab.loop.alert.ports import SecretSource, Web

MAX_HEADER, MAX_SECTION, MAX_FIELD, MAX_FIELDS = 150, 3000, 2000, 10
MAX_BUTTONS, MAX_BUTTON, MAX_ADDRESS, MAX_FALLBACK = 5, 75, 3000, 4000


class Slack:
    """Sends to one channel; settings: `webhook`, the whole address, which is a secret."""

    def __init__(self, settings: Mapping[str, str], secrets: SecretSource, web: Web) -> None:
        """Send by `web`; the address is looked up at each message."""
        self._webhook, self._secrets, self._web = settings["webhook"], secrets, web

    def send(self, message: Message) -> Reply:
        """Send one message."""
        request = Request(
            url=self._secrets.reveal(self._webhook),
            body=orjson.dumps(blocks_of(message)),
            headers={"content-type": "application/json"},
        )
        return reply_of(self._web.send(request), self._secrets.hide)


def blocks_of(message: Message) -> dict[str, Any]:
    """The message as blocks."""
    title = headline(message)
    header = {"type": "plain_text", "text": cut(title, MAX_HEADER)}
    blocks: list[dict[str, Any]] = [{"type": "header", "text": header}]
    if message.summary:
        blocks.append({"type": "section", "text": marked(message.summary, MAX_SECTION)})
    fields = [marked(said, MAX_FIELD, name) for name, said in details_of(message)]
    blocks.append({"type": "section", "fields": fields[:MAX_FIELDS]})
    links = [one for one in links_of(message) if len(one.url) <= MAX_ADDRESS]
    if links:
        blocks.append(
            {"type": "actions", "elements": [button(one.text, one.url) for one in links[:MAX_BUTTONS]]}
        )
    said = f"{message.receiver} · {message.key} · {iso(message.at_ns)}"
    blocks.append({"type": "context", "elements": [marked(said, MAX_FIELD)]})
    return {"text": escape(cut(title, MAX_FALLBACK)), "blocks": blocks}


def marked(said: str, most: int, name: str = "") -> dict[str, str]:
    """A text of Slack's markup; what is ours to say stands in bold before it. Cut before an entity would be cut apart."""
    start = f"*{escape(name)}*\n" if name else ""
    room = kept = most - len(start)
    while len(text := escape(cut(said, kept))) > room:
        kept -= max(1, (len(text) - room) // 4)
    return {"type": "mrkdwn", "text": start + text}


def escape(said: str) -> str:
    """A text in which Slack finds no markup of links and mentions."""
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def button(text: str, url: str) -> dict[str, Any]:
    """A button that opens an address."""
    return {
        "type": "button",
        "text": {"type": "plain_text", "text": cut(text, MAX_BUTTON) or "open"},
        "url": url,
    }
