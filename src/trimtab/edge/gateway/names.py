"""What a tool of a server is called here.

A contract knows tools by these names, so they depend on the gateway's document alone, never on which servers happen to run or on
what another server calls its tools: else one could take the place of another's.
"""

from collections.abc import Collection

SEPARATOR = "__"


def full_name(server: str, tool: str) -> str:
    """The name that tells two servers' tools apart."""
    return f"{server}{SEPARATOR}{tool}"


def offered_name(server: str, tool: str, *, bare: bool, servers: Collection[str]) -> str:
    """What it is called here: its own name where its server is bare, unless that looks like another server's tool."""
    before, separator, _ = tool.partition(SEPARATOR)
    return tool if bare and not (separator and before in servers) else full_name(server, tool)
