"""`trimtab forward`: other backends that get what comes, redacted."""

from typing import Annotated, Any

import typer

from trimtab.app.cli.options import AsJson, Data, Project, desk_of, print_json
from trimtab.vocabulary.kernel import Invalid

Json = dict[str, Any]
forward = typer.Typer(
    invoke_without_command=True, help="Hand telemetry on to other backends; alone, it shows."
)


@forward.callback()
def show_all(
    context: typer.Context, data: Data = None, project: Project = None, as_json: AsJson = False
) -> None:
    """Show the destinations: what went, what waits, and what stood against it."""
    if context.invoked_subcommand is None:
        list_(data, project, as_json)


@forward.command(name="list")
def list_(data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """Show the destinations: what went, what waits, and what stood against it."""
    with desk_of(data, project) as desk:
        answer = desk.get("/api/v1/forward")
    tell(answer, as_json)


@forward.command()
def add(  # noqa: PLR0913 - one parameter an option
    name: Annotated[str, typer.Argument(help="Yours, for example jaeger.")],
    url: Annotated[str, typer.Option(help="The base of its OTLP/HTTP address, without /v1/traces.")],
    header: Annotated[
        list[str] | None,
        typer.Option(help="A header as NAME=VARIABLE, the environment variable of the server that holds it."),
    ] = None,
    signals: Annotated[str, typer.Option(help="Of traces,logs,metrics.")] = "traces",
    from_start: Annotated[
        bool, typer.Option("--from-start", help="What the journal holds already, too.")
    ] = False,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Hand what comes on to another OTLP backend, redacted and in order, until it has it."""
    headers = dict(header_of(term) for term in header or [])
    given: Json = {"name": name, "url": url, "signals": signals.split(","), "headers": headers}
    with desk_of(data, project) as desk:
        answer = desk.post("/api/v1/forward", given | {"from_start": from_start})
    tell(answer, as_json)


@forward.command()
def remove(name: str, data: Data = None, project: Project = None) -> None:
    """Stop handing on to a destination."""
    with desk_of(data, project) as desk:
        desk.post("/api/v1/forward/remove", {"name": name})
    typer.echo(f"removed {name}")


def header_of(term: str) -> tuple[str, str]:
    """A header and the variable that holds its value; raises `Invalid`."""
    name, _, variable = term.partition("=")
    if not name or not variable:
        raise Invalid(f"--header {term}: no variable", hint="for example --header authorization=JAEGER_TOKEN")
    return name, variable


def tell(answer: Json, as_json: bool) -> None:
    """The destinations as a table."""
    from trimtab.app.cli.tables import show

    if as_json:
        return print_json(answer)
    if not answer["destinations"]:
        return typer.echo("no destination; `trimtab forward add NAME --url ...` makes one")
    rows: list[list[object]] = [
        [
            one["name"],
            one["url"],
            ",".join(one["signals"]),
            one["sent"],
            one["refused"],
            "-" if one["waits_s"] is None else f"{one['waits_s']:,.0f} s",
            one["reason"],
        ]
        for one in answer["destinations"]
    ]
    columns = ["name", "address", "signals", "bodies sent", "refused", "the next waits", "last said"]
    return show.console().print(show.table(columns, rows))
