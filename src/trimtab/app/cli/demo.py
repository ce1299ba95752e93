"""`trimtab demo`: a server with the demonstration in it, or the demonstration played to a server that runs."""

import contextlib
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import Any, cast

import typer

from trimtab.app.bootstrap import Server
from trimtab.app.bootstrap.folder import Address
from trimtab.app.cli.desk import Desk
from trimtab.app.cli.serve import run as serve
from trimtab.app.demo import PROJECT, Stage, promises
from trimtab.app.settings import Settings
from trimtab.loop.store import create_key
from trimtab.vocabulary.kernel import Conflict, Invalid, TrimtabError, Unavailable

SCOPES = ["read", "respond", "edit"]
POLL_S = 0.5
ALERT_S = 150.0
"""A rule looks at a minute two minutes after it is over: so long the alert may take."""


def show(data: Path | None, port: int | None, seed: int) -> None:
    """Start a server in a new folder, which goes away at the end, or in `data`; play, and say where to look."""
    with folder_of(data) as folder:
        settings = Settings.read(data=folder, http_port=port or free_port(), grpc_port=free_port())
        typer.echo(f"starting Trimtab with its data in {folder}")
        serve(settings, ready=partial(begin, seed=seed, kept=data is not None))


@contextlib.contextmanager
def folder_of(data: Path | None) -> Generator[Path]:
    """The folder that was named, or a new one that is removed."""
    if data is not None:
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="trimtab-demo-") as found:
        yield Path(found)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def begin(server: Server, address: Address, *, seed: int, kept: bool) -> None:
    """The server listens: play beside it."""
    typer.echo(
        f"Trimtab is ready: {address.http}   (Ctrl-C ends it{'' if kept else ' and removes its data'})"
    )
    tour = threading.Thread(target=guide, args=(server, address, seed), name="demo-guide", daemon=True)
    tour.start()


def guide(server: Server, address: Address, seed: int) -> None:
    """Play, unless it was played before; then say where to look."""
    server.state.add_project(PROJECT, server.clock.now_ns())
    try:
        with desk_to(address.http, server.owner) as desk:
            if not desk.get("/api/v1/demo")["there"]:
                desk.post("/api/v1/demo", {"seed": seed})
                follow(lambda: desk.get("/api/v1/demo"))
            desk.get("/api/v1/status", wait_for=desk.get("/api/v1/status")["journal"])
            _, key = create_key(server.state, server.clock, PROJECT, "looks at the demonstration", SCOPES)
            point_out(address.http, server.stage.link(key))
            await_alert(desk)
    except Unavailable:
        return  # the server, in this very process, is being stopped
    except TrimtabError as error:
        typer.echo(f"trimtab: {error.message}\n  {error.hint}", err=True)


def follow(ask: Callable[[], Any]) -> dict[str, Any]:
    """Tell how far it is until it is over; raises `Conflict` where it failed."""
    told = ""
    while True:
        found = cast("dict[str, Any]", ask())
        if found["state"] == "failed":
            raise Conflict(f"the demonstration ended: {found['trouble']}", hint="try once more")
        if found["phase"] != told:
            told = found["phase"]
            typer.echo(f"  {found['sessions']:>5} of {found['of']} sessions: {told}")
        if found["state"] == "played":
            return found
        time.sleep(POLL_S)


def point_out(url: str, token: str) -> None:
    """The way in, and what to look at."""
    typer.echo("\nOpen this link; it lets you in once:")
    typer.echo(f"  {url}/demo/{token}\n")
    typer.echo(
        "A shop's support agent lived through two weeks. Yesterday a tool failed for two hours. For five"
    )
    typer.echo("hours something else has been wrong, without a single error. Look at:")
    typer.echo("  1. Home: a promise burns, and within two minutes an alert fires. Open the objective")
    typer.echo("  2. The changes of the agent, below its budget. Open the last one, the prompt")
    typer.echo("  3. What it said and says, and how many tasks were done. Open the sessions that failed")


def await_alert(desk: Desk) -> None:
    """Say when the alert fires."""
    end = time.monotonic() + ALERT_S
    while time.monotonic() < end:
        firing = desk.get("/api/v1/alerts")["alerts"]
        if any(one["labels"]["severity"] == "page" for one in firing):
            typer.echo("the alert fires now: load Home again")
            return
        time.sleep(POLL_S)
    typer.echo("no alert has fired: `trimtab doctor` may say why")


def play_into(url: str, key: str, seed: int) -> None:
    """Play to a server that runs, into its project `demo`; refused for another project, and where that holds anything."""
    with desk_to(url.rstrip("/"), key) as desk:
        if desk.get("/api/v1/me")["kind"] != "key":  # what the agent sends would go where that key belongs
            raise Invalid(
                f"the demonstration goes into the project {PROJECT} alone, and this key is good for all",
                hint=f"trimtab keys create --project {PROJECT} --scopes ingest,read,edit",
            )
        if desk.get("/api/v1/sessions", limit=1)["total"]:
            raise Conflict(f"the project {PROJECT} holds sessions already", hint="DELETE /api/v1/demo first")
        desk.post("/api/v1/promises", {"files": promises()})
    stage = Stage()
    try:
        stage.begin(url.rstrip("/"), key, lambda: None, seed)
        follow(stage.told)
    finally:
        stage.close()
    typer.echo(f"played into the project {PROJECT} of {url}: sign in there with a key of that project")


def desk_to(url: str, key: str) -> contextlib.AbstractContextManager[Desk]:
    """A desk at this address, whatever the environment says."""
    from trimtab.app.cli.desk.over_http import desk_at

    return desk_at(url, {"authorization": f"Bearer {key}", "x-trimtab-project": PROJECT})
