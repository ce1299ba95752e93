"""A first contract, proposed: it observes, says why it proposes what it does, and waits for a person to read it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

import yaml

from trimtab.vocabulary.contract.compare.effects import effect_of, outward
from trimtab.vocabulary.contract.compare.learn import Learned, Seen, learn
from trimtab.vocabulary.contract.compare.recorded import RecordedSession, ToolSchema
from trimtab.vocabulary.contract.compare.roles import WHY, Role, assigned, private, role_of, rule_for

MIN_TIMES = 3
MOST_SOURCES = 4
TOOL_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}")
FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(\[\])?(\.[A-Za-z_][A-Za-z0-9_-]*(\[\])?)*")


def propose(agent: str, tools: Iterable[ToolSchema], sessions: Iterable[RecordedSession] = ()) -> str:
    """The YAML of a contract in mode observe, with the evidence beside each tool; `agent` names it.

    Effects are read off MCP's hints and the verbs of names, sources of arguments and budgets off the sessions.
    """
    listed = [one for one in tools if TOOL_NAME.fullmatch(one.name)]
    learned = learn(sessions)
    sources = {tool.name: proposed_sources(tool, learned.get(tool.name), listed) for tool in listed}
    vouched = {one for each in sources.values() for found in each.values() for one in found if "." in one}
    lines = [
        "# Proposed, and only observing. Read each effect, then raise the mode tool by tool.",
        "apiVersion: trimtab/v1",
        "kind: AgentContract",
        f"metadata: {{name: {agent}}}",
        "spec:",
        "  mode: observe",
        "  tools:",
    ]
    for tool in sorted(listed, key=lambda one: one.name):
        seen = learned.get(tool.name, Learned())
        lines += [f"    # {one}" for one in evidence(tool, seen, sources[tool.name])]
        body = proposed_tool(
            tool, seen, {**by_role(tool, seen), **sources_as_rules(sources[tool.name])}, vouched
        )
        dumped = yaml.safe_dump({tool.name: body}, sort_keys=False, allow_unicode=True, width=10_000)
        lines += [f"    {line}" for line in dumped.splitlines()]
    return "\n".join(lines) + "\n"


def proposed_tool(
    tool: ToolSchema, seen: Learned, rules: Mapping[str, Mapping[str, list[str]]], vouched: set[str]
) -> dict[str, Any]:
    """One tool of the proposal."""
    effect, _ = effect_of(tool)
    body: dict[str, Any] = {"effect": effect}
    if outward(tool):
        body["egress"] = True
    if tool.description:
        body["description"] = tool.description[:400]
    if tool.input is not None:
        body["input"] = dict(tool.input)
    output = proposed_output(tool, vouched)
    if output:
        body["output"] = output
    if rules:
        body["arguments"] = {name: dict(found) for name, found in sorted(rules.items())}
    if effect != "read" and seen.most:
        body["budget"] = {"session": {"calls": 2 * seen.most}}
    return body


def proposed_output(tool: ToolSchema, vouched: set[str]) -> dict[str, Any]:
    """What is said of a tool's output: its schema, what must not leave, and the fields that arguments come from."""
    output: dict[str, Any] = {}
    if tool.output is not None:
        output["schema"] = dict(tool.output)
    if effect_of(tool)[0] == "read" and private(tool.description):
        output["sensitive"] = True
    fields = {one.removeprefix(tool.name + ".") for one in vouched if one.startswith(tool.name + ".")}
    fields |= set(identifiers(tool))
    if fields:
        output["vouched"] = sorted(fields)
    return output


def identifiers(tool: ToolSchema) -> list[str]:
    """The fields of a tool's output that the system behind it assigns."""
    root = tool.output or {}
    found = [".".join(path).replace(".[]", "[]") for path in assigned(root, root)]
    return [one for one in found if FIELD_NAME.fullmatch(one)]


def by_role(tool: ToolSchema, seen: Learned) -> dict[str, dict[str, list[str]]]:
    """What is asked of the arguments that no session showed, by what their names say they are for."""
    effect, _ = effect_of(tool)
    given = cast("Mapping[str, Mapping[str, Any]]", (tool.input or {}).get("properties") or {})
    found: dict[str, dict[str, list[str]]] = {}
    for name, role in roles_of(tool).items():
        acts = effect != "read" or (outward(tool) and role == "receiver")
        if acts and name in given and name not in seen.arguments:
            found[name] = rule_for(role, effect)
    return found


def roles_of(tool: ToolSchema) -> dict[str, Role]:
    """The arguments of a tool whose names say what they are for."""
    given = cast("Mapping[str, Any]", (tool.input or {}).get("properties") or {})
    found: dict[str, Role] = {}
    for name, schema in given.items():
        if FIELD_NAME.fullmatch(name) and isinstance(schema, dict):
            role = role_of(name, cast("Mapping[str, Any]", schema))
            if role:
                found[name] = role
    return found


def sources_as_rules(sources: Mapping[str, list[str]]) -> dict[str, dict[str, list[str]]]:
    """Sources that sessions showed, as a contract asks for them."""
    return {name: {"from": found} for name, found in sources.items()}


def proposed_sources(tool: ToolSchema, seen: Learned | None, tools: list[ToolSchema]) -> dict[str, list[str]]:
    """The arguments of a tool that always came from the user, the prompt or a few fields, with these."""
    if seen is None or (effect_of(tool)[0] == "read" and not outward(tool)):
        return {}
    known = properties(tool)
    found: dict[str, list[str]] = {}
    for name, argument in sorted(seen.arguments.items()):
        plain = FIELD_NAME.fullmatch(name) and (known is None or name in known)
        sources = few(argument, {one.name for one in tools})
        if plain and sources and argument.times >= MIN_TIMES and not argument.unexplained:
            found[name] = sources
    return found


def few(seen: Seen, tools: set[str]) -> list[str]:
    """The sources that were seen, the user first; [] where there are too many, or one that cannot be named."""
    sources = [one for one in ("user", "system") if seen.sources[one]]
    fields = sorted(set(seen.sources) - {"user", "system"})
    named = [one for one in fields if nameable(one, tools)]
    return [*sources, *named] if len(named) == len(fields) <= MOST_SOURCES else []


def nameable(field: str, tools: set[str]) -> bool:
    """Whether a contract can name a field: of a listed tool, and a plain path."""
    owners = [one for one in tools if field.startswith(one + ".")]
    return bool(owners) and bool(FIELD_NAME.fullmatch(field.removeprefix(max(owners, key=len) + ".")))


def properties(tool: ToolSchema) -> set[str] | None:
    """The arguments that the input schema names; None where it names none."""
    names = (tool.input or {}).get("properties")
    return set(names) if names else None


def evidence(tool: ToolSchema, seen: Learned, sources: Mapping[str, list[str]]) -> list[str]:
    """Why a tool is proposed as it is."""
    lines = [f"{effect_of(tool)[0]}: {effect_of(tool)[1]}"]
    if seen.times:
        lines.append(f"seen {seen.times} times in {seen.sessions} sessions, at most {seen.most} in one")
    for name in sources:
        counted = ", ".join(
            f"{source} {times}" for source, times in seen.arguments[name].sources.most_common(4)
        )
        lines.append(f"{name}: {seen.arguments[name].times} values, all from {counted}")
    roles = roles_of(tool)
    lines += [f"{name}: its name says that it {WHY[roles[name]]}" for name in sorted(by_role(tool, seen))]
    return [one.replace("\n", " ") for one in lines]
