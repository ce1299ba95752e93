"""A contract for a gateway of AgentCore, and one from its policies; what either does not say is told."""

from pathlib import Path
from typing import Annotated, Any

import typer

from trimtab.app.cli.contracts.commands import contract, save, tools_in
from trimtab.app.cli.contracts.files import text_of
from trimtab.vocabulary.contract import Contract
from trimtab.vocabulary.contract.cedar.agentcore import (
    AgentCoreExport,
    Gateway,
    Source,
    propose_from,
    to_agentcore,
)
from trimtab.vocabulary.kernel import Invalid


@contract.command("import-agentcore")
def import_agentcore(
    files: Annotated[list[Path], typer.Argument(help="Policies in Cedar.")],
    agent: Annotated[str, typer.Option(help="The agent's name.")],
    tools: Annotated[
        Path | None, typer.Option(help="JSON: the gateway's tools, as tools/list gives them.")
    ] = None,
    gateway: Annotated[
        str, typer.Option(help="The ARN of the gateway, where the policies are of several.")
    ] = "",
    claim: Annotated[
        list[str] | None, typer.Option(help="A claim of the token, as tenant=custom:tenant; repeatable.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the contract to this file.")] = None,
) -> None:
    """Propose a contract from a gateway's policies; what it cannot say stays denied, and is told with its line."""
    from trimtab.app.bootstrap.cedar import open_reader

    reader = open_reader()
    source = Source(
        policies=[one for path in files for one in reader.read(text_of(path), str(path))],
        tools=tools_in(tools) if tools else [],
        claims={name: field for field, name in claims_of(claim or []).items()},
        gateway=gateway,
    )
    found = propose_from(agent, source)
    for note in found.notes:
        typer.echo(note, err=True)
    save(found.text, out)


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
