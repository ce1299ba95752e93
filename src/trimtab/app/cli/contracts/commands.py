"""`trimtab contract`: what an agent may do, checked, told, compared and proposed; no server is asked."""

from pathlib import Path
from typing import Annotated, Any, cast

import orjson
import typer

from trimtab.app.cli.contracts.files import File, text_of
from trimtab.app.cli.options import AsJson, print_json
from trimtab.loop.budget import promised
from trimtab.vocabulary.contract import ToolSchema, compare, contract_at, describe, propose, published_schema
from trimtab.vocabulary.kernel import Invalid

Seconds = Annotated[float, typer.Option("--time", min=0.001, help="Seconds that one question may take.")]
contract = typer.Typer(
    no_args_is_help=True, help="What an agent may do: check, explain, diff, prove, export, slo, init, schema."
)


@contract.command()
def check(files: Annotated[list[Path], typer.Argument(help="Contracts.")]) -> None:
    """Say of each contract whether it can be used, else everything that is wrong, where, and what to write instead."""
    for path in files:
        found = contract_at(path)
        typer.echo(f"{path}: {found.agent}, {len(found.tools)} tools, mode {found.mode}")


@contract.command()
def explain(file: File) -> None:
    """Say in words what an agent may do."""
    typer.echo(describe(contract_at(file)))


@contract.command()
def slo(file: File) -> None:
    """Write the agent's objectives as OpenSLO: `trimtab contract slo FILE > slo.yaml`, then `trimtab slo apply slo.yaml`."""
    typer.echo(promised(contract_at(file)), nl=False)


@contract.command()
def diff(
    old: File,
    new: File,
    narrower: Annotated[
        bool,
        typer.Option("--must-not-widen", help="Exit with 1 unless nothing became wider: for a pipeline."),
    ] = False,
    timeout_s: Seconds = 5.0,
    as_json: AsJson = False,
) -> None:
    """Say whether a change lets the agent do more, with a situation that shows it, or a proof that it does not."""
    from trimtab.app.bootstrap.proving import EXTRA, find_solver

    solver = find_solver(timeout_s)
    found = compare(contract_at(old), contract_at(new), solver)
    if as_json:
        rows = [
            {"where": one.where, "before": one.before, "after": one.after, "direction": one.direction}
            for one in found.changes
        ]
        print_json(
            {
                "wider": found.wider,
                "changes": rows,
                "examples": [one.situation for one in found.examples],
                "proved": sorted(found.proved),
                "reasons": list(found.reasons),
            }
        )
    else:
        typer.echo(str(found))
        if found.wider is None and solver is None:
            typer.echo(f"a solver could settle what is perhaps wider: {EXTRA}")
    if narrower and found.wider is not False:
        raise SystemExit(1)


@contract.command()
def init(
    tools: Annotated[Path, typer.Option(help="JSON: the tools as a model or an MCP server is given them.")],
    agent: Annotated[str, typer.Option(help="The agent's name.")],
    out: Annotated[Path | None, typer.Option(help="Write the contract to this file.")] = None,
) -> None:
    """Propose a contract from the schemas of an agent's tools; it observes until you say otherwise."""
    save(propose(agent, tools_in(tools)), out)


def save(text: str, out: Path | None) -> None:
    """Print a contract that is proposed, or write it where there is none."""
    if out is None:
        return typer.echo(text, nl=False)
    if out.exists():
        raise Invalid(f"{out} exists", hint="name a new file, or remove it first")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    typer.echo(f"wrote {out}; next: trimtab contract explain {out}", err=True)


def tools_in(path: Path) -> list[ToolSchema]:
    """The tools that a JSON file lists, in the form of OpenAI, Anthropic or MCP."""
    try:
        found: Any = orjson.loads(text_of(path))
    except orjson.JSONDecodeError as error:
        raise Invalid(f"{path} is not JSON: {error}", hint='[{"name": ..., "parameters": {...}}]') from error
    listed: Any = cast("dict[str, Any]", found).get("tools") if isinstance(found, dict) else found
    if not isinstance(listed, list) or not listed:
        raise Invalid(f"{path} lists no tools", hint='[{"name": ..., "parameters": {...}}]')
    return [tool_from(path, one) for one in cast("list[Any]", listed)]


def tool_from(path: Path, row: Any) -> ToolSchema:
    """One tool of a list."""
    whole = cast("dict[str, Any]", row) if isinstance(row, dict) else dict[str, Any]()
    given = cast("dict[str, Any]", whole.get("function", whole))
    if not isinstance(given.get("name"), str):
        raise Invalid(f"{path}: a tool without a name", hint='{"name": "refund", "parameters": {...}}')
    hints = cast("dict[str, Any]", given.get("annotations") or {})
    return ToolSchema(
        name=given["name"],
        description=str(given.get("description") or ""),
        input=given.get("parameters") or given.get("input_schema") or given.get("inputSchema"),
        output=given.get("outputSchema") or given.get("output_schema"),
        hints={name: value for name, value in hints.items() if isinstance(value, bool)},
    )


@contract.command()
def schema() -> None:
    """Print the JSON Schema of a contract, for editors."""
    print_json(published_schema())
