"""A contract as policies of Cedar, with their schema, what the caller must tell, and what Cedar does not see."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trimtab.vocabulary.contract.cedar.rules import Asked, Rule, Rules, Told, args_type, facts_types, types_of
from trimtab.vocabulary.contract.cedar.text import quoted
from trimtab.vocabulary.contract.cedar.types import SESSION, CedarType
from trimtab.vocabulary.contract.document.place import facts_name
from trimtab.vocabulary.contract.model import Contract, Tool

CALL = 'Action::"call"'
ALONE = 'Action::"call_without_approval"'
BOTH = f"action in [{CALL}, {ALONE}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class CedarExport:
    """Policies and their schema. `told` is what the caller checks, by its name in `context.checked`; `left` is not said."""

    contract: Contract
    policies: str
    schema: str
    told: Mapping[str, Asked]
    left: tuple[str, ...]


def to_cedar(contract: Contract) -> CedarExport:
    """A contract for Cedar."""
    told = Told()
    policies = [policy for tool in contract.tools.values() for policy in tool_policies(contract, tool, told)]
    policies += other_policies(contract, told)
    return CedarExport(
        contract=contract,
        policies="\n\n".join(policies) + "\n",
        schema=schema_of(contract, told),
        told=dict(told.checks),
        left=tuple(left_out(contract)),
    )


def tool_policies(contract: Contract, tool: Tool, told: Told) -> Iterator[str]:
    """The policies of one tool."""
    scope = f"principal == Agent::{quoted(contract.agent)}, {{}}, resource == Tool::{quoted(tool.name)}"
    yield f"// {tool.name}: {tool.effect}\n@id({quoted(tool.name)})\npermit ({scope.format(BOTH)});"
    if tool.mode == "enforce":
        for rule in Rules(contract, tool, told).all():
            yield from forbid(tool.name, rule, scope, "")


def other_policies(contract: Contract, told: Told) -> Iterator[str]:
    """The policies of tools that are not listed."""
    known = ", ".join(f"Tool::{quoted(name)}" for name in contract.tools)
    scope = f"principal == Agent::{quoted(contract.agent)}, {{}}, resource"
    other = f"!([{known}].contains(resource))"
    if contract.mode != "enforce":
        yield f'@id("any other tool")\npermit ({scope.format(BOTH)})\nwhen {{ {other} }};'
    elif contract.unlisted == "ask":
        yield f'@id("any other tool")\npermit ({scope.format(f"action == {CALL}")})\nwhen {{ {other} }};'
        unlisted = Tool(name="any other tool", effect="irreversible", egress=True)
        for rule in Rules(contract, unlisted, told).all():
            yield from forbid("any other tool", rule, scope, other)


def forbid(tool: str, rule: Rule, scope: str, other: str) -> Iterator[str]:
    """A rule as a policy; none where it never bites."""
    if rule.when == "false":
        return
    action = BOTH if rule.verdict == "deny" else f"action == {ALONE}"
    parts = [one for one in (other, "" if rule.when == "true" else rule.when) if one]
    when = f"\nwhen {{\n  {' && '.join(parts)}\n}}" if parts else ""
    yield f"@id({quoted(f'{tool}: {rule.name}')})\nforbid ({scope.format(action)}){when};"


def schema_of(contract: Contract, told: Told) -> str:
    """The schema of requests."""
    args = CedarType("record", {name: args_type(tool) for name, tool in contract.tools.items()})
    facts = CedarType("record", {facts_name(name): one for name, one in facts_types(contract).items()})
    session = ", ".join(
        f"{quoted(name)}{'?' if one.kind == 'decimal' else ''}: {one}" for name, one in SESSION.items()
    )
    return "\n".join(
        [
            "entity Agent;",
            "entity Tool;",
            'action "call", "call_without_approval" appliesTo {',
            "  principal: [Agent],",
            "  resource: [Tool],",
            "  context: {",
            f'    "args": {args},',
            f'    "facts": {facts},',
            f'    "session": {{{session}, "called": Set<String>}},',
            f'    "checked": {types_of(told.checks)},',
            "  },",
            "};",
            "",
        ]
    )


def left_out(contract: Contract) -> Iterator[str]:
    """What a contract says that Cedar is not asked about."""
    for tool in contract.tools.values():
        said = (
            ("fixed arguments: set them before you ask", any(one.fixed for one in tool.arguments)),
            (
                "post, output schema and hidden fields: after the call",
                bool(tool.after or tool.output.hidden or tool.output.schema),
            ),
            ("whose yeses count, how many, and how long", tool.approval is not None),
            (f"mode {tool.mode}: Cedar only allows", tool.mode != "enforce"),
        )
        yield from (f"{tool.name}: {what}" for what, is_so in said if is_so)
    if contract.checks:
        yield "checks: at other points than a call"
