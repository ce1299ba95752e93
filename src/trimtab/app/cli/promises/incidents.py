"""`trimtab incident`: what happened, who does what about it, and how long it took."""

from typing import Annotated, Any

import typer

from trimtab.app.cli.options import AsJson, By, Data, Project, Since, desk_of, print_json, whoami
from trimtab.app.cli.times import since_ns, until_ns

Json = dict[str, Any]
incident = typer.Typer(no_args_is_help=True, help="Incidents: list, show, ack, mitigate, resolve, update.")
Name = Annotated[str, typer.Argument(help="Its id, or the beginning of it.")]
Why = Annotated[str, typer.Option(help="What was done, or seen.")]
Happened = Annotated[
    str | None, typer.Option("--at", help="When it happened, if not now: 10m ago as 10m, or a time.")
]


@incident.command(name="list")
def list_incidents(
    everything: Annotated[bool, typer.Option("--all", help="Those that are resolved, too.")] = False,
    since: Since = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Incidents that go on, the latest first; and how fast they are detected, acknowledged, mitigated and resolved."""
    from trimtab.app.cli.tables import alarms, show

    with desk_of(data, project) as desk:
        answer = desk.get("/api/v1/incidents", all="yes" if everything else None, since_ns=since_ns(since))
    show.tell(answer, alarms.incident_parts, as_json=as_json)


@incident.command(name="show")
def show_incident(name: Name, data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """One incident and its timeline."""
    from trimtab.app.cli.tables import alarms, show

    with desk_of(data, project) as desk:
        answer = desk.get(f"/api/v1/incidents/{name}")
    show.tell(answer, alarms.one_incident, as_json=as_json)


@incident.command(name="open")
def declare(  # noqa: PLR0913 - one parameter an option
    title: str,
    gravity: Annotated[str, typer.Option(help="sev1, sev2 or sev3.")] = "sev2",
    objective: Annotated[str, typer.Option(help="The objective it is about.")] = "",
    happened: Happened = None,
    by: By = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Open an incident by hand."""
    given: Json = {"title": title, "gravity": gravity, "objective": objective, "by": by or whoami()}
    with desk_of(data, project) as desk:
        answer = desk.post("/api/v1/incidents", given | {"happened_ns": since_ns(happened)})
    tell(answer, as_json)


def act(name: str, place: tuple[Any, Any, Any], action: str, *, as_json: bool, **said: object) -> None:
    """Do something about an incident."""
    data, project, by = place
    given = {"action": action, "by": by or whoami()} | {
        key: value for key, value in said.items() if value is not None
    }
    with desk_of(data, project) as desk:
        answer = desk.post(f"/api/v1/incidents/{name}", given)
    tell(answer, as_json)


def tell(answer: Json, as_json: bool) -> None:
    """Where an incident stands now."""
    if as_json:
        return print_json(answer)
    typer.echo(f"{answer['id']}  {answer['status']}  {answer['gravity']}  {answer['title']}")


@incident.command()
def ack(
    name: Name, by: By = None, data: Data = None, project: Project = None, as_json: AsJson = False
) -> None:
    """Say that you look after it; escalations of its alerts end."""
    act(name, (data, project, by), "acknowledge", as_json=as_json)


@incident.command()
def mitigate(  # noqa: PLR0913 - one parameter an option
    name: Name,
    why: Why = "",
    happened: Happened = None,
    by: By = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Users no longer suffer, whatever the cause."""
    act(name, (data, project, by), "mitigate", as_json=as_json, why=why, happened_ns=since_ns(happened))


@incident.command()
def resolve(  # noqa: PLR0913 - one parameter an option
    name: Name,
    why: Why = "",
    happened: Happened = None,
    by: By = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """It is over."""
    act(name, (data, project, by), "resolve", as_json=as_json, why=why, happened_ns=since_ns(happened))


@incident.command()
def reopen(
    name: Name, why: Why, by: By = None, data: Data = None, project: Project = None, as_json: AsJson = False
) -> None:
    """It is not over after all."""
    act(name, (data, project, by), "reopen", as_json=as_json, why=why)


@incident.command()
def assign(  # noqa: PLR0913 - one parameter an option
    name: Name,
    role: Annotated[str, typer.Argument(help="commander, operations, communications or scribe.")],
    person: str,
    by: By = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Give a role to a person."""
    act(name, (data, project, by), "assign", as_json=as_json, role=role, person=person)


@incident.command()
def update(  # noqa: PLR0913 - one parameter an option
    name: Name,
    impact: Annotated[str, typer.Argument(help="What users see.")],
    action: Annotated[list[str] | None, typer.Option(help="What is being done; repeatable.")] = None,
    eta: Annotated[str | None, typer.Option(help="When to expect more, or the end: 30m, or a time.")] = None,
    by: By = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Tell others: the impact, what is being done, when to expect more."""
    place = (data, project, by)
    act(
        name,
        place,
        "update",
        as_json=as_json,
        impact=impact,
        actions=action or [],
        eta_ns=until_ns(eta) if eta else None,
    )


@incident.command()
def note(
    name: Name, text: str, by: By = None, data: Data = None, project: Project = None, as_json: AsJson = False
) -> None:
    """Add a note to the timeline."""
    act(name, (data, project, by), "note", as_json=as_json, note=text)


@incident.command()
def grade(
    name: Name,
    gravity: Annotated[str, typer.Argument(help="sev1, sev2 or sev3.")],
    by: By = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Say how grave it is."""
    act(name, (data, project, by), "grade", as_json=as_json, gravity=gravity)
