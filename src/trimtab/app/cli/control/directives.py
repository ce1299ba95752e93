"""`trimtab control`: what agents must do now."""

import time
from typing import Annotated, Any
from urllib.parse import quote

import typer

from trimtab.app.cli.options import AsJson, By, Data, Project, desk_of, print_json, whoami

Json = dict[str, Any]
control = typer.Typer(no_args_is_help=True, help="What agents must do now: switches that end by themselves.")
Reason = Annotated[str, typer.Option("--reason", help="Why: it is shown wherever the directive is.")]
Agent = Annotated[str, typer.Option("--agent", help="A name, or a pattern with * and ?.")]
Environment = Annotated[str, typer.Option("--env", help="A name, or a pattern.")]
DEFAULT = "1h"


@control.command(name="set")
def set_control(  # noqa: PLR0913 - one parameter an option
    what: Annotated[str, typer.Argument(help="read_only, tool_off:refund.create, autonomy:supervised ...")],
    reason: Reason,
    agent: Agent = "*",
    environment: Environment = "*",
    lasts: Annotated[str, typer.Option("--for", help="How long: 30m, 12h, 7d.")] = DEFAULT,
    by: By = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Tell agents what they may do from now on; they obey within seconds, and it ends by itself."""
    from trimtab.app.cli.times import until_ns

    sent = {
        "what": what,
        "reason": reason,
        "agent": agent,
        "environment": environment,
        "lasts_s": round((until_ns(lasts) - time.time_ns()) / 1e9),
        "by": by or whoami(),
    }
    with desk_of(data, project) as desk:
        answer = desk.post("/api/v1/directives", sent)
    if as_json:
        return print_json(answer)
    from trimtab.app.cli.tables import show

    typer.echo(f"{answer['id']}  {answer['what']} for {answer['agent']} until {show.at(answer['until_ns'])}")
    typer.echo(f"  take it back: trimtab control undo {answer['id']} --reason ...")


@control.command(name="show")
def show_control(
    agent: Annotated[
        str | None, typer.Option("--agent", help="What this agent must do now, as edges get it.")
    ] = None,
    environment: Annotated[str, typer.Option("--env", help="Where it runs.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Show the directives, or with --agent the document that they make for one agent."""
    if agent is not None:
        return show_document(agent, environment, (data, project), as_json=as_json)
    with desk_of(data, project) as desk:
        rows: list[Json] = desk.get("/api/v1/directives", all="yes" if every else "no")["directives"]
    if as_json:
        return print_json(rows)
    from trimtab.app.cli.tables import show

    for row in rows:
        standing = "undone" if row["undone_ns"] else "stands" if row["stands"] else "not now"
        where = row["agent"] if row["environment"] == "*" else f"{row['agent']} in {row['environment']}"
        line = f"{row['id']}  {standing:<7}  {row['what']:<28} {where:<20} until {show.at(row['until_ns'])}"
        typer.echo(f"{line}  {row['who']} ({row['owner']}): {row['reason']}")
    if not rows:
        typer.echo("nothing: agents do what their contracts say")


def show_document(agent: str, environment: str, where: tuple[Any, Any], *, as_json: bool) -> None:
    """The document of one agent, as edges get it."""
    from trimtab.app.cli.tables import show
    from trimtab.vocabulary.audit import read_note
    from trimtab.vocabulary.control import read_document

    with desk_of(*where) as desk:
        raw: bytes = desk.get("/api/v1/control", agent=agent, environment=environment)
    note = read_note(raw.decode())
    found = read_document(note.text)
    if as_json:
        return print_json(found)
    typer.echo(f"{agent} obeys version {found.version}, of {show.at(found.issued_ns)}")
    for one in found.orders:
        typer.echo(f"  {one.what:<28} until {show.at(one.until_ns)}  {one.owner}: {one.reason}")
    if not found.orders:
        typer.echo("  nothing beyond its contract")


@control.command()
def undo(
    directive: Annotated[str, typer.Argument(help="Its id, or the beginning of it.")],
    reason: Reason,
    by: By = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Take a directive back."""
    said = f"reason={quote(reason)}&by={quote(by or whoami())}"
    with desk_of(data, project) as desk:
        answer = desk.delete(f"/api/v1/directives/{quote(directive)}?{said}")
    print_json(answer) if as_json else typer.echo(f"took back {answer['id']}  {answer['what']}")


@control.command()
def key(data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """Print the public key with which agents check what they are told."""
    with desk_of(data, project) as desk:
        answer = desk.get("/api/v1/control/key")
    print_json(answer) if as_json else typer.echo(answer["key"])
