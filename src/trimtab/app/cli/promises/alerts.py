"""`trimtab alerts`: what fires, who looks after it, what keeps silent, and which rules are noisy."""

from typing import Annotated, Any

import typer

from trimtab.app.cli.options import AsJson, By, Data, Project, Since, desk_of, print_json, whoami
from trimtab.app.cli.times import since_ns, until_ns
from trimtab.vocabulary.kernel import Missing

Json = dict[str, Any]
alerts = typer.Typer(invoke_without_command=True, help="Alerts: what fires; ack, silence, show, quality.")
Name = Annotated[str, typer.Argument(help="Its fingerprint, or the beginning of it.")]


@alerts.callback()
def list_alerts(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Those that ended, too.")] = False,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """The alerts that fire, the oldest first."""
    from trimtab.app.cli.tables import alarms, show

    if context.invoked_subcommand is not None:
        return
    with desk_of(data, project) as desk:
        answer = desk.get("/api/v1/alerts", all="yes" if everything else None)
    show.tell(answer, alarms.alert_parts, as_json=as_json)


@alerts.command(name="show")
def show_alert(alert: Name, data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """One alert: why it fires, the number and its rows, the cohort that explains it, what changed before."""
    with desk_of(data, project) as desk:
        rows: list[Json] = desk.get("/api/v1/alerts", all="yes")["alerts"]
    found = next((one for one in rows if one["fingerprint"].startswith(alert)), None)
    if found is None:
        raise Missing(f"no such alert: {alert}", hint="`trimtab alerts --all` lists them")
    from trimtab.app.cli.tables import alarms, show

    show.tell(found, alarms.one_alert, as_json=as_json)


@alerts.command()
def ack(
    alert: Name,
    note: Annotated[str, typer.Option(help="What you are doing about it.")] = "",
    by: By = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Say that you look after an alert, and all that were told with it: nobody else is woken for it."""
    with desk_of(data, project) as desk:
        answer = desk.post("/api/v1/alerts/ack", {"alert": alert, "note": note, "by": by or whoami()})
    if as_json:
        return print_json(answer)
    typer.echo(
        f"{answer['by']} looks after it" if answer["first"] else f"{answer['by']} already looks after it"
    )


@alerts.command()
def silence(  # noqa: PLR0913 - one parameter an option
    matchers: Annotated[
        list[str], typer.Argument(help="Conditions on labels, as slo=airline or tenant=~a.*")
    ],
    comment: Annotated[str, typer.Option(help="Why.")],
    lasts: Annotated[str, typer.Option("--for", help="How long: 2h, 1d, or a time.")] = "2h",
    by: By = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Keep alerts silent for a while: those that match all conditions."""
    given: Json = {"matchers": matchers, "comment": comment, "ends_ns": until_ns(lasts), "by": by or whoami()}
    with desk_of(data, project) as desk:
        answer = desk.post("/api/v1/silences", given)
    print_json(answer) if as_json else typer.echo(f"{answer['id']}  {', '.join(answer['matchers'])}")


@alerts.command()
def silences(data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """What keeps silent, until when, by whom and why."""
    from trimtab.app.cli.tables import alarms, show

    with desk_of(data, project) as desk:
        answer = desk.get("/api/v1/silences")
    print_json(answer) if as_json else show.console().print(alarms.silences_table(answer["silences"]))


@alerts.command()
def unsilence(silence_id: str, data: Data = None, project: Project = None) -> None:
    """End a silence now."""
    with desk_of(data, project) as desk:
        desk.post("/api/v1/silences/end", {"id": silence_id})
    typer.echo(f"ended {silence_id}")


@alerts.command()
def log(data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """What was sent to whom and what came of it; what waits, was refused, or was given up."""
    from trimtab.app.cli.tables import alarms, show

    with desk_of(data, project) as desk:
        answer = desk.get("/api/v1/alerts/log")
    show.tell(answer, alarms.log_parts, as_json=as_json)


@alerts.command()
def retry(message: str, data: Data = None, project: Project = None) -> None:
    """Send a message again that was refused or given up."""
    with desk_of(data, project) as desk:
        desk.post("/api/v1/alerts/revive", {"id": message})
    typer.echo(f"{message} is sent again")


@alerts.command()
def quality(
    since: Since = "90d", data: Data = None, project: Project = None, as_json: AsJson = False
) -> None:
    """How good each rule was: precision, recall, detection, reset; and which are noisy, and why."""
    from trimtab.app.cli.tables import alarms, show

    with desk_of(data, project) as desk:
        answer = desk.get("/api/v1/alerts/quality", since_ns=since_ns(since))
    show.tell(answer, alarms.quality_parts, as_json=as_json)


def oncall(data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """Who is on call now, and until when."""
    from trimtab.app.cli.tables import show

    with desk_of(data, project) as desk:
        rows: list[Json] = desk.get("/api/v1/oncall")["rotations"]
    if as_json:
        return print_json(rows)
    if not rows:
        typer.echo("no rotation; the routing document names them")
    for one in rows:
        typer.echo(f"{one['rotation']:<24} {one['person'] or 'nobody':<24} until {show.at(one['until_ns'])}")
