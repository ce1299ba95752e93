"""A request with its answers, and what follows from them."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import orjson

from trimtab.vocabulary.kernel import Conflict, Invalid, Refused

Status = Literal["requested", "granted", "denied", "expired", "revoked", "consumed"]
LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What one person said to a request: yes or no, why, and when (nanoseconds since 1970)."""

    who: str
    yes: bool
    reason: str
    at_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call that waits for `quorum` people of a role ("" is anybody who may respond).

    `args` is its arguments as JSON, redacted; the digests are of what will really be called. `lapsed_ns` is when it was noted that its time is over. `doubts` say, by argument,
    what the contract found wrong with a value and who said it. With `not_requester` the session's user may not say yes.
    """

    id: str
    project: str
    agent: str
    environment: str
    session: str
    user: str
    tool: str
    args: str
    args_digest: str
    contract_digest: str
    why: str
    doubts: tuple[tuple[str, str], ...]
    role: str
    quorum: int
    not_requester: bool
    made_ns: int
    until_ns: int
    responses: tuple[Response, ...] = ()
    revoked: Response | None = None
    consumed_ns: int | None = None
    lapsed_ns: int | None = None
    version: int = 1

    def status(self, now_ns: int) -> Status:
        """Where it stands: what was used stays so, a no is a no, and what nobody used in time is over."""
        if self.consumed_ns is not None:
            return "consumed"
        if self.revoked is not None:
            return "revoked"
        if any(not one.yes for one in self.responses):
            return "denied"
        if now_ns >= self.until_ns:
            return "expired"
        return "granted" if len(self.approvers) >= self.quorum else "requested"

    @property
    def approvers(self) -> tuple[str, ...]:
        """Who said yes."""
        return tuple(one.who for one in self.responses if one.yes)

    @property
    def granted_ns(self) -> int | None:
        """When the last yes that it needed came."""
        times = sorted(one.at_ns for one in self.responses if one.yes)
        return times[self.quorum - 1] if len(times) >= self.quorum else None

    def answered(self, said: Response) -> "Request":
        """With one more answer; raises `Conflict` where it waits for none, `Refused` where not for this person's."""
        check_reason(said.reason)
        self._must_be("requested", said.at_ns)
        if any(one.who == said.who for one in self.responses):
            raise Conflict(f"{said.who} has answered already", hint="somebody else must", code="answered")
        if said.yes and self.not_requester and is_same(said.who, self.user):
            raise Refused("whoever asks may not say yes", hint="somebody else must", code="requester")
        return replace(self, responses=(*self.responses, said), version=self.version + 1)

    def taken_back(self, said: Response) -> "Request":
        """Granted no longer; raises `Conflict` where it is not granted."""
        check_reason(said.reason)
        self._must_be("granted", said.at_ns)
        return replace(self, revoked=said, version=self.version + 1)

    def used(self, now_ns: int) -> "Request":
        """Given out, once; raises `Conflict` where it is not granted, or no longer."""
        self._must_be("granted", now_ns)
        return replace(self, consumed_ns=now_ns, version=self.version + 1)

    def lapsed(self, now_ns: int) -> "Request":
        """Noted as over; raises `Conflict` where it is not, or was noted before."""
        self._must_be("expired", now_ns)
        if self.lapsed_ns is not None:
            raise Conflict("that is noted already", hint="nothing is to be done", code="noted")
        return replace(self, lapsed_ns=now_ns, version=self.version + 1)

    def _must_be(self, wanted: Status, now_ns: int) -> None:
        if (found := self.status(now_ns)) != wanted:
            raise Conflict(
                f"this request is {found}, not {wanted}", hint="the agent must ask again", code=found
            )


def check_reason(reason: str) -> None:
    """Raise `Invalid` without a reason."""
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Invalid("an answer needs a reason", hint=f"1 to {LONGEST_REASON} characters say why")


def is_same(who: str, user: str) -> bool:
    """Whether somebody who answers is the user of the session."""
    return bool(user) and who.rpartition(":")[2].casefold() == user.casefold()


def pack_request(request: Request) -> str:
    """A request as JSON."""
    return orjson.dumps(asdict(request)).decode()


def unpack_request(packed: str) -> Request:
    """The request of a JSON."""
    row: dict[str, Any] = orjson.loads(packed)
    row["doubts"] = tuple((name, said) for name, said in row["doubts"])
    row["responses"] = tuple(Response(**one) for one in row["responses"])
    row["revoked"] = Response(**row["revoked"]) if row["revoked"] else None
    return Request(**row)
