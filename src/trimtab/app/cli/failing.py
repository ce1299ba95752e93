"""`trimtab failures` and `trimtab blame`: why agents fail."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from trimtab.app.cli.options import AsJson, Data, Project, Since, Where, cohort, desk_of
from trimtab.app.cli.times import since_ns

Json = dict[str, Any]
Agent = Annotated[str | None, typer.Option()]
failures = typer.Typer(
    invoke_without_command=True,
    help="Groups of like failures, by the users, money and time they cost; `show` opens one.",
)
TRUNCATED = "only the latest sessions were looked at; narrow it with --since or --agent"


@failures.callback()
def list_(  # noqa: PLR0913 - one parameter an option
    context: typer.Context,
    agent: Agent = None,
    steps: Annotated[bool, typer.Option("--steps", help="Group steps that failed, not sessions.")] = False,
    sort: Annotated[str, typer.Option(help="users, money, time or sessions.")] = "users",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 30,
    where: Where = None,
    since: Since = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Groups of like failures, by the users, money and time they cost: new, regressed, ongoing, resolved."""
    from trimtab.app.cli.tables import blaming, show

    if context.invoked_subcommand is not None:
        return
    with desk_of(data, project) as desk:
        answer = desk.get(
            "/api/v1/failures",
            by="step" if steps else "session",
            sort=sort,
            limit=limit,
            since_ns=since_ns(since),
            **cohort(where, agent),
        )
    show.tell(answer, blaming.groups_parts, as_json=as_json)
    if answer["truncated"]:
        typer.echo(TRUNCATED, err=True)


@failures.command(name="show")
def show_failure(  # noqa: PLR0913 - one parameter an option
    fingerprint: Annotated[
        str, typer.Argument(help="As `trimtab failures` shows it; its beginning will do.")
    ],
    agent: Agent = None,
    where: Where = None,
    since: Since = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """One group: what it is, since when, the sessions that show it, the cohorts it concentrates in."""
    from trimtab.app.cli.tables import blaming, show

    with desk_of(data, project) as desk:
        path = f"/api/v1/failures/{quote(fingerprint)}"
        answer = desk.get(path, since_ns=since_ns(since), **cohort(where, agent))
    show.tell(answer, blaming.detail_parts, as_json=as_json)
    if answer["truncated"]:
        typer.echo(TRUNCATED, err=True)


def blame(
    session: Annotated[str, typer.Argument(help="A session that failed; a unique beginning will do.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="So many suspects.")] = 5,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """The step and the agent that most likely went wrong first in a session that failed, and why."""
    from trimtab.app.cli.tables import blaming, show

    with desk_of(data, project) as desk:
        answer = desk.get(f"/api/v1/sessions/{quote(session)}/blame", limit=limit)
    show.tell(answer, blaming.blame_parts, as_json=as_json)
