"""`trimtab failures` and `trimtab blame`: why agents fail."""

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from trimtab.app.cli.options import AsJson, Data, Project, Since, Where, cohort, desk_of, print_json
from trimtab.app.cli.times import since_ns

Json = dict[str, Any]
STATUS = {"new": "yellow", "regressed": "red", "resolved": "green"}


def failures(  # noqa: PLR0913 - one parameter an option
    agent: Annotated[str | None, typer.Option()] = None,
    steps: Annotated[bool, typer.Option("--steps", help="Group steps that failed, not sessions.")] = False,
    sort: Annotated[str, typer.Option(help="users, sessions or money.")] = "users",
    where: Where = None,
    since: Since = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Groups of like failures, by the users, sessions and money they hit: new, regressed, ongoing, resolved."""
    from trimtab.app.cli import show

    with desk_of(data, project) as desk:
        answer = desk.get(
            "/api/v1/failures",
            by="step" if steps else "session",
            sort=sort,
            since_ns=since_ns(since),
            **cohort(where, agent),
        )
    if as_json:
        return print_json(answer)
    show.console().print(groups_table(answer) if answer["groups"] else "no failure in this scope")
    show.console().print(f"{answer['sessions']} sessions, taxonomy {answer['taxonomy']}", style="dim")
    if answer["truncated"]:
        typer.echo("only the latest sessions were looked at; narrow it with --since or --agent", err=True)


def groups_table(answer: Json) -> Table:
    """Groups of failures; a plus stands for what is not known."""
    from trimtab.app.cli import show

    rows: list[list[object]] = [
        [
            Text(group["fingerprint"]),
            Text(group["status"] or "-", style=STATUS.get(group["status"], "")),
            plus(show.number(group["users"]), group["users_unknown"]),
            group["sessions"],
            plus(show.cost(group["cost_nusd"]), group["cost_unknown"]),
            Text(show.minute(group["last_ns"])),
            Text(", ".join(group["agents"])),
            Text(f"{group['category']} ({group['author'] or 'author unknown'})"),
            Text(group["title"]),
        ]
        for group in answer["groups"]
    ]
    columns = ["failure", "status", "users", "sessions", "cost", "last (UTC)", "agent", "category", "what"]
    return show.table(columns, rows)


def plus(known: str, unknown: int) -> str:
    """A number, and that it would be greater if everything were known; unknown as a whole is a dash."""
    return f"{known}+" if unknown and known != "-" else known
