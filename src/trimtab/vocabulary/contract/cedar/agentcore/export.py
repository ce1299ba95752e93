"""A contract as policies for a gateway of AgentCore: one for each tool, never wider than the contract."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import get_args

from trimtab.vocabulary.contract.cedar.agentcore.names import MOST_CHARACTERS, action_of, scope
from trimtab.vocabulary.contract.cedar.agentcore.rules import TOKEN_FIELDS, GatewayRules, Unsaid
from trimtab.vocabulary.contract.cedar.rules import Rule, Unsayable, args_type
from trimtab.vocabulary.contract.cedar.text import quoted
from trimtab.vocabulary.contract.model import Contract, Tool
from trimtab.vocabulary.kernel import Invalid

TOO_LONG = f"the policy is longer than {MOST_CHARACTERS} characters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """The gateway that decides: its ARN, the target of the tools, claims by field of the session, and what others keep."""

    arn: str
    target: str = ""
    claims: Mapping[str, str] = field(default_factory=dict[str, str])
    elsewhere: Collection[str] = ()

    def __post_init__(self) -> None:
        """Refuse what a claim cannot say, and kinds of rules that there are not."""
        for name in self.claims:
            if name not in TOKEN_FIELDS:
                raise Invalid(f"a claim cannot say session.{name}", hint=", ".join(TOKEN_FIELDS))
        for kind in self.elsewhere:
            if kind not in get_args(Unsayable):
                raise Invalid(f"{kind} is no kind of rule", hint=", ".join(get_args(Unsayable)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One tool: its policy; the rules why it is denied, those that asked and now deny, what is not said, what others keep."""

    policy: str
    denied: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    unsaid: Mapping[str, str] = field(default_factory=dict[str, str])
    kept: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCoreExport:
    """The permissions by tool, a schema like the gateway's, and what a contract says that no call is decided by."""

    tools: Mapping[str, Permission]
    schema: str
    left: tuple[str, ...]

    @property
    def policies(self) -> str:
        """All policies in one text."""
        return "\n".join(one.policy for one in self.tools.values())


def to_agentcore(contract: Contract, gateway: Gateway) -> AgentCoreExport:
    """A contract for a gateway of AgentCore; raises `Invalid` where two tools would be one action."""
    actions = {tool: action_of(tool, gateway.target) for tool in contract.tools}
    if len(set(actions.values())) < len(actions):
        raise Invalid("two tools would be the same action of the gateway", hint="give each its own name")
    return AgentCoreExport(
        tools={
            name: permission(contract, tool, gateway, actions[name]) for name, tool in contract.tools.items()
        },
        schema=schema_of(contract, actions),
        left=tuple(left_out(contract)),
    )


def permission(contract: Contract, tool: Tool, gateway: Gateway, action: str) -> Permission:
    """One tool as a permit that says all of its conditions, so that an error denies; or as a forbid."""
    unsaid = Unsaid(elsewhere=frozenset(gateway.elsewhere))
    rules = biting(contract, tool, unsaid, gateway) if tool.mode == "enforce" else []
    denied = [one.name for one in rules if one.when == "true"]
    where = scope(action, gateway.arn)
    about = f"// {tool.name}: {tool.effect}"
    when = " ||\n  ".join(dict.fromkeys(one.when for one in rules))
    policy = f"{about}\npermit (\n  {where}\n)" + (f"\nunless {{\n  {when}\n}};\n" if when else ";\n")
    if len(policy) > MOST_CHARACTERS and not denied:
        denied.append(TOO_LONG)
    if denied:
        policy = f"{about}\nforbid (\n  {where}\n);\n"
    known = {name: f"{one.kind}: {one.why}" for name, one in unsaid.checks.items()}
    kept = {name for name, one in unsaid.checks.items() if one.kind in unsaid.elsewhere}
    return Permission(
        policy=policy,
        denied=tuple(dict.fromkeys(denied)),
        asked=tuple(one.name for one in rules if one.verdict == "ask"),
        unsaid={name: why for name, why in known.items() if name not in kept},
        kept={name: why for name, why in known.items() if name in kept}
        | (
            {"approval": "approval: people agree"} if tool.approval and "approval" in unsaid.elsewhere else {}
        ),
    )


def biting(contract: Contract, tool: Tool, unsaid: Unsaid, gateway: Gateway) -> list[Rule]:
    """The rules of a tool that ever deny or ask there."""
    found = GatewayRules(contract, tool, unsaid, gateway.claims).all()
    agreed = "approval" in gateway.elsewhere
    return [one for one in found if one.when != "false" and not (agreed and one.name.startswith("approval"))]


def schema_of(contract: Contract, actions: Mapping[str, str]) -> str:
    """The schema of requests, in the shape that a gateway makes of the inputs of its tools."""
    lines = [
        "namespace AgentCore {",
        "  entity OAuthUser = {id: String} tags String;",
        "  entity Gateway;",
        '  action "Mcp";',
        '  action "CallTool" in ["Mcp"];',
    ]
    for name, tool in contract.tools.items():
        lines += [
            f'  action {quoted(actions[name])} in ["CallTool"] appliesTo {{',
            f'    principal: [OAuthUser], resource: [Gateway], context: {{"input": {args_type(tool)}}}',
            "  };",
        ]
    return "\n".join([*lines, "}", ""])


def left_out(contract: Contract) -> Iterator[str]:
    """What a contract says that decides no call there."""
    if contract.mode != "enforce" or contract.unlisted == "ask":
        yield "tools that are not listed: denied there"
    for tool in contract.tools.values():
        said = (
            (f"mode {tool.mode}: permitted without conditions", tool.mode != "enforce"),
            (
                "post, output schema and hidden fields",
                bool(tool.after or tool.output.hidden or tool.output.schema),
            ),
            ("idempotency: nobody remembers a call", tool.idempotency is not None),
            ("undo and verification", bool(tool.undo or tool.verification)),
            ("warnings", any(one.otherwise == "warn" for one in tool.before)),
        )
        yield from (f"{tool.name}: {what}" for what, is_so in said if is_so)
    yield "how tools are run: retries, timeouts, rates, breakers and fallbacks"
    if contract.checks or contract.answer:
        yield "checks and answer: at other points than a call"
