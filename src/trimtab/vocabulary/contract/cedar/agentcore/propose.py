"""A contract proposed from policies of AgentCore: what they permit and it can say; the rest stays denied, and is told."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from trimtab.vocabulary.contract.cedar.agentcore.conditions import Spoken
from trimtab.vocabulary.contract.cedar.agentcore.export import TOKEN_FIELDS
from trimtab.vocabulary.contract.cedar.agentcore.names import BETWEEN
from trimtab.vocabulary.contract.cedar.agentcore.policies import actions_of, of_gateway, user_of
from trimtab.vocabulary.contract.cedar.conditions import Inexpressible, both, negated, some
from trimtab.vocabulary.contract.cedar.types import KINDS, CedarType, type_of
from trimtab.vocabulary.contract.compare.effects import effect_of, outward
from trimtab.vocabulary.contract.compare.propose import TOOL_NAME
from trimtab.vocabulary.contract.compare.recorded import ToolSchema
from trimtab.vocabulary.contract.expression import SyntaxFault, parse
from trimtab.vocabulary.contract.ports import Written
from trimtab.vocabulary.kernel import Invalid

TYPES = {kind: name for name, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A contract as YAML, and what of the policies it does not say."""

    text: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a proposal is made of: policies, tools that are known, fields of the session by claim, and the gateway."""

    policies: list[Written]
    tools: Iterable[ToolSchema] = ()
    claims: Mapping[str, str]
    gateway: str = ""


def propose_from(agent: str, source: Source) -> Proposal:
    """A contract that lets through what the policies permit, and no more; raises `Invalid` where that is nothing."""
    for name in source.claims.values():
        if name not in TOKEN_FIELDS:
            raise Invalid(f"a claim cannot say session.{name}", hint=", ".join(TOKEN_FIELDS))
    arn, policies, others = of_gateway(source.policies, source.gateway)
    notes = [f"{one}: left out, it is of another gateway" for one in others]
    tools: dict[str, dict[str, Any]] = {}
    for tool in listed(policies, source.tools):
        about = [one for one in policies if (named := actions_of(one)) is None or tool.name in named]
        try:
            tools[tool.name] = permitted(tool, about, source.claims, notes)
        except Inexpressible as error:
            notes.append(f"{tool.name}: denied: {error}")
    if not tools:
        raise Invalid(
            "nothing would be allowed: " + "; ".join(notes), hint="policies that permit a tool by name"
        )
    return Proposal(text_of(agent, arn, tools, notes), tuple(notes))


def listed(policies: list[Written], known: Iterable[ToolSchema]) -> list[ToolSchema]:
    """The tools of a gateway by the name of their action: those that policies name, and those that are known."""
    named = sorted({name for one in policies for name in actions_of(one) or []})
    schemas = {one.name: one for one in known}
    found: list[ToolSchema] = []
    for name in named:
        bare = name.partition(BETWEEN)[2]
        tool = schemas.pop(name, None) or schemas.get(bare)
        found.append(ToolSchema(name=name) if tool is None else renamed(tool, name))
    bare_names = {one.partition(BETWEEN)[2] for one in named}
    return found + [tool for name, tool in schemas.items() if name not in bare_names]


def renamed(tool: ToolSchema, name: str) -> ToolSchema:
    """A tool under the name of its action."""
    return ToolSchema(
        name=name, description=tool.description, input=tool.input, output=tool.output, hints=tool.hints
    )


def permitted(
    tool: ToolSchema, policies: list[Written], claims: Mapping[str, str], notes: list[str]
) -> dict[str, Any]:
    """One tool of the contract; raises `Inexpressible` where it stays denied."""
    if not TOOL_NAME.fullmatch(tool.name):
        raise Inexpressible("a contract cannot name it")
    known = type_of({"type": "object", **tool.input}) if tool.input else None
    spoken = Spoken(known, claims)
    ways: list[list[str]] = []
    before: list[str] = []
    for one in policies:
        try:
            parts = [part for part in met(one, spoken) if part != "true"]
        except Inexpressible as error:
            if one.document["effect"] == "forbid":
                raise Inexpressible(f"{one} cannot be said: {error}") from error
            notes.append(f"{one} of {tool.name} is left out: {error}")
            continue
        if one.document["effect"] == "forbid":
            before.append(negated(both(*parts)))
        else:
            ways.append(parts)
    if not ways:
        raise Inexpressible("nothing that a contract can say permits it")
    before = (ways[0] if len(ways) == 1 else [some(*(both(*one) for one in ways))]) + before
    return body_of(tool, checked(before), known, spoken)


def met(policy: Written, spoken: Spoken) -> Iterator[str]:
    """What must hold for a policy to apply, one by one."""
    spoken.given = frozenset()
    user = user_of(policy)
    if user:
        yield f"session.user == {json.dumps(user, ensure_ascii=False)}"
    for one in policy.document["conditions"]:
        yield from spoken.parts(one["body"], true=one["kind"] == "when")


def checked(conditions: list[str]) -> list[str]:
    """The conditions that say something; raises `Inexpressible` where nothing is allowed, or one is too long."""
    found = [one for one in dict.fromkeys(conditions) if one != "true"]
    if "false" in found:
        raise Inexpressible("nothing is ever permitted")
    for one in found:
        try:
            parse(one)
        except SyntaxFault as error:
            raise Inexpressible(f"the condition {one[:60]}... is too long: {error.message}") from error
    return found


def body_of(
    tool: ToolSchema, conditions: list[str], known: CedarType | None, spoken: Spoken
) -> dict[str, Any]:
    """One tool as a contract writes it."""
    body: dict[str, Any] = {"effect": effect_of(tool)[0]}
    if outward(tool):
        body["egress"] = True
    if tool.description:
        body["description"] = tool.description[:400]
    if known is not None and tool.input:
        body["input"] = {"type": "object", **tool.input}
    elif spoken.used:
        body["input"] = inferred(spoken.used)
    if conditions:
        body["pre"] = conditions
    return body


def inferred(used: Mapping[tuple[str, ...], str]) -> dict[str, Any]:
    """An input schema that says what the policies take arguments for."""
    whole: dict[str, Any] = {"type": "object", "properties": {}}
    for path, kind in sorted(used.items()):
        place = whole
        for part in path[:-1]:
            place = place["properties"].setdefault(part, {"type": "object", "properties": {}})
        if kind != "record":
            place["properties"][path[-1]] = {"type": TYPES[kind]}
        else:
            place["properties"].setdefault(path[-1], {"type": "object", "properties": {}})
    return whole


def text_of(agent: str, arn: str, tools: Mapping[str, Any], notes: list[str]) -> str:
    """The contract with what it does not say above it."""
    about = [
        f"Proposed from policies of AgentCore{f' for {arn}' if arn else ''}. What they do not permit is denied.",
        "They know no session: raise ruleOfTwo, and add sources, budgets and approvals. Read each effect.",
        *notes,
    ]
    document = {
        "apiVersion": "trimtab/v1",
        "kind": "AgentContract",
        "metadata": {"name": agent},
        "spec": {"mode": "enforce", "unlistedTool": "deny", "ruleOfTwo": "off", "tools": dict(tools)},
    }
    dumped = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=10_000)
    return "".join(f"# {' '.join(one.split())}\n" for one in about) + dumped
