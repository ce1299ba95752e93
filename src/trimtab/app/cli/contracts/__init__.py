"""Commands of contracts: what an agent may do, checked, told, compared, proposed, proved and handed on."""

from trimtab.app.cli.contracts import exporting, hooking, proving
from trimtab.app.cli.contracts.commands import contract
from trimtab.app.cli.contracts.gateway import mcp_gateway

__all__ = ["contract", "exporting", "hooking", "mcp_gateway", "proving"]
