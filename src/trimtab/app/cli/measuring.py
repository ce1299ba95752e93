"""`trimtab sli`: the indicators, and the catalogue that defines them."""

import contextlib
from pathlib import Path
from typing import Annotated, Any

import typer

from trimtab.app.cli.options import AsJson, Data, Project, Since, Where, cohort, desk_of, print_json
from trimtab.app.cli.times import since_ns
from trimtab.vocabulary.kernel import Invalid

Json = dict[str, Any]
rates = typer.Typer(invoke_without_command=True, help="Costs that no trace tells; alone, it shows them.")
sli = typer.Typer(invoke_without_command=True, help="Service-level indicators: value, n and interval.")


@sli.callback()
def measure(  # noqa: PLR0913 - one parameter an option
    context: typer.Context,
    agent: Annotated[str | None, typer.Option()] = None,
    by: Annotated[str | None, typer.Option(help="Split by dimensions: agent,bundle,tenant,...")] = None,
    name: Annotated[str | None, typer.Option(help="Only these indicators: task_success,without_loop")] = None,
    where: Where = None,
    since: Since = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Service-level indicators: value, n, interval, method and health."""
    from trimtab.app.cli.tables import figures, show

    if context.invoked_subcommand is not None:
        return None
    with desk_of(data, project) as desk:
        answer = desk.get("/api/v1/sli", by=by, name=name, since_ns=since_ns(since), **cohort(where, agent))
    if as_json:
        return print_json(answer)
    if not answer["groups"]:
        show.console().print("no session matches; `trimtab sessions` lists what there is")
    for part in figures.report_tables(answer):
        show.console().print(part)


@sli.command(name="list")
def list_indicators(data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """List the catalogue: what comes with Trimtab, and what the project added."""
    from trimtab.app.cli.tables import figures, show

    with desk_of(data, project) as desk:
        rows: list[Json] = desk.get("/api/v1/sli/catalogue")["indicators"]
    print_json(rows) if as_json else show.console().print(figures.catalogue_table(rows))


@sli.command()
def explain(name: str, data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """Say how an indicator is measured."""
    with desk_of(data, project) as desk:
        rows: list[Json] = desk.get("/api/v1/sli/catalogue")["indicators"]
    found = next((row for row in rows if row["name"] == name), None)
    if found is None:
        raise Invalid(f"no indicator: {name}", hint="`trimtab sli list` shows what there is")
    if as_json:
        return print_json(found)
    for key, value in found.items():
        if value not in ("", [], False):
            typer.echo(f"{key:<10} {value}")


@sli.command()
def add(file: Path, data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """Add the indicators of a YAML file, in the form that `trimtab sli explain` shows."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"cannot read {file}: {error}", hint="check the name") from error
    with desk_of(data, project) as desk:
        answer = desk.post("/api/v1/sli/catalogue", {"yaml": text})
    print_json(answer) if as_json else typer.echo(f"added {', '.join(answer['added'])}")


@sli.command()
def remove(name: str, data: Data = None, project: Project = None) -> None:
    """Remove an indicator that the project added."""
    with desk_of(data, project) as desk:
        desk.post("/api/v1/sli/remove", {"name": name})
    typer.echo(f"removed {name}")


@rates.callback()
def show_rates(
    context: typer.Context, data: Data = None, project: Project = None, as_json: AsJson = False
) -> None:
    """Show what the project declared."""
    if context.invoked_subcommand is None:
        with desk_of(data, project) as desk:
            answer = desk.get("/api/v1/rates")
        print_json(answer) if as_json else tell_rates(answer)


def tell_rates(answer: Json) -> None:
    """Each rate in a line."""
    for tool, usd in answer["tools_usd"].items():
        typer.echo(f"a call of {tool:<24} {usd:g} USD")
    typer.echo(f"{'a session':<34} {answer['session_usd']:g} USD")
    typer.echo(f"{'an hour of a session':<34} {answer['hour_usd']:g} USD")
    typer.echo(f"{'a session has matured after':<34} {answer['maturity_s'] / 3600:g} h")


@rates.command(name="set")
def set_rates(  # noqa: PLR0913 - one parameter an option
    tool: Annotated[
        list[str] | None, typer.Option(help="A call of a tool, as NAME=USD; repeatable; 0 forgets it.")
    ] = None,
    session: Annotated[float | None, typer.Option(help="USD a session.")] = None,
    hour: Annotated[float | None, typer.Option(help="USD an hour of a session: its infrastructure.")] = None,
    matured: Annotated[
        float | None, typer.Option(help="Hours after which facts about a session should be there.")
    ] = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Declare what no trace tells; costs are shown with it from now on, those of the past, too."""
    given: Json = {"session_usd": session, "hour_usd": hour}
    given["maturity_s"] = None if matured is None else matured * 3600
    given = {name: value for name, value in given.items() if value is not None}
    if tool:
        given["tools_usd"] = dict(rate_of(term) for term in tool)
    if not given:
        raise Invalid("nothing to declare", hint="for example --tool web_search=0.01 --hour 0.35")
    with desk_of(data, project) as desk:
        answer = desk.post("/api/v1/rates", given)
    print_json(answer) if as_json else tell_rates(answer)


def rate_of(term: str) -> tuple[str, float]:
    """A tool and its rate; raises `Invalid`."""
    name, _, usd = term.rpartition("=")
    with contextlib.suppress(ValueError):
        if name:
            return name, float(usd)
    raise Invalid(f"--tool {term}: no rate", hint="for example --tool web_search=0.01")


def infer(  # noqa: PLR0913 - one parameter an option
    agent: Annotated[str | None, typer.Option()] = None,
    group: Annotated[
        str | None,
        typer.Option(help="Dimension whose values belong together, such as task: never learnt and tried on."),
    ] = None,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Keep them as facts of the source `inferred`, named by their method."),
    ] = False,
    where: Where = None,
    since: Since = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Infer the outcomes that nobody reported from those that somebody did, and say how far to trust it."""
    from trimtab.app.cli.tables import figures, show

    asked = {"group": group, "since_ns": since_ns(since), **cohort(where, agent)}
    with desk_of(data, project) as desk:
        if keep:
            answer = desk.post(
                "/api/v1/infer", {name: value for name, value in asked.items() if value is not None}
            )
        else:
            answer = desk.get("/api/v1/infer", **asked)
    show.tell(answer, figures.inference_parts, as_json=as_json)
    if keep:
        show.console().print(f"kept {answer['kept']} inferred outcomes")


def trials(  # noqa: PLR0913 - one parameter an option
    agent: Annotated[str | None, typer.Option()] = None,
    group: Annotated[str, typer.Option(help="Dimension whose values are the tasks.")] = "task",
    k: Annotated[int, typer.Option("--k", min=1, max=100, help="Up to so many trials.")] = 4,
    where: Where = None,
    since: Since = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Of tasks that were tried several times: pass@k (does one of k succeed) and pass^k (do all)."""
    from trimtab.app.cli.tables import figures, show

    with desk_of(data, project) as desk:
        answer = desk.get(
            "/api/v1/trials", group=group, k=k, since_ns=since_ns(since), **cohort(where, agent)
        )
    show.tell(answer, figures.trials_parts, as_json=as_json)


def coverage(
    agent: Annotated[str | None, typer.Option()] = None,
    where: Where = None,
    since: Since = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """What can be seen of each agent, the ten worst blind spots, and what mends them."""
    from trimtab.app.cli.tables import figures, show

    with desk_of(data, project) as desk:
        answer = desk.get("/api/v1/coverage", since_ns=since_ns(since), **cohort(where, agent))
    show.tell(answer, figures.coverage_tables, as_json=as_json)
