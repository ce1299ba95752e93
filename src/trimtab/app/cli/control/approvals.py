"""`trimtab approvals`: calls that wait for a person."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from trimtab.app.cli.options import AsJson, Data, Project, desk_of, print_json

Json = dict[str, Any]
approvals = typer.Typer(invoke_without_command=True, help="Calls of agents that wait for a person's yes.")
Name = Annotated[str, typer.Argument(help="The request: its id, or the beginning of it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why: it stays with the request.")]


@approvals.callback()
def waiting(
    context: typer.Context, data: Data = None, project: Project = None, as_json: AsJson = False
) -> None:
    """Calls of agents that wait for a person's yes."""
    if context.invoked_subcommand is None:
        list_approvals(data=data, project=project, as_json=as_json)


@approvals.command(name="list")
def list_approvals(
    every: Annotated[bool, typer.Option("--all", help="Those that were answered or are over, too.")] = False,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """List what waits, with the values in doubt and who said them."""
    with desk_of(data, project) as desk:
        rows: list[Json] = desk.get("/api/v1/approvals", all="yes" if every else "no")["approvals"]
    if as_json:
        return print_json(rows)
    for row in rows:
        tell(row)
    if not rows:
        typer.echo("nothing waits")


@approvals.command()
def show(name: Name, data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """Show one request, and what was said to it."""
    with desk_of(data, project) as desk:
        row = desk.get(f"/api/v1/approvals/{quote(name)}")
    print_json(row) if as_json else tell(row)


@approvals.command()
def approve(
    name: Name, reason: Reason, data: Data = None, project: Project = None, as_json: AsJson = False
) -> None:
    """Say yes to exactly this call, once."""
    answer(name, "approve", reason, (data, project), as_json=as_json)


@approvals.command()
def deny(
    name: Name, reason: Reason, data: Data = None, project: Project = None, as_json: AsJson = False
) -> None:
    """Say no; one no is enough."""
    answer(name, "deny", reason, (data, project), as_json=as_json)


@approvals.command()
def revoke(
    name: Name, reason: Reason, data: Data = None, project: Project = None, as_json: AsJson = False
) -> None:
    """Take a yes back that was not used yet."""
    answer(name, "revoke", reason, (data, project), as_json=as_json)


@approvals.command(name="break-glass")
def break_glass(
    name: Name, reason: Reason, data: Data = None, project: Project = None, as_json: AsJson = False
) -> None:
    """Let exactly this call pass alone, short of the people it needs; somebody else must review that in 24 hours."""
    answer(name, "break_glass", reason, (data, project), as_json=as_json)


@approvals.command()
def review(
    name: Name, reason: Reason, data: Data = None, project: Project = None, as_json: AsJson = False
) -> None:
    """Close the review of a call that somebody else let pass alone."""
    answer(name, "review", reason, (data, project), as_json=as_json)


@approvals.command()
def figures(data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """How requests of the last week ended, and how many yeses came too quickly to be read."""
    with desk_of(data, project) as desk:
        found = desk.get("/api/v1/approvals/figures")
    if as_json:
        return print_json(found)
    for name, value in found.items():
        typer.echo(f"{name:<16} {'nothing to count' if value is None else value}")


def answer(name: str, word: str, reason: str, where: tuple[Any, Any], *, as_json: bool) -> None:
    """Send an answer, and say where the request stands now."""
    with desk_of(*where) as desk:
        row = desk.post(f"/api/v1/approvals/{quote(name)}/{word}", {"reason": reason})
    if as_json:
        return print_json(row)
    typer.echo(f"{row['id']} is {row['status']}")
    tell_glass(row)


def tell(row: Json) -> None:
    """A request in a few lines."""
    from trimtab.app.cli.tables import show as tables

    whose = row["role"] or "anybody who may respond"
    typer.echo(f"{row['id']}  {row['status']}  {row['agent']} wants {row['tool']} {row['args']}")
    typer.echo(f"  for {row['user'] or 'nobody named'}, until {tables.at(row['until_ns'])}: {row['why']}")
    for argument, said in row["doubts"].items():
        typer.echo(f"  ! {argument}: {said}")
    yeses = [one["who"] for one in row["responses"] if one["yes"]]
    typer.echo(f"  {len(yeses)} of {row['quorum']} yes of {whose}{': ' if yeses else ''}{', '.join(yeses)}")
    tell_glass(row)


def tell_glass(row: Json) -> None:
    """Who let a call pass alone, and how far the review of that is."""
    from trimtab.app.cli.tables import show as tables

    if not (broken := row["break_glass"]):
        return
    typer.echo(f"  ! break-glass by {broken['who']}: {broken['reason']}")
    if said := row["review"]:
        typer.echo(f"  reviewed by {said['who']}: {said['reason']}")
    else:
        typer.echo(
            f"  review {row['review_status']}, by somebody else until {tables.at(row['review_due_ns'])}"
        )
