"""Commands that decide what is kept: retention, erasure, restore."""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from trimtab.app.cli.options import AsJson, Data, Project, desk_of, print_json
from trimtab.app.settings import Settings
from trimtab.vocabulary.kernel import Invalid

Json = dict[str, Any]
retention = typer.Typer(invoke_without_command=True, help="How long what is kept; alone, it shows.")
EPOCH = date(1970, 1, 1)


@retention.callback()
def show_retention(
    context: typer.Context, data: Data = None, project: Project = None, as_json: AsJson = False
) -> None:
    """Show how long a project keeps bodies, steps, sessions and facts."""
    if context.invoked_subcommand is not None:
        return
    with desk_of(data, project) as desk:
        answer = desk.get("/api/v1/retention")
    print_json(answer) if as_json else tell_retention(answer)


def tell_retention(answer: Json) -> None:
    """The days of each kind, and the last pass."""
    from trimtab.app.cli.tables import show

    for kind, days in answer["days"].items():
        typer.echo(f"{kind:<10} {'forever' if days is None else f'{days} days'}")
    passed = answer["last_pass"]
    typer.echo(f"last pass  {show.at(passed['at_ns']) if passed else 'none yet'}")


@retention.command(name="set")
def set_retention(
    kind: Annotated[str, typer.Option(help="bodies, steps, sessions or facts.")],
    days: Annotated[str, typer.Option(help="A number of days, or forever.")],
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Set how long one kind is kept; what is too old goes with the next pass, within the hour."""
    if days != "forever" and not days.isdigit():
        raise Invalid(f"--days {days}: not a number of days", hint="for example --days 14, or --days forever")
    with desk_of(data, project) as desk:
        given = days if days == "forever" else int(days)
        answer = desk.post("/api/v1/retention", {"kind": kind, "days": given})
    print_json(answer) if as_json else tell_retention(answer)


@retention.command(name="run")
def run_retention(data: Data = None, as_json: AsJson = False) -> None:
    """Remove now, in all projects, what is no longer kept; says what went and whether the bytes are gone."""
    with desk_of(data, None) as desk:
        answer = desk.post("/api/v1/retention/run", {})
    if as_json:
        return print_json(answer)
    for day in answer["days_dropped"]:
        typer.echo(f"journal of {EPOCH + timedelta(days=day)}: its file is deleted")
    for name, kinds in answer["removed"].items():
        for kind, count in kinds.items():
            typer.echo(f"{name or 'all projects':<20} {count:>10,} {kind} removed")
    if not answer["removed"]:
        return typer.echo("nothing is older than it is kept for")
    gone = answer["bodies_gone"] and answer["rows_gone"]
    typer.echo(
        "their bytes are gone" if gone else "a reader held some files: run it again to wipe their bytes"
    )


def erase(  # noqa: PLR0913 - one parameter an option
    user: Annotated[str | None, typer.Option(help="Every session in which this user is named.")] = None,
    tenant: Annotated[str | None, typer.Option(help="Every session in which this tenant is named.")] = None,
    session: Annotated[str | None, typer.Option(help="One session, by its whole name.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Erase a user, a tenant or a session: rows, bodies and words, until their bytes are gone."""
    named = {"user": user, "tenant": tenant, "session": session}
    given = {what: value for what, value in named.items() if value}
    if len(given) != 1:
        raise Invalid("name one user, one tenant or one session", hint="trimtab erase --user NAME")
    with desk_of(data, project) as desk:
        if dry_run or not yes:
            answer = desk.post("/api/v1/erase", given | {"dry_run": True})
            if dry_run and as_json:
                return print_json(answer)
            found = answer["would_remove"]
            typer.echo(
                f"{found['sessions']} sessions, {found['steps']} steps, in {found['bodies']} bodies",
                err=as_json,
            )
            typer.echo(f"named in {counted(found['reached'])}", err=as_json)
            if dry_run:
                return None
            typer.confirm("Erase them? There is no way back", abort=True, err=True)
        answer = desk.post("/api/v1/erase", given)
    if as_json:
        return print_json(answer)
    removed = answer["removed"]
    typer.echo(
        f"erased {removed['sessions']} sessions, {removed['steps']} steps, {removed['facts']} facts;"
        f" {removed['bodies_rewritten']} bodies rewritten, {removed['bodies_removed']} removed"
    )
    typer.echo(f"named no longer in {counted(removed['reached'])}")
    if removed["left"]:
        typer.echo(f"still named in {counted(removed['left'])}: see docs/retention.md")
    typer.echo("their bytes are gone from the data folder" if removed["bytes_gone"] else removed["note"])
    typer.echo(f"{answer['id']}: backups taken before still hold them; a restore erases them again")


def counted(rows: dict[str, int]) -> str:
    """How many rows of what, in words."""
    return ", ".join(f"{count} {name}" for name, count in sorted(rows.items())) or "nothing that stays"


def erasures(data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """List the erasures: what, when and how much; never whom."""
    from trimtab.app.cli.tables import show

    with desk_of(data, project) as desk:
        rows: list[Json] = desk.get("/api/v1/erasures")["erasures"]
    if as_json:
        return print_json(rows)
    for row in rows:
        when = f"done {show.at(row['finished_ns'])}" if row["finished_ns"] else "not finished"
        typer.echo(f"{row['id']}  {row['what']:<8} asked {show.at(row['requested_ns'])}  {when}")


def restore(
    folder: Path,
    record: Annotated[
        Path | None,
        typer.Option("--erasures", help="Data folder, or its erasures.jsonl, that knows later erasures."),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into an empty data folder, and erase again what was erased since it was taken."""
    from trimtab.app.bootstrap.care import restore as put_back

    answer = put_back(folder, Settings.read(data=data), record)
    if as_json:
        return print_json(answer)
    typer.echo(f"restored to {answer['restored']}")
    for row in answer["erased_again"]:
        done = f"{row['removed']['sessions']} sessions" if row["done"] else "NOT DONE: start the server"
        typer.echo(f"erased again: {row['id']} (a {row['what']} of {row['project']}): {done}")
