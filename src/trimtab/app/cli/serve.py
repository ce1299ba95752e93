"""`trimtab serve`: HTTP and gRPC in one event loop, stopped in order."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Generator

import typer
import uvicorn

from trimtab.app.bootstrap import Server, open_server
from trimtab.app.bootstrap.folder import Address, clear_address, write_address
from trimtab.app.http import application
from trimtab.app.http.grpc import start_grpc
from trimtab.app.settings import Settings, reached_at
from trimtab.app.web import console
from trimtab.vocabulary.kernel import Unavailable

Ready = Callable[[Server, Address], None]
GRACE_S = 5.0
SWITCH_S = 0.001
"""How long a thread may keep the interpreter while another waits: with Python's 5 ms an acknowledgement stands
behind the applier at every turn (measured: 1.6 times the acknowledgements at a third of the 99th percentile)."""
COLLECT = (100_000, 50, 100)
"""Thresholds of the garbage collector: rows come and go by the ten thousand, and none of them in cycles."""


def run(settings: Settings, ready: Ready | None = None) -> None:
    """Serve until SIGINT or SIGTERM; what was acknowledged is durable, the rest is refused.

    `ready` is called when it listens, in place of the greeting.
    """
    sys.setswitchinterval(SWITCH_S)
    gc.set_threshold(*COLLECT)
    with open_server(settings) as server, listen(settings) as http:
        gc.freeze()
        try:
            with event_loop() as runner:
                runner.run(serve(server, http, ready or greet))
        finally:
            # A second Ctrl-C, also one that a program around us hands on, must not tear what is being closed.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            gc.unfreeze()  # what is left at the end is let go of, and the engine says nothing of leaks
            clear_address(settings.data)


def event_loop() -> asyncio.Runner:
    """The quicker loop where it exists: half the cost of a request."""
    try:
        import uvloop
    except ImportError:  # Windows
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


@contextlib.contextmanager
def listen(settings: Settings) -> Generator[socket.socket]:
    """The HTTP socket; raises `Unavailable` when the port is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((settings.host, settings.http_port))
        except OSError as error:
            raise Unavailable(
                f"cannot listen on {settings.host}:{settings.http_port}: {error.strerror}",
                hint="choose another port with --port and --grpc-port",
            ) from error
        yield found


class Web(uvicorn.Server):
    """uvicorn, without raising a caught signal again when it has stopped: our store is not closed by then."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """SIGINT and SIGTERM ask for an orderly stop, a second one for a quick one."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


async def serve(server: Server, http: socket.socket, ready: Ready) -> None:
    """Run both servers; uvicorn handles the signals, gRPC follows it down."""
    settings = server.settings
    try:
        grpc, grpc_port = await start_grpc(server, settings.host, settings.grpc_port)
    except RuntimeError as error:
        raise Unavailable(
            f"cannot listen on {settings.host}:{settings.grpc_port}",
            hint="choose another port with --grpc-port",
        ) from error
    config = uvicorn.Config(
        application(server, console(server)), log_level="warning", access_log=False, lifespan="off", ws="none"
    )
    web = Web(config)
    task = asyncio.create_task(web.serve(sockets=[http]))
    # uvicorn has no event to wait for.
    while not web.started and not task.done():  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    port = http.getsockname()[1]
    address = Address(
        pid=os.getpid(),
        http=f"http://{reached_at(settings.host, port)}",
        grpc=reached_at(settings.host, grpc_port),
    )
    write_address(settings.data, address)
    ready(server, address)
    await task
    await grpc.stop(GRACE_S)


def greet(server: Server, address: Address) -> None:
    """Say where it listens and what to try first; the first key is shown here and never again."""
    typer.echo(f"Trimtab is ready: {address.http} (console, API, OTLP/HTTP), {address.grpc} (OTLP/gRPC)")
    typer.echo(f"  data in {server.settings.data}, redaction: {server.settings.redaction}")
    if server.first_key:
        typer.echo("  your first API key, shown this once:")
        typer.echo(f"    {server.first_key}")
        typer.echo("  point any OpenTelemetry exporter at it:")
        typer.echo(f"    export OTEL_EXPORTER_OTLP_ENDPOINT={address.http}")
        typer.echo(f'    export OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer {server.first_key}"')
    if link := server.access.people.first_link():
        where = server.settings.public_url.rstrip("/") or address.http
        typer.echo("  nobody can sign in yet; this link makes the first admin, once, within 24 hours:")
        typer.echo(f"    {where}/welcome/{link}")
    typer.echo("  then: trimtab tail, trimtab sessions, trimtab sli   (Ctrl-C stops the server)")
