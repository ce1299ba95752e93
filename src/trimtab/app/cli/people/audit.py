"""`trimtab audit`: what was done."""

from typing import Annotated, Any

import typer

from trimtab.app.cli.options import AsJson, Data, Project, desk_of, print_json

Json = dict[str, Any]
audit = typer.Typer(
    no_args_is_help=True, help="What was done: every write here; the logs of agents, packed and checked."
)


@audit.command(name="list")
def list_audit(
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Every write in the project, the latest first: who, what, from where, and what came of it."""
    from trimtab.app.cli.tables import show

    with desk_of(data, project) as desk:
        rows: list[Json] = desk.get("/api/v1/audit", limit=limit)["entries"]
    if as_json:
        return print_json(rows)
    for row in rows:
        line = f"{show.at(row['at_ns'])}  {row['outcome']}  {row['who']:<20} {row['action']} {row['target']}"
        typer.echo(f"{line.rstrip()}  from {row['address'] or 'this machine'}")
