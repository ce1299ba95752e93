"""How a gateway of AgentCore names callers, tools and itself."""

from trimtab.vocabulary.contract.cedar.text import quoted
from trimtab.vocabulary.kernel import Invalid

BETWEEN = "___"
USER = "AgentCore::OAuthUser"
ACTION = "AgentCore::Action"
GATEWAY = "AgentCore::Gateway"
GROUPS = frozenset(["CallTool", "Mcp"])
"""Actions that stand for every tool."""
MOST_CHARACTERS = 10_000
"""The longest statement that the service takes."""


def action_of(tool: str, target: str) -> str:
    """The action of a tool: its target, three underscores and its name; raises `Invalid` where the target is not known."""
    if BETWEEN in tool:
        return tool
    if not target:
        raise Invalid(
            f"{tool} does not say its target",
            hint="name the gateway's target, or call the tool TARGET___TOOL",
        )
    return f"{target}{BETWEEN}{tool}"


def scope(action: str, gateway: str) -> str:
    """Whom, what and where a policy is about."""
    return f"principal is {USER},\n  action == {ACTION}::{quoted(action)},\n  resource == {GATEWAY}::{quoted(gateway)}"
