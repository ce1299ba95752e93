"""`trimtab contract export`: a contract for other engines."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from trimtab.app.cli.contracts.agentcore import export_to, notes_of, rows_of
from trimtab.app.cli.contracts.commands import contract
from trimtab.app.cli.contracts.files import File
from trimtab.app.cli.options import AsJson, print_json
from trimtab.vocabulary.contract import contract_at, narrow, parse_overlay
from trimtab.vocabulary.contract.cedar import CedarExport, to_cedar
from trimtab.vocabulary.contract.cedar.agentcore import AgentCoreExport
from trimtab.vocabulary.kernel import Invalid

POLICIES, SCHEMA = "policies.cedar", "schema.cedarschema"


class Engine(StrEnum):
    """Whom a contract is handed to."""

    CEDAR = "cedar"
    AGENTCORE = "agentcore"


@contract.command()
def export(  # noqa: PLR0913 - one parameter an option
    file: File,
    to: Annotated[Engine, typer.Option(help="For which engine.")],
    under: Annotated[
        list[str] | None, typer.Option(help="Under an overlay, as read_only or enforce; repeatable.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help=f"Write {POLICIES} and {SCHEMA} to this folder, which holds neither.")
    ] = None,
    gateway: Annotated[str, typer.Option(help="AgentCore: the ARN of the gateway.")] = "",
    target: Annotated[
        str, typer.Option(help="AgentCore: the gateway's target, for tools not named TARGET___TOOL.")
    ] = "",
    claim: Annotated[
        list[str] | None,
        typer.Option(help="AgentCore: a claim of the token, as tenant=custom:tenant; repeatable."),
    ] = None,
    elsewhere: Annotated[
        list[str] | None,
        typer.Option(help="AgentCore: what others keep, so that it need not deny there; repeatable."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print a contract as policies and a schema of another engine, and what that engine must be told or does not see."""
    wanted = narrow(contract_at(file), *(parse_overlay(one) for one in under or []))
    if to is Engine.AGENTCORE:
        exported = export_to(wanted, gateway, target, claim or [], elsewhere or [])
        return show(exported, rows_of(exported), notes_of(exported), out, as_json=as_json)
    if gateway or target or claim or elsewhere:
        raise Invalid("only AgentCore has a gateway, targets and claims", hint="--to agentcore")
    found = to_cedar(wanted)
    rows = {
        "policies": found.policies,
        "schema": found.schema,
        "told": {name: one.why for name, one in found.told.items()},
        "left": list(found.left),
    }
    show(found, rows, notes(found), out, as_json=as_json)


def show(
    found: CedarExport | AgentCoreExport,
    rows: dict[str, Any],
    lines: list[str],
    out: Path | None,
    *,
    as_json: bool,
) -> None:
    """Print or write what is exported, with what it does not say."""
    if as_json:
        return print_json(rows)
    if out is None:
        typer.echo(f"// {POLICIES}\n{found.policies}\n// {SCHEMA}\n{found.schema}")
    else:
        write(out, found)
    typer.echo("\n".join(lines), err=out is None)


def write(folder: Path, found: CedarExport | AgentCoreExport) -> None:
    """Write policies and schema where nothing is overwritten."""
    parts = {POLICIES: found.policies, SCHEMA: found.schema}
    for name in parts:
        if (folder / name).exists():
            raise Invalid(f"{folder / name} exists", hint="name another folder, or remove it first")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in parts.items():
        (folder / name).write_text(text, encoding="utf-8")
        typer.echo(f"wrote {folder / name}")


def notes(found: CedarExport) -> list[str]:
    """What is not in the policies, in lines."""
    lines = ["An answer with errors is a deny: Cedar skips a policy that errs."]
    if found.told:
        lines.append("Check yourself, and tell in context.checked:")
        lines += [f"  {name}: {one.why}" for name, one in found.told.items()]
    if found.left:
        lines.append("Cedar is not asked about:")
        lines += [f"  {one}" for one in found.left]
    return lines
