"""Linear's GraphQL API: issues and comments get ids that follow from key and message, so nothing is there twice.

https://linear.app/developers/graphql
"""

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

import orjson

from trimtab.loop.alert import (
    Answer,
    Delivered,
    Message,
    Refused,
    Reply,
    Request,
    Retry,
    cut,
    headline,
    plain_text,
    reply_of,
)
from trimtab.loop.alert.ports import SecretSource, Web

URL = "https://api.linear.app"
FIND = "query Find($id: String!) { issue(id: $id) { id identifier } }"
CREATE = "mutation Create($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { identifier } } }"
COMMENT = "mutation Comment($input: CommentCreateInput!) { commentCreate(input: $input) { success } }"
PRIORITIES = {"page": 1, "ticket": 3}
MAX_TITLE, MAX_TEXT, MAX_REASON = 250, 30_000, 300
PASSING = ("RATELIMITED", "INTERNAL_SERVER_ERROR")
THERE, NOT_THERE = ("already exists", "duplicate", "not unique"), ("not found",)


class Linear:
    """Writes into one team; settings: `team` (its id), `api_key` (secret), `url` for tests."""

    def __init__(self, settings: Mapping[str, str], secrets: SecretSource, web: Web) -> None:
        """Send by `web`; the key is looked up at each message."""
        self._settings, self._secrets, self._web = settings, secrets, web

    def send(self, message: Message) -> Reply:
        """Open an issue, or comment on the one that is there."""
        if message.kind == "change":
            return Refused(reason="changes become no issues: route them elsewhere")
        issue = uuid_of(message.key)
        answer = self._ask(FIND, {"id": issue})
        found = reply_to(answer, self._secrets, NOT_THERE)
        if not isinstance(found, Delivered):
            return found
        if has_issue(answer):
            said = {"id": uuid_of(message.id), "issueId": issue, "body": cut(plain_text(message), MAX_TEXT)}
            return reply_to(self._ask(COMMENT, {"input": said}), self._secrets, THERE)
        if message.kind != "trigger":
            return Delivered(note="there is no issue")
        made = {
            "id": issue,
            "teamId": self._settings["team"],
            "title": cut(headline(message), MAX_TITLE),
            "description": cut(plain_text(message), MAX_TEXT),
            "priority": PRIORITIES[message.severity],
        }
        return reply_to(self._ask(CREATE, {"input": made}), self._secrets, THERE)

    def _ask(self, query: str, variables: Mapping[str, Any]) -> Answer:
        headers = {
            "content-type": "application/json",
            "authorization": self._secrets.reveal(self._settings["api_key"]),
        }
        body = orjson.dumps({"query": query, "variables": variables})
        url = f"{self._settings.get('url', URL)}/graphql"
        return self._web.send(Request(url=url, body=body, headers=headers))


def uuid_of(name: str) -> str:
    """A UUID of version 4 in form that follows from a name."""
    return str(uuid.UUID(bytes=hashlib.blake2b(name.encode(), digest_size=16).digest(), version=4))


def reply_to(answer: Answer, secrets: SecretSource, expected: tuple[str, ...]) -> Reply:
    """What an answer means: GraphQL tells errors in the body; one that says what is expected is none."""
    errors: Any = read(answer).get("errors")
    if not isinstance(errors, list) or not errors:
        return reply_of(answer, secrets.hide)
    said = orjson.dumps(errors).decode()
    if any(one in said.lower() for one in expected):
        return Delivered()
    reason = secrets.hide(f"HTTP {answer.status}: {said}")[:MAX_REASON]
    passing = any(one in said for one in PASSING) or answer.status in {401, 403, 429} or answer.status >= 500
    return Retry(reason=reason) if passing else Refused(reason=reason)


def has_issue(answer: Answer) -> bool:
    """Whether an answer holds an issue."""
    data: Any = read(answer).get("data")
    return isinstance(data, dict) and bool(data.get("issue"))


def read(answer: Answer) -> dict[str, Any]:
    """The object in an answer; an empty one where there is none."""
    try:
        found: Any = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
