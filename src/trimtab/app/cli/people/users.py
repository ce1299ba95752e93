"""`trimtab users`: who may use the server."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from trimtab.app.cli.options import AsJson, Data, Project, desk_of, print_json

Json = dict[str, Any]
users = typer.Typer(no_args_is_help=True, help="People who sign in, and their roles.")
Name = Annotated[str, typer.Argument(help="The name that they sign in with.")]
Role = Annotated[str, typer.Argument(help="viewer, responder, editor or admin.")]
Every = Annotated[bool, typer.Option("--every-project", help="In all projects, also those to come.")]


@users.command(name="list")
def list_users(data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """List everybody who has a role in the project."""
    with desk_of(data, project) as desk:
        rows: list[Json] = desk.get("/api/v1/users")["users"]
    if as_json:
        return print_json(rows)
    for row in rows:
        where = "every project" if row["every_project"] else ""
        standing = "kept out" if row["disabled_ns"] else "" if row["welcomed"] else "has no password yet"
        typer.echo(f"{row['name']:<24} {row['role']:<10} {where:<14} {standing}".rstrip())
    if not rows:
        typer.echo("nobody yet: trimtab users invite NAME ROLE")


@users.command()
def invite(
    name: Name,
    role: Role,
    every_project: Every = False,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Give somebody a role in the project; prints a link that sets their password, once."""
    with desk_of(data, project) as desk:
        answer = desk.post("/api/v1/users", {"name": name, "role": role, "every_project": every_project})
    print_json(answer) if as_json else tell_link(answer)


@users.command()
def link(name: Name, data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """Print a new link for whoever forgot their password; earlier links end."""
    with desk_of(data, project) as desk:
        answer = desk.post(f"/api/v1/users/{quote(name)}/link", {})
    print_json(answer) if as_json else tell_link(answer)


def tell_link(answer: Json) -> None:
    """The link, and for whom it is."""
    if answer["link"]:
        typer.echo(f"{answer['link']}\n(for {answer['name']}: valid once, for 7 days)")
    else:
        typer.echo(f"{answer['name']} signs in as before: no link is needed")


@users.command()
def role(
    name: Name,
    role: Role,
    every_project: Every = False,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Change the role of somebody in the project; it holds at once."""
    with desk_of(data, project) as desk:
        sent = {"role": role, "every_project": every_project}
        answer = desk.patch(f"/api/v1/users/{quote(name)}", sent)
    print_json(answer) if as_json else typer.echo(f"{answer['name']} is {answer['role']}")


@users.command()
def remove(name: Name, data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """Take somebody's role in the project away; whoever has none left is forgotten."""
    with desk_of(data, project) as desk:
        answer = desk.delete(f"/api/v1/users/{quote(name)}")
    print_json(answer) if as_json else typer.echo(f"removed {answer['removed']}")
