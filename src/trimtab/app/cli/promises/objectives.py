"""`trimtab init slo|plan|apply|slo|backtest`: promises, from the first proposal to what is left of them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from trimtab.app.cli.options import AsJson, Data, Files, Project, Since, desk_of, files_in, print_json
from trimtab.app.cli.times import since_ns
from trimtab.vocabulary.kernel import Invalid

Json = dict[str, Any]
init = typer.Typer(no_args_is_help=True, help="Propose documents from your own data.")
slo = typer.Typer(invoke_without_command=True, help="Error budgets: what is left, burn now, until when.")


@init.command(name="slo")
def init_slo(  # noqa: PLR0913 - one parameter an option
    agent: Annotated[str, typer.Option(help="The agent [default: all of them].")] = "",
    weeks: Annotated[int, typer.Option(help="Weeks of data to look at.")] = 4,
    indicators: Annotated[
        str, typer.Option(help="These indicators instead of the usual ones: task_success,session_latency")
    ] = "",
    out: Annotated[Path | None, typer.Option(help="Write the documents to this file.")] = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Propose objectives from the last weeks of data, with what they would have cost."""
    from trimtab.app.cli.tables import promises, show

    with desk_of(data, project) as desk:
        answer = desk.get("/api/v1/promises/proposals", agent=agent, weeks=weeks, indicators=indicators)
    if as_json:
        return print_json(answer)
    write(out, answer["yaml"])
    show.errors().print(promises.proposals_table(answer))


def write(out: Path | None, text: str) -> None:
    """Documents to a new file, or to standard output; without any there is no file."""
    if out is None:
        typer.echo(text, nl=False)
        return
    if not text:
        typer.echo(f"{out} was not written: there is nothing to promise yet", err=True)
        return
    if out.exists():
        raise Invalid(f"{out} exists", hint="name a new file, or remove it first")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    typer.echo(f"wrote {out}; next: trimtab plan -f {out}", err=True)


def plan(file: Files, data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """What applying documents would change, and whether their alerts can fire, how late and how often for nothing."""
    from trimtab.app.cli.tables import promises, show

    with desk_of(data, project) as desk:
        answer = desk.post("/api/v1/promises/plan", {"files": files_in(file)})
    show.tell(answer, promises.plan_parts, as_json=as_json)
    if answer["refused"]:
        raise SystemExit(1)


def apply(
    file: Files,
    force: Annotated[bool, typer.Option("--force", help="Apply rules that can never fire, too.")] = False,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Let these documents, and no others, be what is promised: all of them, or none."""
    with desk_of(data, project) as desk:
        answer = desk.post("/api/v1/promises", {"files": files_in(file), "force": force})
    if as_json:
        return print_json(answer)
    for what in ("added", "changed", "removed"):
        for name in answer[what]:
            typer.echo(f"{what} {name}")
    for warning in answer["warnings"]:
        typer.echo(f"warning: {warning}", err=True)
    typer.echo(
        f"{len(answer['added']) + len(answer['changed']) + len(answer['same'])} objectives are promised"
    )


@slo.callback()
def budgets(
    context: typer.Context, data: Data = None, project: Project = None, as_json: AsJson = False
) -> None:
    """Budget left, burn now, and the forecast of exhaustion, of each objective."""
    from trimtab.app.cli.tables import promises, show

    if context.invoked_subcommand is not None:
        return
    with desk_of(data, project) as desk:
        answer = desk.get("/api/v1/slo")
    show.tell(answer, promises.budget_parts, as_json=as_json)


@slo.command(name="show")
def show_budget(objective: str, data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """One objective: its budget over the window, and what its alerts would do."""
    from trimtab.app.cli.tables import promises, show

    with desk_of(data, project) as desk:
        answer = desk.get(f"/api/v1/slo/{objective}")
    show.tell(answer, promises.objective_parts, as_json=as_json)


@slo.command(name="files")
def show_files(data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """The documents that are applied."""
    with desk_of(data, project) as desk:
        answer = desk.get("/api/v1/promises")
    if as_json:
        return print_json(answer)
    for name, text in answer["files"].items():
        typer.echo(f"# {name}\n{text.rstrip()}\n---")


def backtest(
    file: Annotated[
        list[Path] | None, typer.Option("-f", "--file", help="Documents [default: what is applied].")
    ] = None,
    since: Since = "30d",
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """The pages that the past would have sent: when, how late, how many false; before anything is applied."""
    from trimtab.app.cli.tables import promises, show

    given: Json = {"since_ns": since_ns(since)}
    if file:
        given["files"] = files_in(file)
    with desk_of(data, project) as desk:
        answer = desk.post("/api/v1/promises/backtest", given)
    show.tell(answer, promises.backtest_parts, as_json=as_json)


def translate(
    form: str,
    files: list[Path],
    indicators: list[str],
    out: Path | None,
    place: tuple[Path | None, str | None],
    *,
    as_json: bool,
) -> None:
    """Promises of another tool as OpenSLO, beside what that tool would say of your own data."""
    from trimtab.app.cli.tables import promises, show

    given = {"form": form, "files": files_in(files), "indicators": indicators}
    with desk_of(*place) as desk:
        answer = desk.post("/api/v1/promises/translate", given)
    if as_json:
        return print_json(answer)
    write(out, answer["yaml"])
    for part in promises.translation_parts(answer):
        show.errors().print(part)


def export_rules(data: Data = None, project: Project = None) -> None:
    """Prometheus rules of all objectives, with Sloth's names and budgets from event counts."""
    with desk_of(data, project) as desk:
        answer: bytes = desk.get("/api/v1/promises/prometheus")
    typer.echo(answer.decode(), nl=False)


def export_dashboard(data: Data = None, project: Project = None) -> None:
    """A Grafana dashboard of all objectives, as JSON."""
    with desk_of(data, project) as desk:
        print_json(desk.get("/api/v1/promises/grafana"))
