"""Policies of AgentCore as they were written: their scope, and which tools and gateway they are about."""

from trimtab.vocabulary.contract.cedar.agentcore.names import ACTION, GATEWAY, GROUPS, USER
from trimtab.vocabulary.contract.cedar.conditions import Inexpressible
from trimtab.vocabulary.contract.ports import Written
from trimtab.vocabulary.kernel import Invalid


def actions_of(policy: Written) -> list[str] | None:
    """The tools that a policy names; None is every tool."""
    scope = policy.document["action"]
    if scope["op"] == "All":
        return None
    entities = scope.get("entities") or [scope["entity"]]
    named = [one["id"] for one in entities if one["type"] == ACTION]
    return None if GROUPS & set(named) else named


def gateway_of(policy: Written) -> str:
    """The gateway that a policy names; "" where it names none."""
    scope = policy.document["resource"]
    entity = scope.get("entity") if scope["op"] == "==" else None
    return entity["id"] if entity and entity["type"] == GATEWAY else ""


def user_of(policy: Written) -> str:
    """The one user that a policy is about, or "" for every one; raises `Inexpressible` for other callers."""
    scope = policy.document["principal"]
    if scope["op"] == "==" and scope["entity"]["type"] == USER:
        return scope["entity"]["id"]
    if scope["op"] == "All" or (scope["op"] == "is" and scope["entity_type"] == USER and "in" not in scope):
        return ""
    raise Inexpressible(f"it is about other callers than {USER}")


def of_gateway(policies: list[Written], wanted: str) -> tuple[str, list[Written], list[Written]]:
    """The gateway's ARN, its policies, and those of others; raises `Invalid` where it is not clear which is meant."""
    known = sorted({gateway_of(one) for one in policies} - {""})
    if not wanted and len(known) > 1:
        raise Invalid("the policies are of several gateways", hint=f"--gateway, one of {', '.join(known)}")
    if wanted and known and wanted not in known:
        raise Invalid(f"no policy is of the gateway {wanted}", hint=", ".join(known))
    arn = wanted or (known[0] if known else "")
    mine = [one for one in policies if gateway_of(one) in ("", arn)]
    return arn, mine, [one for one in policies if one not in mine]
