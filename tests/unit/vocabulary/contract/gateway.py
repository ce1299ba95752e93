"""A gateway of AgentCore, for tests: Cedar's own engine decides about a call as the service documents its requests."""

from typing import Any

import cedarpy

from trimtab.vocabulary.contract import Contract, Facts
from trimtab.vocabulary.contract.cedar.agentcore.names import action_of
from trimtab.vocabulary.contract.cedar.rules import args_type
from trimtab.vocabulary.contract.cedar.types import as_cedar
from trimtab.vocabulary.kernel import Invalid

ARN = "arn:aws:bedrock-agentcore:eu-central-1:123456789012:gateway/shop"
CLAIMS = {"tenant": "custom:tenant", "intent": "intent"}


def request(contract: Contract, facts: Facts, target: str = "T") -> dict[str, Any] | None:
    """The request about a call; None where its schema does not hold the arguments, which the gateway refuses."""
    tool = contract.tools.get(facts.tool)
    if tool is None:
        return None
    try:
        given = as_cedar(facts.args, args_type(tool), "args")
    except Invalid:
        return None
    return {
        "principal": {"type": "AgentCore::OAuthUser", "id": facts.session.user},
        "action": {"type": "AgentCore::Action", "id": action_of(facts.tool, target)},
        "resource": {"type": "AgentCore::Gateway", "id": ARN},
        "context": {"input": given},
    }


def caller(facts: Facts) -> dict[str, Any]:
    """The user with the claims of the token; what is empty is not in it."""
    tags = {claim: getattr(facts.session, name) for name, claim in CLAIMS.items()}
    return {
        "uid": {"type": "AgentCore::OAuthUser", "id": facts.session.user},
        "attrs": {"id": facts.session.user},
        "parents": [],
        "tags": {name: value for name, value in tags.items() if value},
    }


def permits(policies: str, schema: str, contract: Contract, facts: Facts) -> bool:
    """Whether the gateway lets a call through."""
    asked = request(contract, facts)
    if asked is None:
        return False
    answer = cedarpy.is_authorized(asked, policies, [caller(facts)], schema)
    assert not any("while evaluating" in one for one in answer.diagnostics.errors), answer.diagnostics.errors
    return answer.allowed
