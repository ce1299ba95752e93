"""`trimtab mcp-gateway`: tools of other servers behind one door, under a contract."""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trimtab.app.cli.options import AsJson, print_json
from trimtab.vocabulary.kernel import Invalid

if TYPE_CHECKING:
    from trimtab.edge.gateway import Offer
    from trimtab.vocabulary.contract import Contract, Tool

MOST_SAID = 4000
HINTS = {
    "readOnlyHint": "only reads",
    "destructiveHint": "destroys",
    "idempotentHint": "can be repeated",
    "openWorldHint": "reaches outside",
}


def mcp_gateway(
    config: Annotated[Path, typer.Option(help="The gateway's file, as docs/mcp-gateway.md describes it.")],
    check: Annotated[
        bool,
        typer.Option("--check", help="List what would be offered, and what the contract says of each; exit."),
    ] = False,
    pin: Annotated[
        bool, typer.Option("--pin", help="Pin the definitions of all tools as they are now; exit.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put MCP servers behind one door, their tools under a contract; without `listen` for the client that starts it."""
    from trimtab.app.bootstrap import gateway as bootstrap

    if check and pin:
        raise Invalid("--check and --pin are two commands", hint="pin first, then check")
    found = bootstrap.read(config, os.environ)
    if check:
        return show(*asyncio.run(bootstrap.looked_at(found, say)), as_json=as_json)
    if pin:
        count = asyncio.run(bootstrap.pin(found, say))
        return typer.echo(f"pinned {count} tools in {found.pins}")
    asyncio.run(bootstrap.serve(found, say))


def say(text: str) -> None:
    """Tell the operator; standard output belongs to the protocol."""
    typer.echo(f"trimtab: {printable(text)}", err=True)


def printable(text: str) -> str:
    """A text that a server may have written, without what would steer a terminal or hide something, and not without end."""
    cut = text if len(text) <= MOST_SAID else f"{text[:MOST_SAID]}..."
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in cut)


def show(
    offers: "tuple[Offer, ...]", down: dict[str, str], contract: "Contract | None", *, as_json: bool
) -> None:
    """List tools and servers; exits with 1 where a server cannot be used, or a tool is not as it was pinned."""
    rows = [row_of(one, contract) for one in offers]
    if as_json:
        print_json({"tools": rows, "down": down})
    else:
        table(rows, down)
    if down or any(one.drift for one in offers):
        raise SystemExit(1)


def row_of(offer: "Offer", contract: "Contract | None") -> dict[str, Any]:
    """One tool as it is shown."""
    from trimtab.edge.gateway import unheard

    definition = offer.definition
    tool = contract.tools.get(offer.name) if contract else None
    return {
        "tool": offer.name,
        "server": definition.server,
        "offered": not offer.withheld,
        "why_not": offer.withheld,
        "drift": offer.drift,
        "contract": says(tool, contract),
        "effect": tool.effect if tool else None,
        "mode": tool.mode if tool else contract.mode if contract else "off",
        "server_says": [
            HINTS[name] for name, given in definition.annotations.items() if given is True and name in HINTS
        ],
        "warnings": list(unheard(contract, tool)) if contract and tool else [],
        "digest": definition.digest,
    }


def says(tool: "Tool | None", contract: "Contract | None") -> str:
    """What a contract says of a tool, in short."""
    if contract is None:
        return "no contract"
    if tool is None:
        return f"not listed: {contract.unlisted}"
    parts = [tool.effect, *(["sends data away"] if tool.egress else []), f"{tool.running.timeout_s:g} s"]
    if tool.approval is not None:
        parts.append("asks, under a condition" if tool.approval.when else "asks")
    if tool.arguments:
        parts.append(f"rules for {', '.join(one.name for one in tool.arguments)}")
    return ", ".join(parts)


def table(rows: list[dict[str, Any]], down: dict[str, str]) -> None:
    """The same for a person."""
    from rich.table import Table
    from rich.text import Text

    from trimtab.app.cli.tables import show as tables

    found = Table("tool", "server", "mode", "the contract says", "the server says", "offered")
    for row in rows:
        offered = "yes" if row["offered"] else f"no: {row['why_not']}"
        if row["offered"] and row["drift"]:
            offered = f"yes, but it was pinned otherwise: {row['drift']}"
        hints = ", ".join(row["server_says"])
        cells = (row["tool"], row["server"], row["mode"], row["contract"], hints, offered)
        found.add_row(*(Text(printable(one)) for one in cells))
    tables.console().print(found)
    for row in rows:
        for warning in row["warnings"]:
            tables.console().print(Text(f"warning: {row['tool']}: {warning}"))
    for name, fault in down.items():
        tables.console().print(Text(printable(f"server {name} cannot be used: {fault}")))
