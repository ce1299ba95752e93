"""What an argument is for, by its name, and where its values may then come from.

A contract needs a proposal before anything was recorded. A name says little, but enough to be careful: who receives,
which thing is meant and what the new password is are for the user to say; a text is for the model to write, without
links of strangers in it. What only the model made up may be a title; what strangers wrote may not become one unread.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast

from trimtab.vocabulary.contract.model import Effect

Role = Literal["secret", "receiver", "thing", "text", "label"]
PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
SECRET = frozenset(["password", "passphrase", "passcode", "pin", "secret", "token"])
RECEIVER = frozenset(
    [
        "account",
        "attendees",
        "bcc",
        "beneficiary",
        "cc",
        "channel",
        "email",
        "emails",
        "group",
        "host",
        "iban",
        "invitees",
        "link",
        "member",
        "members",
        "participant",
        "participants",
        "payee",
        "phone",
        "recipient",
        "recipients",
        "to",
        "uri",
        "url",
        "user",
        "username",
        "users",
        "webhook",
    ]
)
THING = frozenset(["id", "ids", "identifier", "key", "uuid"])
TEXT = frozenset(
    [
        "body",
        "caption",
        "comment",
        "content",
        "description",
        "message",
        "note",
        "notes",
        "reason",
        "subject",
        "text",
    ]
)
PLAIN = frozenset(
    ["amount", "currency", "date", "day", "end", "language", "permission", "start", "time", "timezone"]
)
"""What is checked by its schema and its bounds, and comes from nobody in particular."""
PRIVATE = (
    "card number",
    "credit card",
    "password",
    "passport",
    "bank account number",
    "social security",
    "security code",
    "api key",
)
"""What a tool's description names where its output must not leave."""
WHY: Mapping[Role, str] = {
    "secret": "is a secret",
    "receiver": "tells who receives",
    "thing": "tells which thing is meant",
    "text": "is a text",
    "label": "is no text that strangers may dictate",
}
MAX_DEPTH = 8


def words_of(name: str) -> list[str]:
    """The words of a name: sendMail_now is send, mail, now."""
    return [one.lower() for one in PARTS.findall(name)]


def role_of(name: str, schema: Mapping[str, Any]) -> Role | None:
    """What an argument is for; None where its name and schema ask for no source."""
    words = words_of(name)
    found: dict[Role, frozenset[str]] = {"secret": SECRET, "thing": THING, "receiver": RECEIVER, "text": TEXT}
    for role, names in found.items():
        if names & set(words[-1:] if role == "thing" else words):
            return role
    return "label" if is_text(schema) and not PLAIN & set(words) else None


def is_text(schema: Mapping[str, Any]) -> bool:
    """Whether a schema describes texts of any content, alone, in a list, or beside null."""
    if (
        "enum" in schema
        or "const" in schema
        or "$ref" in schema
        or schema.get("format") in ("date", "date-time")
    ):
        return False
    parts = cast("list[Mapping[str, Any]]", schema.get("anyOf") or schema.get("oneOf") or [])
    items: Any = schema.get("items")
    return (
        schema.get("type") == "string"
        or any(is_text(one) for one in parts)
        or (isinstance(items, dict) and is_text(cast("Mapping[str, Any]", items)))
    )


def rule_for(role: Role, effect: Effect) -> dict[str, list[str]]:
    """What is asked of an argument of this role: of what is for good, only the user says which thing is meant."""
    match role:
        case "secret":
            return {"from": ["user"]}
        case "receiver":
            return {"from": ["user", "vouched"]}
        case "text":
            return {"links": ["user", "vouched"]}
        case "thing" | "label" if effect == "irreversible":
            return {"from": ["user"]}
        case "thing":
            return {"from": ["user", "vouched"]}
        case "label":
            return {"from": ["user", "vouched", "trusted", "model"], "links": ["user", "vouched"]}


def assigned(schema: Any, root: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The fields of an output that a system assigns: identifiers, which nobody writes by hand."""
    if not isinstance(schema, dict) or len(path) > MAX_DEPTH:
        return
    known = resolved(cast("Mapping[str, Any]", schema), root)
    fields = cast("Mapping[str, Any]", known.get("properties") or {})
    for name, one in fields.items():
        if words_of(name)[-1:] == ["id"]:
            yield (*path, name)
        else:
            yield from assigned(one, root, (*path, name))
    if "items" in known:
        yield from assigned(known["items"], root, (*path, "[]"))


def resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema with the definition that it points to within its own document."""
    for part in str(schema.get("$ref", "")).removeprefix("#/").split("/") if "$ref" in schema else ():
        root = cast("Mapping[str, Any]", root.get(part) or {})
        schema = root
    return schema


def private(description: str) -> str:
    """What a description says that must not leave; "" where it says nothing of the kind."""
    return next((one for one in PRIVATE if one in description.lower()), "")
