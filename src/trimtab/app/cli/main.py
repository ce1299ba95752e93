"""The commands."""

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import Annotated, Any

import typer

from trimtab.app.cli import (
    checking,
    contracts,
    evidence,
    exporting,
    failing,
    forwarding,
    keeping,
    looking,
    measuring,
    pulling,
)
from trimtab.app.cli.control import approvals, directives
from trimtab.app.cli.options import AsJson, Data, Project, Since, Where, cohort, desk_of, print_json
from trimtab.app.cli.people import audit, users
from trimtab.app.cli.promises import alerts, incidents, objectives
from trimtab.app.settings import Settings
from trimtab.vocabulary.kernel import Invalid, TrimtabError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Trimtab: reliability for LLM agents, from their traces.",
)
keys = typer.Typer(no_args_is_help=True, help="API keys.")
BRING, SEE, MEASURE = "Bring in", "See", "Measure"
PROMISE = "Promise"
HAND, CARE = "Hand on", "Look after"
PROMISES = ("sloth", "agt-slo")


@app.command(rich_help_panel=BRING)
def serve(
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on [default: 127.0.0.1].")] = None,
    port: Annotated[int | None, typer.Option(help="API and OTLP/HTTP [default: 4318].")] = None,
    grpc_port: Annotated[int | None, typer.Option(help="OTLP/gRPC [default: 4317].")] = None,
) -> None:
    """Start the server."""
    from trimtab.app.cli.serve import run

    run(Settings.read(data=data, host=host, http_port=port, grpc_port=grpc_port))


@app.command(rich_help_panel=BRING)
def demo(
    data: Data = None,
    port: Annotated[int | None, typer.Option(help="Of the console [default: one that is free].")] = None,
    into: Annotated[str | None, typer.Option(help="Play to the server at this address instead.")] = None,
    key: Annotated[str | None, typer.Option(help="Its key: of the project demo, ingest,read,edit.")] = None,
    seed: Annotated[int, typer.Option(help="Chance in the story.", min=0)] = 7,
) -> None:
    """Show what it does: a server with a shop's agent in it, two good weeks, and what went wrong since."""
    from trimtab.app.cli import demo as stage

    if (into is None) != (key is None):
        raise Invalid("--into and --key belong together", hint="--into http://127.0.0.1:4318 --key tt_...")
    if into and key:
        return stage.play_into(into, key, seed)
    stage.show(data, port, seed)


@app.command(name="import", rich_help_panel=BRING)
def import_(  # noqa: PLR0913 - one parameter an option
    form: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT",
            help="langfuse, inspect, openai-chat, otlp, steps, tau-bench or agentdojo; promises: sloth, agt-slo.",
        ),
    ],
    files: Annotated[list[Path], typer.Argument(help="Files; .gz is read as it is.")],
    indicator: Annotated[
        list[str] | None,
        typer.Option(help="Of promises: which indicator they are about, as NAME or SLO=NAME; repeatable."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Of promises: write the documents to this file.")] = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Import logs that you already have; a second time changes nothing. Promises of another tool become OpenSLO."""
    from trimtab.app.cli.importing import run

    if form in PROMISES:
        return objectives.translate(form, files, indicator or [], out, (data, project), as_json=as_json)

    with desk_of(data, project) as desk:
        result = run(desk, form, files, quiet=as_json)
    if as_json:
        print_json(result)
    if result["skipped"] and not (result["spans"] or result["facts"]):
        raise Invalid("nothing of it could be taken", hint=f"are these files of the format {form}?")


@app.command(rich_help_panel=BRING)
def schema() -> None:
    """Print the JSON Schema of a step as one line of a log: what `trimtab import steps` reads."""
    from trimtab.loop.ingest.imports import schema as of_steps

    print_json(of_steps())


@app.command(rich_help_panel=SEE)
def sessions(  # noqa: PLR0913 - one parameter an option
    outcome: Annotated[
        str | None, typer.Option(help="success, failure, refused, escalated, abandoned, unknown.")
    ] = None,
    tool_error: Annotated[bool | None, typer.Option("--tool-error/--no-tool-error")] = None,
    agent: Annotated[str | None, typer.Option()] = None,
    text: Annotated[str | None, typer.Option(help="Only sessions that said all these words.")] = None,
    where: Where = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """List sessions, the latest first."""
    from trimtab.app.cli.tables import show

    errors = None if tool_error is None else "yes" if tool_error else "no"
    with desk_of(data, project) as desk:
        answer = desk.get(
            "/api/v1/sessions",
            outcome=outcome,
            tool_error=errors,
            text=text,
            limit=limit,
            since_ns=since_ns(since),
            **cohort(where, agent),
        )
    if as_json:
        return print_json(answer)
    show.console().print(show.sessions_table(answer))
    show.console().print(f"{len(answer['sessions'])} of {answer['total']} sessions")


@app.command(name="show", rich_help_panel=SEE)
def show_(session: str, data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """Show one session as a tree; a unique beginning of its name will do."""
    from trimtab.app.cli.tables import show

    with desk_of(data, project) as desk:
        answer = desk.get(f"/api/v1/sessions/{session}")
    if as_json:
        return print_json(answer)
    show.console().print(show.session_tree(answer))


@app.command(rich_help_panel=SEE)
def search(
    words: Annotated[str, typer.Argument(help="All of them, in any case and order.")],
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Find steps by what was said in them: messages, arguments, results, errors; the latest first."""
    from trimtab.app.cli.tables import show

    with desk_of(data, project) as desk:
        answer = desk.get("/api/v1/search", text=words, limit=limit)
    if as_json:
        return print_json(answer)
    show.console().print(show.hits_table(answer) if answer["steps"] else "no step says that")
    if answer["behind"]:
        typer.echo(f"{answer['behind']} bodies are not indexed yet; ask again", err=True)


@app.command(rich_help_panel=SEE)
def changes(
    agent: Annotated[str | None, typer.Option()] = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """What changed about the agents, the latest first: releases, prompts, tools, models, also behind your back."""
    from trimtab.app.cli.tables import show

    with desk_of(data, project) as desk:
        answer = desk.get("/api/v1/changes", agent=agent, since_ns=since_ns(since), limit=limit)
    if as_json:
        return print_json(answer)
    show.console().print(show.changes_table(answer))


@app.command(rich_help_panel=SEE)
def query(
    sql: str,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 1000,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Run a read-only select over the views steps, sessions and facts of the project."""
    from trimtab.app.cli.tables import show

    with desk_of(data, project) as desk:
        answer = desk.post("/api/v1/query", {"sql": sql, "limit": limit})
    if as_json:
        return print_json([dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]])
    show.console().print(show.table(answer["columns"], [[*row] for row in answer["rows"]]))
    if answer["truncated"]:
        typer.echo(f"only the first {limit} rows; raise --limit", err=True)


@app.command(rich_help_panel=SEE)
def tail(data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """Follow steps as they become visible; Ctrl-C ends it."""
    from trimtab.app.cli.following import follow

    with desk_of(data, project) as desk:
        follow(desk, as_json=as_json)


@app.command(rich_help_panel=CARE)
def backup(folder: Path, data: Data = None, as_json: AsJson = False) -> None:
    """Back up everything into a new folder, while in use."""
    with desk_of(data, None) as desk:
        answer = desk.post("/api/v1/backup", {"folder": str(folder.absolute())})
    print_json(answer) if as_json else typer.echo(f"backed up to {answer['folder']}")


@app.command(rich_help_panel=CARE)
def rebuild(data: Data = None, as_json: AsJson = False) -> None:
    """Derive all rows again from the journal."""
    with desk_of(data, None) as desk:
        answer = desk.post("/api/v1/rebuild", {})
    print_json(answer) if as_json else typer.echo(f"rebuilt up to position {answer['applied']}")


@keys.command(name="create")
def keys_create(
    name: Annotated[str, typer.Option(help="What it is for.")] = "",
    scopes: Annotated[str, typer.Option(help="ingest, read, respond, edit, admin.")] = "ingest,read",
    project: Annotated[str, typer.Option(help="Project; made where absent.")] = "default",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Make a key; it is shown once."""
    with desk_of(data, None) as desk:
        answer = desk.post("/api/v1/keys", {"name": name, "scopes": scopes, "new_project": project})
    print_json(answer) if as_json else typer.echo(f"{answer['key']}\n(key {answer['id']}: it is shown once)")


@keys.command(name="list")
def keys_list(data: Data = None, project: Project = None, as_json: AsJson = False) -> None:
    """List keys, without the keys themselves."""
    with desk_of(data, project) as desk:
        found: list[dict[str, Any]] = desk.get("/api/v1/keys")["keys"]
    if as_json:
        return print_json(found)
    for key in found:
        state = "revoked" if key["revoked_ns"] else "good"
        typer.echo(f"{key['id']}  {key['project']}  {key['scopes']}  {state}  {key['name']}")


@keys.command(name="revoke")
def keys_revoke(key_id: str, data: Data = None) -> None:
    """Revoke a key at once."""
    with desk_of(data, None) as desk:
        desk.post("/api/v1/keys/revoke", {"id": key_id})
    typer.echo(f"revoked {key_id}")


app.add_typer(pulling.pull, name="pull", rich_help_panel=BRING)
app.add_typer(measuring.sli, name="sli", rich_help_panel=MEASURE)
app.add_typer(measuring.rates, name="rates", rich_help_panel=MEASURE)
app.add_typer(failing.failures, name="failures", rich_help_panel=MEASURE)
for command in (
    failing.blame,
    measuring.coverage,
    measuring.infer,
    measuring.trials,
    looking.safety,
    looking.providers,
):
    app.command(rich_help_panel=MEASURE)(command)
app.add_typer(objectives.init, name="init", rich_help_panel=PROMISE)
for command in (objectives.plan, objectives.apply):
    app.command(rich_help_panel=PROMISE)(command)
app.add_typer(objectives.slo, name="slo", rich_help_panel=PROMISE)
app.command(rich_help_panel=PROMISE)(objectives.backtest)
app.command(rich_help_panel=PROMISE)(looking.breaches)
app.add_typer(alerts.alerts, name="alerts", rich_help_panel=PROMISE)
app.command(rich_help_panel=PROMISE)(alerts.oncall)
app.add_typer(contracts.contract, name="contract", rich_help_panel=PROMISE)
app.add_typer(contracts.hooking.hook, name="hook", rich_help_panel=PROMISE)
app.add_typer(directives.control, name="control", rich_help_panel=PROMISE)
app.add_typer(approvals.approvals, name="approvals", rich_help_panel=PROMISE)
app.command(name="mcp-gateway", rich_help_panel=PROMISE)(contracts.mcp_gateway)
app.add_typer(incidents.incident, name="incident", rich_help_panel=PROMISE)
exporting.export.command(name="prometheus-rules")(objectives.export_rules)
exporting.export.command(name="grafana")(objectives.export_dashboard)
app.add_typer(forwarding.forward, name="forward", rich_help_panel=HAND)
app.add_typer(exporting.export, name="export", rich_help_panel=HAND)
app.add_typer(checking.doctor, name="doctor", rich_help_panel=CARE)
app.add_typer(keys, name="keys", rich_help_panel=CARE)
app.add_typer(users.users, name="users", rich_help_panel=CARE)
evidence.add_to(audit.audit)
app.add_typer(audit.audit, name="audit", rich_help_panel=CARE)
app.add_typer(keeping.retention, name="retention", rich_help_panel=CARE)
for command in (keeping.erase, keeping.erasures, keeping.restore):
    app.command(rich_help_panel=CARE)(command)


def since_ns(text: str | None) -> int | None:
    """The time that --since names, in ns."""
    from trimtab.app.cli.times import since_ns as parse

    return parse(text)


@contextlib.contextmanager
def told() -> Generator[None]:
    """Errors as a sentence and what to do, not as a traceback."""
    try:
        yield
    except TrimtabError as error:
        typer.echo(f"trimtab: {error.message}", err=True)
        if error.hint:
            typer.echo(f"  {error.hint}", err=True)
        raise SystemExit(2) from error
    except KeyboardInterrupt as error:
        raise SystemExit(130) from error


def main() -> None:
    """The entry point."""
    with told():
        app()
