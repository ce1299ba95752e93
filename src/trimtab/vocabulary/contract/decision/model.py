"""What is known before a decision, and what is decided.

What is built for every decision is not frozen, which would triple its cost; nobody changes it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trimtab.vocabulary.contract.decision.budget import Reservation
from trimtab.vocabulary.contract.model import Effect, Mode, Point, Verdict
from trimtab.vocabulary.contract.provenance import Provenance
from trimtab.vocabulary.kernel import canonical_json

NONE: Mapping[str, Any] = {}


@dataclass(slots=True, kw_only=True)
class SessionState:
    """A session so far; costs in US dollars, time in seconds. `called` are the tools that were called.

    `suspected` says which output seemed to give the model orders, and why; "" is none.
    """

    id: str = ""
    tenant: str = ""
    user: str = ""
    intent: str = ""
    calls: int = 0
    writes: int = 0
    irreversible: int = 0
    cost_usd: float = 0.0
    tokens: int = 0
    seconds: float = 0.0
    tainted: bool = False
    sensitive: bool = False
    suspected: str = ""
    called: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A person's yes to one call: bound to the tool, its arguments and the contract, and used once."""

    id: str
    approver: str
    tool: str
    args_digest: str
    contract_digest: str
    granted_ns: int
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why: a stable code, the stage and verdict it comes from, a sentence, and what would help.

    Codes: unlisted, withdrawn, effect, input_schema, source, link, host, bounds, intent, flow, rule_of_two, suspected,
    secrets, personal, pre, budget, approval, fixed, output_schema, post, hidden, check, answer, advice, error
    """

    code: str
    verdict: Verdict
    message: str
    argument: str = ""
    hint: str = ""


@dataclass(slots=True, kw_only=True)
class Facts:
    """What a decision may know. `results` are the last valid outputs by name in conditions, `spent` by reservation key.

    `keeps_schema`: the result is known to keep to its schema already. `advice` is what others say against it, who were asked
    because the contract alone would let it be.
    """

    tool: str = ""
    args: Mapping[str, Any] = field(default_factory=dict[str, Any])
    result: Any = None
    text: str = ""
    model: str = ""
    session: SessionState = field(default_factory=SessionState)
    provenance: Provenance | None = None
    results: Mapping[str, Any] = field(default_factory=dict[str, Any])
    spent: Mapping[str, float] = field(default_factory=dict[str, float])
    grants: tuple[Grant, ...] = ()
    now_ns: int = 0
    keeps_schema: bool = False
    advice: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Whose yes a call needs, how often, and for what exactly."""

    tool: str
    args_digest: str
    contract_digest: str
    role: str
    quorum: int
    not_requester: bool
    ttl_s: float


@dataclass(slots=True, kw_only=True)
class Decision:
    """What follows. In observe mode `verdict` is allow and `would` is what enforcing would have said.

    `args`, `text` and `result` replace what was given where they are not None; `reservations` are to be made before
    the call, `grants` are used up by it.
    """

    point: Point
    verdict: Verdict
    would: Verdict
    mode: Mode
    tool: str = ""
    effect: Effect | None = None
    reasons: tuple[Reason, ...] = ()
    args: Mapping[str, Any] | None = None
    text: str | None = None
    result: Any = None
    need: Need | None = None
    reservations: tuple[Reservation, ...] = ()
    grants: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the agent may go on now."""
        return self.verdict not in ("ask", "deny")


def digest_of_args(args: Mapping[str, Any]) -> str:
    """SHA-256 of arguments as canonical JSON: what an approval is bound to."""
    return hashlib.sha256(canonical_json(dict(args))).hexdigest()
