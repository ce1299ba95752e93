"""Asking, answering, revoking and giving out; and how well it goes."""

import contextlib
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trimtab.loop.mitigation.approval.model import Request, Response
from trimtab.loop.mitigation.approval.ports import ApprovalStore
from trimtab.vocabulary.audit import Signer
from trimtab.vocabulary.control import Permit
from trimtab.vocabulary.kernel import Clock, Conflict, Invalid, Missing, Refused

MOST_WAITING = 1000
MOST_S = 86_400
QUICK_NS = 3_000_000_000
"""Whoever says yes within three seconds has not read what they agreed to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How requests end; seconds from the request to the yes, and the share of yeses that came too quickly to be read.

    None where there is none to count; `expired` are those that nobody granted in time, `break_glass` those that one person let pass alone.
    """

    requests: int
    granted: int
    denied: int
    expired: int
    break_glass: int
    median_s: float | None
    rubber_stamped: float | None


class Approvals:
    """The requests of all projects; safe to share between threads and servers, as the store is."""

    def __init__(self, store: ApprovalStore, clock: Clock, signer: Callable[[], Signer]) -> None:
        """Over a store; `signer` raises `Invalid` where nobody can sign."""
        self.store, self._clock, self._signer = store, clock, signer

    def ask(self, request: Request) -> Request:
        """Keep a request; raises `Invalid`, or `Refused` where too many wait."""
        if not 0 < request.until_ns - request.made_ns <= MOST_S * 1_000_000_000 or request.quorum < 1:
            raise Invalid("a request waits up to a day, for at least one yes", hint="ttl of the contract")
        _ = self._signer()
        now_ns = self._clock.now_ns()
        waiting = [one for one in self.store.requests(request.project) if one.status(now_ns) == "requested"]
        if len(waiting) >= MOST_WAITING:
            raise Refused(f"{MOST_WAITING} requests wait already", hint="answer some of them")
        self.store.add(request)
        return request

    def find(self, project: str, name: str) -> Request:
        """A request by its id, or the beginning of it; raises `Missing`."""
        found = self.store.request(project, name)
        if found is not None:
            return found
        known = {one.id: one for one in (*self.store.requests(project), *self.store.unreviewed(project))}
        like = [one for one in known.values() if name and one.id.startswith(name)]
        if len(like) != 1:
            raise Missing(f"no such request: {name[:100]}", hint="`trimtab approvals list` shows them")
        return like[0]

    def answer(self, project: str, name: str, who: str, reason: str, *, yes: bool) -> Request:
        """Say yes or no; raises `Conflict`, `Refused`, `Invalid`, `Missing`."""
        said = Response(who=who, yes=yes, reason=reason.strip(), at_ns=self._clock.now_ns())
        return self.store.change(project, self.find(project, name).id, lambda one: one.answered(said))

    def revoke(self, project: str, name: str, who: str, reason: str) -> Request:
        """Take a yes back that was not used yet."""
        said = Response(who=who, yes=False, reason=reason.strip(), at_ns=self._clock.now_ns())
        return self.store.change(project, self.find(project, name).id, lambda one: one.taken_back(said))

    def break_glass(self, project: str, name: str, who: str, reason: str) -> Request:
        """Let a call pass alone, although more people would have to say yes; opens a review that somebody else closes."""
        said = Response(who=who, yes=True, reason=reason.strip(), at_ns=self._clock.now_ns())
        return self.store.change(project, self.find(project, name).id, lambda one: one.broken_open(said))

    def review(self, project: str, name: str, who: str, reason: str) -> Request:
        """Close the review of a broken glass, with what was found."""
        said = Response(who=who, yes=True, reason=reason.strip(), at_ns=self._clock.now_ns())
        return self.store.change(project, self.find(project, name).id, lambda one: one.reviewed(said))

    def consume(self, project: str, name: str) -> str:
        """The signed permit of a request that is granted, given out once; raises `Conflict`."""
        signer = self._signer()
        found = self.store.change(project, name, lambda one: one.used(self._clock.now_ns()))
        permit = Permit(
            request=found.id,
            project=project,
            agent=found.agent,
            session=found.session,
            tool=found.tool,
            args_digest=found.args_digest,
            contract_digest=found.contract_digest,
            approvers=found.approvers,
            until_ns=found.until_ns,
        )
        return str(permit.note().signed(signer))

    def lapse(self, project: str) -> list[Request]:
        """Note the requests whose time is over, each once, whichever server is first; those that were noted now."""
        now_ns, noted = self._clock.now_ns(), list[Request]()
        for one in self.store.requests(project, now_ns - 2 * MOST_S * 1_000_000_000):
            if one.lapsed_ns is None and one.status(now_ns) == "expired":
                with contextlib.suppress(Conflict):
                    noted.append(self.store.change(project, one.id, lambda held: held.lapsed(now_ns)))
        return noted

    def figures(self, project: str, since_ns: int) -> Figures:
        """How requests since a time ended."""
        return figures_of(self.store.requests(project, since_ns), self._clock.now_ns())

    def figures_by_tool(self, project: str, since_ns: int) -> list[tuple[str, str, Figures]]:
        """The same of each agent and tool, in the order of their names."""
        by_tool: dict[tuple[str, str], list[Request]] = {}
        for one in self.store.requests(project, since_ns):
            by_tool.setdefault((one.agent, one.tool), []).append(one)
        now_ns = self._clock.now_ns()
        return [(agent, tool, figures_of(found, now_ns)) for (agent, tool), found in sorted(by_tool.items())]


def figures_of(requests: Sequence[Request], now_ns: int) -> Figures:
    """How some requests ended."""
    ends = [one.status(now_ns) for one in requests]
    took = [one.granted_ns - one.made_ns for one in requests if one.granted_ns is not None]
    yeses = [said.at_ns - one.made_ns for one in requests for said in one.responses if said.yes]
    return Figures(
        requests=len(requests),
        granted=len(took),
        denied=ends.count("denied"),
        expired=sum(
            end == "expired" and one.granted_ns is None for one, end in zip(requests, ends, strict=True)
        ),
        break_glass=sum(one.break_glass is not None for one in requests),
        median_s=statistics.median(took) / 1e9 if took else None,
        rubber_stamped=sum(one < QUICK_NS for one in yeses) / len(yeses) if yeses else None,
    )
