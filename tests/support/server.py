"""A server under test: as a process that can be killed, or inside this process behind its ASGI door."""

import asyncio
import contextlib
import http.client
import json
import math
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from tests.support.bodies import JSON, PROTOBUF

from trimtab.app.bootstrap import Server, open_server
from trimtab.app.http import application
from trimtab.app.settings import Settings
from trimtab.app.web import console
from trimtab.vocabulary.kernel import Clock

HOST = "127.0.0.1"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 60.0
GREETED = b"Ctrl-C stops the server"
"""The end of what a server says once it listens."""
TRIMTAB = str(Path(sys.executable).with_name("trimtab"))


class Answer(NamedTuple):
    """What the server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def free_port() -> int:
    """A high port that nobody listens on."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as found, contextlib.suppress(OSError):
            found.bind((HOST, port))
            return port


class Served:
    """`trimtab serve` over a data folder, in a process group of its own; ports stay the same over restarts."""

    def __init__(self, data: Path, prefix: Sequence[str] = (), env: dict[str, str] | None = None) -> None:
        self.data, self.prefix, self.env = data, prefix, env or {}
        self.port, self.grpc_port = free_port(), free_port()
        self.log = data.parent / f"{data.name}.log"
        self.key = ""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, prepare: Callable[[], None] | None = None) -> None:
        """Start it and wait until it answers and has said so; `prepare` runs in the child before the program."""
        command = [*self.prefix, TRIMTAB, "serve", "--data", str(self.data)]
        command += ["--port", str(self.port), "--grpc-port", str(self.grpc_port)]
        before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env=os.environ | {"TRIMTAB_REACH": "any"} | self.env,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=prepare,  # noqa: PLW1509 - limits of the child; no threads are running yet
            )
        end = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end:
            assert self._process.poll() is None, f"the server ended: {self.log.read_text()[-3000:]}"
            with contextlib.suppress(OSError, http.client.HTTPException):
                greeted = GREETED in self.log.read_bytes()[before:]
                if greeted and self.request("GET", "/healthz").status == 200:
                    self.key = (self.data / "owner.key").read_text().strip()
                    return
            time.sleep(0.02)
        raise AssertionError(f"the server is not ready: {self.log.read_text()[-3000:]}")

    def end(self, number: signal.Signals) -> int:
        """Send a signal to the group that was made, wait until the server is gone; its exit code."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
        try:
            return self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            raise

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self.end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order."""
        self.end(signal.SIGTERM)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None
        return self._process.pid

    def request(
        self, method: str, path: str, body: bytes | None = None, timeout_s: float = 60.0, **headers: str
    ) -> Answer:
        """One request over a connection of its own; `headers` by name, with _ for -."""
        con = http.client.HTTPConnection(HOST, self.port, timeout=timeout_s)
        named = {name.replace("_", "-"): value for name, value in headers.items() if value}
        if self.key and "authorization" not in headers:
            named["authorization"] = f"Bearer {self.key}"
        try:
            con.request(method, path, body, named)
            found = con.getresponse()
            return Answer(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read())
        finally:
            con.close()

    def send(self, body: bytes, signal_: str = "traces", media: str = PROTOBUF, **headers: str) -> Answer:
        """Send telemetry."""
        return self.request("POST", f"/v1/{signal_}", body, content_type=media, **headers)

    def settle(self, timeout_s: float = 60.0) -> dict[str, Any]:
        """Wait until everything durable is applied."""
        wanted = self.request("GET", "/api/v1/status").json["journal"]
        end = time.monotonic() + timeout_s
        while True:
            found: dict[str, Any] = self.request("GET", "/api/v1/status").json
            if found["applied"] >= wanted:
                return found
            assert time.monotonic() < end, f"nothing is applied: {found} {self.log.read_text()[-3000:]}"
            time.sleep(0.02)

    def query(self, sql: str, limit: int = 1000) -> list[list[Any]]:
        """Rows of a query, as a user asks it."""
        body = json.dumps({"sql": sql, "limit": limit}).encode()
        answer = self.request("POST", "/api/v1/query", body, content_type=JSON)
        assert answer.status == 200, answer.body
        assert not answer.json["truncated"]
        return answer.json["rows"]


@contextlib.contextmanager
def serving(data: Path, **more: Any) -> Generator[Served]:
    """A started server that is ended in any case."""
    served = Served(data, **more)
    served.start()
    try:
        yield served
    finally:
        if served.alive:
            served.stop()


class Inside:
    """A server in this process, asked through its ASGI application; a fault of ours answers 500."""

    def __init__(self, server: Server, runner: asyncio.Runner, client: httpx.AsyncClient) -> None:
        self.server, self._runner, self._client = server, runner, client

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """One request as the owner of the machine, unless `authorization` says otherwise ("" sends none)."""
        named = {"authorization": f"Bearer {self.server.owner}"}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        named = {name: value for name, value in named.items() if value}
        return self._runner.run(self._client.request(method, path, content=body, headers=named))

    def forget_cookies(self) -> None:
        """Keep no cookie of an earlier answer."""
        self._client.cookies.clear()

    def send(
        self, body: Any, signal_: str = "traces", media: str = PROTOBUF, **headers: str
    ) -> httpx.Response:
        """Send telemetry."""
        return self.request("POST", f"/v1/{signal_}", body, content_type=media, **headers)

    def call(self, path: str, value: object) -> httpx.Response:
        """Post JSON to the API."""
        return self.request("POST", f"/api/v1/{path}", json.dumps(value).encode(), content_type=JSON)

    def query(self, sql: str, limit: int = 1000) -> list[list[Any]]:
        """Rows of a query, as a user asks it; everything durable is applied before it."""
        self.settle()
        answer = self.call("query", {"sql": sql, "limit": limit})
        assert answer.status_code == 200, answer.text
        return answer.json()["rows"]

    def settle(self, timeout_s: float = 20.0) -> None:
        """Wait until everything durable is applied."""
        applier = self.server.applier
        assert applier.wait(self.server.journal.last(), timeout_s), f"nothing is applied: {applier.trouble}"

    def count(self) -> int:
        """How many steps there are."""
        return self.query("select count(*) from steps")[0][0]


@contextlib.contextmanager
def inside(data: Path, clock: Clock | None = None, **settings: Any) -> Generator[Inside]:
    """A server in this process over a data folder, with the time of a clock."""
    settings.setdefault("reach", "any")  # receivers of tests listen on this machine
    with open_server(Settings(data=data, **settings), clock) as server, asyncio.Runner() as runner:
        transport = httpx.ASGITransport(
            application(server, console(server, dear_s=math.inf)), raise_app_exceptions=False
        )
        client = httpx.AsyncClient(transport=transport, base_url="http://trimtab", timeout=60)
        try:
            yield Inside(server, runner, client)
        finally:
            runner.run(client.aclose())
