"""What an agent may do: the contract as a value. Durations are seconds, money is US dollars."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from trimtab.vocabulary.contract.expression import Expression
from trimtab.vocabulary.contract.schema import Schema

Effect = Literal["read", "idempotent_write", "keyed_write", "unkeyed_write", "irreversible"]
Mode = Literal["off", "observe", "enforce"]
Verdict = Literal["allow", "warn", "transform", "ask", "deny"]
Gate = Literal["ask", "deny"]
Mark = Literal["off", "delimit", "datamark", "encode"]
"""How a model is shown that strangers wrote an output."""
Filtered = Literal["off", "warn", "mask", "deny"]
"""What follows where a secret, or what tells of a person, goes out."""
Suspected = Literal["off", "label", "warn", "ask", "deny"]
"""What follows where an output that strangers can write seems to give orders."""
Point = Literal[
    "agent_startup",
    "input",
    "pre_model_call",
    "post_model_call",
    "pre_tool_call",
    "post_tool_call",
    "output",
    "agent_shutdown",
]
EFFECTS: tuple[Effect, ...] = ("read", "idempotent_write", "keyed_write", "unkeyed_write", "irreversible")
POINTS: tuple[Point, ...] = (
    "agent_startup",
    "input",
    "pre_model_call",
    "post_model_call",
    "pre_tool_call",
    "post_tool_call",
    "output",
    "agent_shutdown",
)
VERDICTS: tuple[Verdict, ...] = ("allow", "warn", "transform", "ask", "deny")
"""From the mildest to the strictest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouch:
    """A place that values may come from: user, system, model, vouched, named, trusted, or the field of a tool's output.

    `vouched` is every field that any tool vouches for; `named` is what stands in an output that the user named,
    `trusted` in one that is trusted; `model` is what stands in no untrusted output.
    """

    source: Literal["user", "system", "model", "vouched", "named", "trusted", "field"]
    tool: str = ""
    path: tuple[str, ...] = ()

    def __str__(self) -> str:
        """As it is written in a contract."""
        return ".".join((self.tool, *self.path)) if self.source == "field" else self.source


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """What is asked of one argument, whose name may be a path; `fixed` replaces whatever the model says."""

    name: str
    vouches: tuple[Vouch, ...] = ()
    links: tuple[Vouch, ...] = ()
    hosts: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    fixed: Expression | None = None
    otherwise: Gate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that must hold, and what follows where it does not."""

    holds: Expression
    otherwise: Literal["warn", "ask", "deny"] = "deny"
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The most that may happen within a scope: calls, and sums of named arguments."""

    scope: Literal["session", "day"]
    calls: int | None = None
    sums: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """When people must agree, how many, of which role, and for how long their word stands."""

    when: Expression | None = None
    role: str = ""
    quorum: int = 1
    not_requester: bool = True
    ttl_s: float = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """Which arguments make a call the same unit of work, and how long that is remembered."""

    key: tuple[str, ...]
    ttl_s: float = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """The tool that takes an effect back; `arguments` are conditions' values over args and result."""

    tool: str
    arguments: Mapping[str, Expression] = field(default_factory=dict[str, Expression])


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The reading tool that shows whether an effect happened: `happened` is over args, result and `seen`."""

    tool: str
    happened: Expression
    arguments: Mapping[str, Expression] = field(default_factory=dict[str, Expression])


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often, and how soon, an attempt may follow another; `budget` is retries per call, over time."""

    attempts: int = 3
    backoff_s: float = 0.5
    most_s: float = 20.0
    budget: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """When calls stop for a while: the share of bad ones among the last `window`, and how long."""

    failures: float = 0.5
    window: int = 20
    minimum: int = 10
    open_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """What stands in for a tool that cannot be used."""

    kind: Literal["tool", "cache", "answer", "human"]
    tool: str = ""
    age_s: float = 0.0
    answer: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How a tool is run: seconds it may take, retries, how many at once, how many a second, what stands in."""

    timeout_s: float = 30.0
    retry: Retry = field(default_factory=Retry)
    breaker: Breaker = field(default_factory=Breaker)
    at_once: int | None = None
    per_s: float | None = None
    fallbacks: tuple[Fallback, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a tool returns: its schema, whether it can be believed, what is vouched for, secret or hidden.

    `vouched` and `hidden` are paths; `[]` in a path is every item of a list. What is vouched for counts as a
    whole value, never as a part of text.
    """

    schema: Schema | None = None
    trusted: bool = False
    sensitive: bool = False
    vouched: frozenset[tuple[str, ...]] = frozenset()
    hidden: frozenset[tuple[str, ...]] = frozenset()
    mark: Mark | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """What one tool does and may do; `withdrawn` says which overlay took it away, or ""."""

    name: str
    effect: Effect
    mode: Mode = "enforce"
    egress: bool = False
    description: str = ""
    family: str = ""
    scopes: tuple[str, ...] = ()
    input: Schema | None = None
    output: Output = field(default_factory=Output)
    arguments: tuple[Argument, ...] = ()
    before: tuple[Condition, ...] = ()
    after: tuple[Condition, ...] = ()
    idempotency: Idempotency | None = None
    limits: tuple[Limit, ...] = ()
    approval: Approval | None = None
    undo: Undo | None = None
    verification: Verification | None = None
    running: Running = field(default_factory=Running)
    withdrawn: str = ""

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.effect != "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What may not follow what in one session: `before` untrusted, sensitive or a tool; `then` a kind or a tool."""

    before: str
    then: str
    verdict: Literal["warn", "ask", "deny"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A condition at another point than a tool call; `replacement` is the text of a transform."""

    point: Point
    when: Expression
    verdict: Literal["warn", "transform", "ask", "deny"]
    message: str = ""
    replacement: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Where links and names in what the user is told may come from, and what follows where they do not.

    A transform leaves out the sentences in question.
    """

    links: tuple[Vouch, ...] = ()
    names: tuple[Vouch, ...] = ()
    verdict: Literal["warn", "transform", "ask", "deny"] = "transform"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What follows where secrets and personal data go out, in the answer or by a tool with egress."""

    secrets: Filtered = "off"
    personal: Filtered = "off"

    @property
    def on(self) -> bool:
        """Whether anything is looked for."""
        return (self.secrets, self.personal) != ("off", "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """Something users come for, and the tools it needs; no tools named means all of them."""

    name: str
    description: str = ""
    tools: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """A reason to hand over to people: deliberate (as designed) or a defect (the agent could not)."""

    name: str
    kind: Literal["deliberate", "defect"]
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """What must be true of every call that gets through: of one tool, or of all where `tool` is ""."""

    holds: Expression
    tool: str = ""
    message: str = ""

    def __str__(self) -> str:
        """As it is written in a contract."""
        return f"{self.tool}: {self.holds.text}" if self.tool else self.holds.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """The objective an agent starts with: an indicator and the share that must be good, over a window."""

    indicator: str
    target: float
    window: str = "28d"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """What one session may do in all."""

    calls: int | None = None
    writes: int | None = None
    irreversible: int | None = None
    cost_usd: float | None = None
    tokens: int | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """Somebody else who is asked before each call: a rule of OPA at `path` below the address `url`; it can only take away."""

    url: str
    path: str
    timeout_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The contract of one agent; `digest` is the SHA-256 of its canonical form, overlays are named beside it."""

    agent: str
    digest: str
    mode: Mode = "enforce"
    owner: str = ""
    description: str = ""
    unlisted: Gate = "deny"
    gate: Gate = "ask"
    rule_of_two: Literal["off", "ask", "deny"] = "ask"
    on_suspected: Suspected = "label"
    mark: Mark = "off"
    tools: Mapping[str, Tool] = field(default_factory=dict[str, Tool])
    limits: SessionLimits = field(default_factory=SessionLimits)
    flows: tuple[Flow, ...] = ()
    checks: tuple[Check, ...] = ()
    answer: Answer | None = None
    filter: Filter = field(default_factory=Filter)
    intents: Mapping[str, Intent] = field(default_factory=dict[str, Intent])
    escalations: tuple[Escalation, ...] = ()
    promises: tuple[Promise, ...] = ()
    invariants: tuple[Invariant, ...] = ()
    remote: Remote | None = None
    overlays: tuple[str, ...] = ()
    stages: dict[str, Any] = field(default_factory=dict[str, Any], init=False, compare=False, repr=False)
    """What a decision asks of each tool, by name: found out once."""
    passed: dict[str, Any] = field(default_factory=dict[str, Any], init=False, compare=False, repr=False)
    """The decision about a result of each tool of which there is nothing to say, by name: made once."""
