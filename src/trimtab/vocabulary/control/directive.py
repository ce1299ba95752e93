"""One wish about agents: who wants it, why, what, and from when until when."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, get_args

from trimtab.vocabulary.contract import parse_overlay
from trimtab.vocabulary.kernel import Invalid

Owner = Literal["release", "mitigation", "budget", "person"]
OWNERS: tuple[Owner, ...] = get_args(Owner)
Direction = Literal["narrow", "widen", "choose"]
LEVELS = {
    "reading": ("read_only",),
    "careful": ("ask_writes", "no_irreversible"),
    "supervised": ("ask_writes",),
}
"""Levels of autonomy, the lowest first, and the overlays that each stands for."""
CHOICES = ("bundle", "model", "split")
WAYS = (
    "read_only, no_irreversible, no_egress, ask_writes, enforce, tool_off:NAME, family_off:NAME, "
    f"autonomy:{'|'.join(LEVELS)}, observe, unasked:TOOL, bundle:NAME, model:NAME, split:NAME=90,OTHER=10"
)
MOST_S = 90 * 86_400
LONGEST, LONGEST_REASON = 200, 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """One wish about the agents and environments that two patterns name (`*` and `?`), between two times.

    Times are nanoseconds since 1970. `undone_ns` is when somebody took it back, who and why.
    """

    id: str
    owner: Owner
    who: str
    reason: str
    what: str
    from_ns: int
    until_ns: int
    made_ns: int
    agent: str = "*"
    environment: str = "*"
    undone_ns: int | None = None
    undone_by: str = ""
    undone_why: str = ""

    def __post_init__(self) -> None:
        """Raise `Invalid` for one that says too little or too much."""
        if read_what(self.what) != self.what:
            raise Invalid(f"{self.what!r} is written {read_what(self.what)!r}", code="directive")
        if self.owner not in OWNERS:
            raise Invalid(f"no such owner: {self.owner!r}", hint=f"one of {', '.join(OWNERS)}")
        if not self.reason.strip() or len(self.reason) > LONGEST_REASON:
            raise Invalid("a directive needs a reason", hint=f"1 to {LONGEST_REASON} characters say why")
        if not 0 < self.until_ns - self.from_ns <= MOST_S * 1_000_000_000:
            raise Invalid("a directive ends after it begins, within 90 days", hint="renew it when it is over")
        for name in ("id", "who", "agent", "environment"):
            if not getattr(self, name) or len(getattr(self, name)) > LONGEST:
                raise Invalid(f"not a {name} of a directive", hint=f"1 to {LONGEST} characters")

    @property
    def direction(self) -> Direction:
        """Whether it takes something from agents, gives them something, or chooses what they run."""
        return direction(self.what)

    def stands(self, now_ns: int) -> bool:
        """Whether it holds at a time."""
        return self.undone_ns is None and self.from_ns <= now_ns < self.until_ns

    def is_about(self, agent: str, environment: str) -> bool:
        """Whether its patterns name an agent and an environment."""
        return fnmatchcase(agent, self.agent) and fnmatchcase(environment, self.environment)


def direction(what: str) -> Direction:
    """The direction of what a directive says."""
    kind = what.partition(":")[0]
    if kind in ("observe", "unasked"):
        return "widen"
    return "choose" if kind in CHOICES else "narrow"


def read_what(text: str) -> str:
    """What a directive says, in the one way to write it; raises `Invalid`."""
    kind, _, target = text.strip().partition(":")
    if len(text) > LONGEST:
        raise Invalid(f"a directive says at most {LONGEST} characters", hint=f"one of {WAYS}")
    match kind:
        case "autonomy" if target in LEVELS:
            return f"autonomy:{target}"
        case "observe" if not target:
            return "observe"
        case "unasked" | "bundle" | "model" if target.strip():
            return f"{kind}:{target.strip()}"
        case "split" if target:
            return f"split:{read_split(target)}"
        case _:
            try:
                return str(parse_overlay(text.strip()))
            except Invalid:
                raise Invalid(f"{text!r} is no directive", hint=f"one of {WAYS}", code="directive") from None


def read_split(text: str) -> str:
    """Shares of traffic by name, in percent, which make 100; raises `Invalid`."""
    shares: dict[str, int] = {}
    for part in text.split(","):
        name, _, share = (one.strip() for one in part.partition("="))
        if not name or not share.isascii() or not share.isdigit() or name in shares:
            raise Invalid(f"not a split: {text!r}", hint="for example split:new=10,old=90", code="directive")
        shares[name] = int(share)
    if sum(shares.values()) != 100:
        raise Invalid(f"a split of {sum(shares.values())} percent", hint="make it 100", code="directive")
    return ",".join(f"{name}={shares[name]}" for name in sorted(shares))
