"""Contracts and the policies of gateways of AgentCore, one into the other; neither becomes wider.

names.py      callers, tools and gateways as the service names them
rules.py      what of a contract a gateway can know; export.py its policies
policies.py   policies as they were written
conditions.py their conditions as a contract's; propose.py a contract of them
"""

from trimtab.vocabulary.contract.cedar.agentcore.export import (
    AgentCoreExport,
    Gateway,
    Permission,
    to_agentcore,
)
from trimtab.vocabulary.contract.cedar.agentcore.propose import Proposal, Source, propose_from

__all__ = [
    "AgentCoreExport",
    "Gateway",
    "Permission",
    "Proposal",
    "Source",
    "propose_from",
    "to_agentcore",
]
