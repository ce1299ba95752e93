"""Jira's REST API v3: an issue is found again by a label that is the deduplication key; what follows is a comment.

https://developer.atlassian.com/cloud/jira/platform/rest/v3
"""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

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

MAX_SUMMARY, MAX_TEXT, MAX_LABEL = 255, 30_000, 250


class Jira:
    """Writes into one project; settings: `url`, `project`, `user`, `token` (secret), `issue_type`, `priority`."""

    def __init__(self, settings: Mapping[str, str], secrets: SecretSource, web: Web) -> None:
        """Send by `web`; the token is looked up at each message."""
        self._settings, self._secrets, self._web = settings, secrets, web

    def send(self, message: Message) -> Reply:
        """Open an issue, or comment on the one that is there."""
        if message.kind == "change":
            return Refused(reason="changes become no issues: route them elsewhere")
        label = short_key(message, MAX_LABEL)
        project = self._settings["project"]
        jql = f"project = {quoted(project)} AND labels = {quoted(label)} ORDER BY created ASC"
        found = self._call("/rest/api/3/search/jql", {"jql": jql, "fields": ["status"], "maxResults": 1})
        if not found.ok:
            return reply_of(found, self._hide)
        key = first_key(found)
        if key:
            answer = self._call(
                f"/rest/api/3/issue/{quote(key, safe='')}/comment", {"body": document(plain_text(message))}
            )
        elif message.kind == "trigger":
            answer = self._call("/rest/api/3/issue", {"fields": self._fields(message, label)})
            key = str(read(answer).get("key", ""))
        else:
            return Delivered(note="there is no issue")
        return Delivered(note=key) if answer.ok else reply_of(answer, self._hide)

    def _fields(self, message: Message, label: str) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "project": {"key": self._settings["project"]},
            "issuetype": {"name": self._settings.get("issue_type", "Task")},
            "summary": cut(headline(message), MAX_SUMMARY),
            "description": document(plain_text(message)),
            "labels": ["trimtab", label],
        }
        if "priority" in self._settings:
            fields["priority"] = {"name": self._settings["priority"]}
        return fields

    def _call(self, path: str, body: Mapping[str, Any]) -> Answer:
        headers = {
            "content-type": "application/json",
            "accept": "application/json",
            "authorization": f"Basic {self._login()}",
        }
        return self._web.send(
            Request(url=f"{self._settings['url']}{path}", body=orjson.dumps(body), headers=headers)
        )

    def _login(self) -> str:
        token = self._secrets.reveal(self._settings["token"])
        return base64.b64encode(f"{self._settings['user']}:{token}".encode()).decode()

    def _hide(self, text: str) -> str:
        return self._secrets.hide(text).replace(self._login(), "***")


def document(text: str) -> dict[str, Any]:
    """A text in Atlassian's document format, a paragraph for each line."""
    paragraphs = [
        {"type": "paragraph", "content": [{"type": "text", "text": line}]}
        for line in cut(text, MAX_TEXT).split("\n")
        if line.strip()
    ]
    return {"type": "doc", "version": 1, "content": paragraphs}


def quoted(text: str) -> str:
    """A text within quotes, as JQL takes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def read(answer: Answer) -> dict[str, Any]:
    """The object in an answer; an empty one where there is none."""
    try:
        found: Any = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def first_key(answer: Answer) -> str:
    """The key of the first issue in an answer, or nothing."""
    issues: Any = read(answer).get("issues")
    first: Any = issues[0] if isinstance(issues, list) and issues else {}
    return str(first.get("key", "")) if isinstance(first, dict) else ""
