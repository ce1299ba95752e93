"""A request with its answers, and what follows from them."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import orjson

from trimtab.vocabulary.kernel import Conflict, Invalid, Refused

Status = Literal["requested", "granted", "denied", "expired", "revoked", "consumed"]
Review = Literal["none", "due", "overdue", "done"]
LONGEST_REASON = 1000
REVIEW_NS = 86_400 * 1_000_000_000
"""Whoever breaks the glass has it looked at by somebody else within a day."""


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
    `break_glass` is who let it pass alone, short of its quorum, and `review` what somebody else said to that later.
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
    break_glass: Response | None = None
    review: Response | None = None
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
        enough = self.break_glass is not None or len(self.approvers) >= self.quorum
        return "granted" if enough else "requested"

    @property
    def approvers(self) -> tuple[str, ...]:
        """Who said yes, with whoever broke the glass."""
        found = [one.who for one in (*self.responses, self.break_glass) if one is not None and one.yes]
        return tuple(dict.fromkeys(found))

    @property
    def granted_ns(self) -> int | None:
        """When the last yes that it needed came, or the glass was broken."""
        if self.break_glass is not None:
            return self.break_glass.at_ns
        times = sorted(one.at_ns for one in self.responses if one.yes)
        return times[self.quorum - 1] if len(times) >= self.quorum else None

    def answered(self, said: Response) -> "Request":
        """With one more answer; raises `Conflict` where it waits for none, `Refused` where not for this person's."""
        check_reason(said.reason)
        self._must_be("requested", said.at_ns)
        if any(one.who == said.who for one in self.responses):
            raise Conflict(f"{said.who} has answered already", hint="somebody else must", code="answered")
        if said.yes:
            self._not_requester(said.who)
        return replace(self, responses=(*self.responses, said), version=self.version + 1)

    def broken_open(self, said: Response) -> "Request":
        """Granted by one person alone; raises `Conflict` where it waits for none or a plain yes is enough, `Refused` for whoever asks."""
        check_reason(said.reason)
        self._must_be("requested", said.at_ns)
        self._not_requester(said.who)
        if said.who not in self.approvers and len(self.approvers) + 1 >= self.quorum:
            raise Conflict("a plain yes of yours is enough", hint="approve it", code="needless")
        return replace(self, break_glass=said, version=self.version + 1)

    def reviewed(self, said: Response) -> "Request":
        """With what somebody else says to the broken glass; raises `Conflict` where none is to be reviewed, `Refused` for who broke it or asked."""
        check_reason(said.reason)
        if self.break_glass is None or self.review is not None:
            raise Conflict(
                "there is nothing to review", hint="`trimtab approvals list` shows what is", code="review"
            )
        if said.who == self.break_glass.who:
            raise Refused(
                "whoever broke the glass may not review it", hint="somebody else must", code="reviewer"
            )
        self._not_requester(said.who)
        return replace(self, review=said, version=self.version + 1)

    @property
    def review_due_ns(self) -> int | None:
        """Until when somebody else must have reviewed it; None where no glass was broken."""
        return None if self.break_glass is None else self.break_glass.at_ns + REVIEW_NS

    def review_status(self, now_ns: int) -> Review:
        """Whether it must be reviewed, or was."""
        if self.review_due_ns is None:
            return "none"
        if self.review is not None:
            return "done"
        return "overdue" if now_ns >= self.review_due_ns else "due"

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

    def _not_requester(self, who: str) -> None:
        if self.not_requester and is_same(who, self.user):
            raise Refused("whoever asks may not say yes", hint="somebody else must", code="requester")

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
    for name in ("revoked", "break_glass", "review"):
        row[name] = Response(**row[name]) if row.get(name) else None
    return Request(**row)
