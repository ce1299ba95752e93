"""A contract in words, one line for each tool."""

from trimtab.vocabulary.contract.model import Contract, Tool

EFFECTS = {
    "read": "reads",
    "idempotent_write": "writes, the same however often",
    "keyed_write": "writes, once per key",
    "unkeyed_write": "writes, each time anew",
    "irreversible": "acts for good",
}


def describe(contract: Contract) -> str:
    """What an agent may do, for people."""
    lines = [
        f"{contract.agent}: {len(contract.tools)} tools, mode {contract.mode}, any other tool: {contract.unlisted}"
    ]
    lines += [f"  {describe_tool(tool)}" for tool in contract.tools.values()]
    lines += [f"  {one.then} after {one.before}: {one.verdict}" for one in contract.flows]
    lines += [f"  to be proved: {one}" for one in contract.invariants]
    if contract.remote:
        lines.append(f"  before each call {contract.remote.path} at {contract.remote.url} is asked, too")
    if contract.overlays:
        lines.append(f"  narrowed by {', '.join(contract.overlays)}")
    return "\n".join(lines)


def describe_tool(tool: Tool) -> str:
    """What one tool may do."""
    if tool.withdrawn:
        return f"{tool.name}: switched off by {tool.withdrawn}"
    parts = [EFFECTS[tool.effect], "can carry data out" if tool.egress else ""]
    parts += [
        f"{one.name} from {', '.join(str(vouch) for vouch in one.vouches)}"
        for one in tool.arguments
        if one.vouches
    ]
    parts += [f"{one.name} at most {one.maximum:g}" for one in tool.arguments if one.maximum is not None]
    if tool.approval:
        when = f" when {tool.approval.when.text}" if tool.approval.when else ""
        parts.append(f"needs {tool.approval.quorum} yes of {tool.approval.role or 'a human'}{when}")
    for limit in tool.limits:
        most = [f"{limit.calls} calls"] if limit.calls is not None else []
        most += [f"{value:g} {name}" for name, value in limit.sums.items()]
        parts.append(f"at most {' and '.join(most)} a {limit.scope}")
    parts.append("" if tool.mode == "enforce" else f"mode {tool.mode}")
    return f"{tool.name}: {'; '.join(part for part in parts if part)}"
