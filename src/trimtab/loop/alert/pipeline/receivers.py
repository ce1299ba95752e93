"""Where messages may go: the kinds of receivers, what each needs, and which of it is secret."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from trimtab.loop.alert.pipeline.fields import Node, fields, flag, items, name_of, text, texts, unique, wrong
from trimtab.loop.alert.pipeline.model import Receiver

REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]{0,199}|file:.{1,1000}")
URL = re.compile(r"https?://[^\s/@]+(/\S*)?")
FLAGS, LISTS = frozenset({"starttls"}), frozenset({"to"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The settings of a kind: what it needs, what it may have, which of both are references to secrets."""

    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()


KINDS: Mapping[str, Shape] = {
    "alertmanager": Shape(needs=("url",), may=("token",), secret=("token",)),
    "cloudevents": Shape(needs=("url",), may=("secret", "token"), secret=("secret", "token")),
    "email": Shape(
        needs=("host", "from", "to"), may=("port", "user", "password", "starttls"), secret=("password",)
    ),
    "jira": Shape(
        needs=("url", "project", "user", "token"), may=("issue_type", "priority"), secret=("token",)
    ),
    "linear": Shape(needs=("team", "api_key"), may=("url",), secret=("api_key",)),
    "opsgenie": Shape(needs=("api_key",), may=("url", "team"), secret=("api_key",)),
    "pagerduty": Shape(needs=("routing_key",), may=("url",), secret=("routing_key",)),
    "servicenow": Shape(
        needs=("url", "user", "password"), may=("assignment_group", "category"), secret=("password",)
    ),
    "slack": Shape(needs=("webhook",), secret=("webhook",)),
    "teams": Shape(needs=("webhook",), secret=("webhook",)),
    "webhook": Shape(needs=("url",), may=("token",), secret=("token",)),
}


def read_receivers(node: Node) -> dict[str, Receiver]:
    """The receivers of a document; raises `Invalid`."""
    nodes = items(node)
    found = [read_receiver(one) for one in nodes]
    unique(nodes, [one.name for one in found])
    return {one.name: one for one in found}


def read_receiver(node: Node) -> Receiver:
    """One receiver."""
    given = cast("dict[object, object]", node.value)
    if not isinstance(node.value, dict):
        wrong(node, "not a mapping", "with name, type and what the type needs")
    kind = str(given.get("type", ""))
    shape = KINDS.get(kind)
    if shape is None:
        wrong(node, f"no type of receiver: {kind!r}", f"type: one of {', '.join(KINDS)}")
    found = fields(node, required=("name", "type", *shape.needs), optional=("send_resolved", *shape.may))
    settings = {
        name: read_setting(name, value, secret=name in shape.secret)
        for name, value in found.items()
        if name not in {"name", "type", "send_resolved"}
    }
    return Receiver(
        name=name_of(found["name"]),
        kind=kind,
        settings=settings,
        send_resolved=flag(found["send_resolved"]) if "send_resolved" in found else True,
    )


def read_setting(name: str, node: Node, *, secret: bool) -> str:
    """A setting as text; raises `Invalid` for a secret that is written out, without repeating it."""
    if secret and not REFERENCE.fullmatch(text(node)):
        wrong(node, "a secret is not written here", "where it stands: env:NAME or file:PATH")
    if name in LISTS:
        return ",".join(texts(node)) if isinstance(node.value, list) else text(node)
    if name in FLAGS:
        return "true" if flag(node) else "false"
    written = text(node)
    if name == "url" and not URL.fullmatch(written):
        wrong(node, "no address", "http:// or https://, without a name or password in it")
    return written.rstrip("/") if name == "url" else written
