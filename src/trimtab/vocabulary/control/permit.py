"""A signed yes to one call, as a server gives it to the agent that asked."""

import json
from dataclasses import asdict, dataclass
from typing import Any, cast

from trimtab.vocabulary.audit import Note
from trimtab.vocabulary.kernel import Invalid

API, KIND = "trimtab/v1", "Permit"
WRONG = "a permit that cannot be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """That these people said yes to one call, until a time (nanoseconds since 1970); given out once."""

    request: str
    project: str
    agent: str
    session: str
    tool: str
    args_digest: str
    contract_digest: str
    approvers: tuple[str, ...]
    until_ns: int

    def note(self) -> Note:
        """The text that is signed: one line of JSON."""
        said = {"apiVersion": API, "kind": KIND} | asdict(self)
        return Note(text=json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n")


def read_permit(text: str) -> Permit:
    """The text of a note as a permit; raises `Invalid` where it is none."""
    try:
        said = cast("dict[str, Any]", json.loads(text))
        if (said.pop("apiVersion"), said.pop("kind")) != (API, KIND):
            raise Invalid(WRONG, hint=f"this Trimtab knows {KIND} of {API}", code="permit")
        said["approvers"] = tuple(said["approvers"])
        found = Permit(**said)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Invalid(f"{WRONG}: {type(error).__name__}", hint="ask again", code="permit") from error
    if type(found.until_ns) is not int or not all(type(one) is str and one for one in found.approvers):
        raise Invalid(WRONG, hint="ask again", code="permit")
    return found
