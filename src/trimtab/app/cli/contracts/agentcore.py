"""A contract for a gateway of AgentCore: its options, and what is said of what the policies do not say."""

from typing import Any

from trimtab.vocabulary.contract import Contract
from trimtab.vocabulary.contract.cedar.agentcore import AgentCoreExport, Gateway, to_agentcore
from trimtab.vocabulary.kernel import Invalid


def export_to(
    contract: Contract, gateway: str, target: str, claims: list[str], elsewhere: list[str]
) -> AgentCoreExport:
    """A contract for the gateway that options describe; raises `Invalid`."""
    if not gateway:
        raise Invalid(
            "AgentCore's policies name their gateway", hint="--gateway arn:aws:bedrock-agentcore:..."
        )
    return to_agentcore(
        contract,
        Gateway(arn=gateway, target=target, claims=claims_of(claims), elsewhere=frozenset(elsewhere)),
    )


def claims_of(said: list[str]) -> dict[str, str]:
    """Claims by field of the session, from field=claim."""
    pairs = [one.partition("=") for one in said]
    for field, mark, claim in pairs:
        if not (field and mark and claim):
            raise Invalid(f"{field}{mark}{claim} names no claim", hint="tenant=custom:tenant")
    return {field: claim for field, _, claim in pairs}


def rows_of(found: AgentCoreExport) -> dict[str, Any]:
    """What is exported, for programs."""
    return {
        "policies": {name: one.policy for name, one in found.tools.items()},
        "schema": found.schema,
        "denied": {name: list(one.denied) for name, one in found.tools.items() if one.denied},
        "asked": {name: list(one.asked) for name, one in found.tools.items() if one.asked},
        "unsaid": {name: dict(one.unsaid) for name, one in found.tools.items() if one.unsaid},
        "elsewhere": {name: dict(one.kept) for name, one in found.tools.items() if one.kept},
        "left": list(found.left),
    }


def notes_of(found: AgentCoreExport) -> list[str]:
    """What is not in the policies, in lines."""
    lines = [
        "Each tool is one policy; create them one by one. What the gateway is not asked to permit is denied."
    ]
    for name, one in found.tools.items():
        unsaid = "; ".join(one.unsaid.values())
        if one.denied:
            lines.append(
                f"{name}: denied, because of {', '.join(one.denied)}" + (f" ({unsaid})" if unsaid else "")
            )
        elif one.asked:
            lines.append(f"{name}: nobody is asked there, so this denies: {', '.join(one.asked)}")
        lines += [f"{name}: keep elsewhere: {why}" for why in one.kept.values()]
    return [*lines, "The gateway does not know:", *(f"  {one}" for one in found.left)]
