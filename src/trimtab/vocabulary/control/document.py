"""The orders for one agent in one environment, as they are signed, sent and kept."""

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, cast

from trimtab.vocabulary.audit import Note
from trimtab.vocabulary.control.directive import OWNERS, read_what
from trimtab.vocabulary.control.rule import Order
from trimtab.vocabulary.kernel import Invalid

API, KIND = "trimtab/v1", "ControlDocument"
WRONG = "a control document that cannot be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What an edge must do now; `version` only grows, `issued_ns` is when this version began (since 1970)."""

    project: str
    agent: str
    environment: str
    version: int
    issued_ns: int
    orders: tuple[Order, ...] = ()

    @property
    def digest(self) -> str:
        """The SHA-256 of its text."""
        return sha256(self.note().text.encode()).hexdigest()

    def note(self) -> Note:
        """The text that is signed: one line of JSON."""
        said = {"apiVersion": API, "kind": KIND} | asdict(self)
        raw = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return Note(text=f"{raw}\n")


def read_document(text: str) -> Document:
    """The text of a note as a control document; raises `Invalid` where it is none, or says what is not understood."""
    try:
        said = cast("dict[str, Any]", json.loads(text))
        orders = tuple(read_order(one) for one in said.pop("orders"))
        if (said.pop("apiVersion"), said.pop("kind")) != (API, KIND):
            raise Invalid(WRONG, hint=f"this Trimtab knows {KIND} of {API}", code="control")
        found = Document(**said, orders=orders)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Invalid(
            f"{WRONG}: {type(error).__name__}", hint="ask the server again", code="control"
        ) from error
    numbers = (found.version, found.issued_ns, *(one.until_ns for one in orders))
    texts = (found.project, found.agent, found.environment)
    if not all(type(one) is int for one in numbers) or not all(type(one) is str for one in texts):
        raise Invalid(WRONG, hint="ask the server again", code="control")
    return found


def read_order(said: dict[str, Any]) -> Order:
    """An order as it was written."""
    said["ids"] = tuple(said["ids"])
    found = Order(**said)
    if read_what(found.what) != found.what or found.owner not in OWNERS:
        raise Invalid(WRONG, hint="is this Trimtab older than the server's?", code="control")
    return found
