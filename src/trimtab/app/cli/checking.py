"""`trimtab doctor`: is the store sound, and what to do if not."""

from typing import Any

import typer

from trimtab.app.cli.options import AsJson, Data, Project, desk_of, print_json
from trimtab.vocabulary.kernel import Invalid

Json = dict[str, Any]
doctor = typer.Typer(
    invoke_without_command=True, help="Check the store and say what to do; exits with 1 on an error."
)


@doctor.callback()
def check(
    context: typer.Context, data: Data = None, project: Project = None, as_json: AsJson = False
) -> None:
    """Check the store and say what to do; exits with 1 on an error."""
    if context.invoked_subcommand is not None:
        return
    with desk_of(data, project) as desk:
        checks: list[Json] = desk.get("/api/v1/doctor")["checks"]
    if as_json:
        print_json(checks)
    for one in [] if as_json else checks:
        fix = f"  -> {one['fix']}" if one["fix"] else ""
        typer.echo(f"{one['severity']:<8} {one['check']:<20} {one['detail']}{fix}")
    if any(one["severity"] == "error" for one in checks):
        raise typer.Exit(1)


@doctor.command()
def explain(name: str, data: Data = None, as_json: AsJson = False) -> None:
    """Say what a check looks at, why, and what to do; by its id, as --json shows it."""
    with desk_of(data, None) as desk:
        known: list[Json] = desk.get("/api/v1/doctor/checks")["checks"]
    found = next((one for one in known if one["id"] == name), None)
    if found is None:
        raise Invalid(f"no check: {name}", hint=f"one of {', '.join(one['id'] for one in known)}")
    if as_json:
        return print_json(found)
    for key, value in found.items():
        typer.echo(f"{key:<8} {value}")
