"""Contracts and the policies of gateways of AgentCore, one into the other; neither becomes wider.

names.py    callers, tools and gateways as the service names them
rules.py    what of a contract a gateway can know; export.py its policies
"""

from trimtab.vocabulary.contract.cedar.agentcore.export import (
    AgentCoreExport,
    Gateway,
    Permission,
    to_agentcore,
)

__all__ = ["AgentCoreExport", "Gateway", "Permission", "to_agentcore"]
